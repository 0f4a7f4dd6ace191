// Files that are hard to get rid of, and files of others.
#include "program.h"
#include <sys/ioctl.h>

static void make_file(const char *path, mode_t mode) {
  close(open(path, O_CREAT | O_WRONLY, mode));
}

// How many names stand in /box.
PROGRAM(count) {
  int count = -2;
  DIR *directory = opendir("/box");
  while (directory && readdir(directory)) count++;
  printf("%d\n", count);
  return 0;
}

PROGRAM(litter) {
  mkdir("/box/d", 0700);
  mkdir("/box/d/e", 0700);
  symlink("/etc/passwd", "/box/d/link");
  symlink("/app", "/box/applink");
  mkfifo("/box/fifo", 0666);
  // The names that whoever empties the directory moves things to.
  mkdir("/box/.wipe0", 0700);
  mkdir("/box/.wipe1", 0700);
  mkdir("/box/sticky", 0777);
  make_file("/box/sticky/f", 0);
  chmod("/box/sticky", 01000);
  chmod("/box/d/e", 0);
  make_file("/box/plain", 0644);
  return 0;
}

PROGRAM(special_files) {
  symlink("loop", "/box/loop");
  symlink("other", "/box/one");
  symlink("one", "/box/other");
  struct sockaddr_un address = {AF_UNIX, "/box/socket"};
  say("socket", bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
  make_file("/box/set-uid", 0755);
  say("set-uid", chmod("/box/set-uid", 06777));
  make_file("/box/empty-mode", 0);
  say("hard link", link("/box/empty-mode", "/box/hard"));
  for (int i = 0; i < 1000; i++) {
    char name[32];
    sprintf(name, "/box/hard%d", i);
    link("/box/empty-mode", name);
  }
  return 0;
}

// Every byte a name may hold, and as long as it may be.
PROGRAM(strange_names) {
  char name[256] = "/box/x";
  for (int byte = 1; byte < 256; byte++) {
    name[5] = (char)byte;
    if (byte != '/' && byte != '.') mkdir(name, 0700);
  }
  say("invalid UTF-8", mkdir("/box/\xff\xfe\xc0\xaf", 0700));
  say("newlines", mkdir("/box/\n\n\r\n", 0700));
  say("option", mkdir("/box/-rf *", 0700));
  chdir("/box/\xff\xfe\xc0\xaf");
  memset(name, '\n', 255);
  name[255] = 0;
  for (int i = 0; i < 100; i++)
    if (mkdir(name, 0700) != 0 || chdir(name) != 0) say("long", -1);
  return 0;
}

// Holds on to what it has removed, and stands in a directory that is gone.
PROGRAM(removed_files) {
  static char block[1 << 20];
  int file = open("/box/removed", O_CREAT | O_RDWR, 0600);
  for (int i = 0; i < 16; i++)
    if (write(file, block, sizeof block) < 0) return 1;
  unlink("/box/removed");
  mkdir("/box/here", 0700);
  chdir("/box/here");
  rmdir("/box/here");
  if (fork() == 0) sleep_forever();
  say("mkdir", mkdir("below", 0700));
  return 0;
}

PROGRAM(deep) {
  int depth = 0;
  while (depth < number && mkdir("d", 0700) == 0 && chdir("d") == 0) depth++;
  printf("%d\n", depth);
  return 0;
}

// Makes as many files as it may, in the directory it is started in.
PROGRAM(many) {
  int count = 0;
  for (char name[32];; count++) {
    sprintf(name, "f%d", count);
    int file = open(name, O_CREAT | O_WRONLY, 0600);
    if (file < 0) break;
    close(file);
  }
  printf("%d %s\n", count, strerrorname_np(errno));
  return 0;
}

// What would make a file or the scratch directory itself outlast the run.
PROGRAM(lasting_marks) {
  int file = open("/box/mark", O_CREAT | O_RDWR, 0600);
  int flags = 0x10;  // immutable
  say("immutable", ioctl(file, 0x40086602 /* FS_IOC_SETFLAGS */, &flags));
  say("chmod /box", chmod("/box", 0700));
  say("rename /box", rename("/box", "/box2"));
  say("rmdir /box", rmdir("/box"));
  say("attribute of /box", syscall(SYS_setxattr, "/box", "user.mark", "x", 1, 0));
  say("times of /box", utimensat(AT_FDCWD, "/box", (struct timespec[2]){{1, 0}, {1, 0}}, 0));
  say("attribute of /app", syscall(SYS_setxattr, "/app", "user.mark", "x", 1, 0));
  say("block device", mknod("/box/disk", S_IFBLK | 0666, 0xfe00));
  say("character device", mknod("/box/null", S_IFCHR | 0666, 0x103));
  say("link to the host", link("/usr/bin/env", "/box/env"));
  return 0;
}

static void try_open(const char *const *paths, size_t count, int flags) {
  for (size_t i = 0; i < count; i++) say(paths[i], open(paths[i], flags, 0600));
}

PROGRAM(reads) {
  static const char *const paths[] = {
      "/etc/shadow", "/etc/passwd", "/root", "/home", "/var", "/run", "/sys", "/boot", "/mnt",
      "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/vda", "/dev/sda", "/dev/fuse", "/dev/tty",
      "/dev/ptmx", "/dev/shm", "/dev/pts", "/proc/1/mem", "/proc/1/maps", "/proc/1/environ",
      "/proc/1/cmdline", "/proc/1/fd", "/proc/1/root", "/proc/1/cwd", "/proc/1/ns/mnt",
      "/proc/1/status", "/proc/kcore", "/proc/kmsg", "/proc/self/fd/3"};
  try_open(paths, COUNT(paths), O_RDONLY | O_NONBLOCK);
  return 0;
}

PROGRAM(writes) {
  static const char *const made[] = {"/x", "/usr/x", "/app/x", "/app/open/x", "/etc/x", "/dev/x",
                                     "/bin/x", "/proc/x"};
  static const char *const kept[] = {
      "/app/program", "/usr/bin/env", "/etc/ld.so.cache", "/proc/sys/kernel/core_pattern",
      "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches", "/proc/sys/fs/file-max",
      "/proc/sysrq-trigger", "/proc/1/oom_score_adj"};
  try_open(made, COUNT(made), O_WRONLY | O_CREAT);
  try_open(kept, COUNT(kept), O_WRONLY);
  say("chmod /app", chmod("/app", 0777));
  say("chmod /usr", chmod("/usr", 0777));
  say("chmod /dev/null", chmod("/dev/null", 0));
  say("unlink program", unlink("/app/program"));
  say("unlink /dev/null", unlink("/dev/null"));
  say("rename /app", rename("/app", "/box/app"));
  int score = open("/proc/self/oom_score_adj", O_WRONLY);
  say("protect from OOM killer", write(score, "-1000", 5));
  say("map users", write(open("/proc/self/uid_map", O_WRONLY), "0 0 1\n", 6));
  return 0;
}

// All that the kernel says about where things come from.
PROGRAM(origins) {
  static const char *const paths[] = {"/proc/self/mountinfo", "/proc/self/mounts",
                                      "/proc/self/maps", "/proc/self/cmdline",
                                      "/proc/self/environ"};
  char text[65536];
  for (size_t i = 0; i < COUNT(paths); i++) {
    int file = open(paths[i], O_RDONLY);
    for (ssize_t n; (n = read(file, text, sizeof text)) > 0;) fwrite(text, 1, n, stdout);
    close(file);
  }
  static const char *const links[] = {"fd/0", "fd/1", "fd/2", "exe", "cwd", "root"};
  for (size_t i = 0; i < COUNT(links); i++) {
    char path[64];
    sprintf(path, "/proc/self/%s", links[i]);
    ssize_t n = readlink(path, text, sizeof text - 1);
    printf("%s -> %.*s\n", links[i], (int)(n < 0 ? 0 : n), text);
  }
  return 0;
}

// Sends a file out of memory that others use, too.
PROGRAM(evict) {
  int file = open(words[0], O_RDONLY);
  if (file < 0) return 1;
  say("evict", -posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
  return 0;
}
