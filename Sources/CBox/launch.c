// assize-box launch: makes a private mount namespace with two bounded tmpfs and becomes bubblewrap.
//
//   assize-box launch SOCKET DIRECTORY BUILDER RUNNER MODE PROCESSORS
//                     SCRATCH_BYTES SCRATCH_FILES PROGRAM_BYTES PROGRAM_FILES BWRAP [HOST INSIDE]...
//
// DIRECTORY is an empty directory of the worker's. All that happens below it happens in this mount
// namespace and in memory: the host's mount table does not change, nothing reaches a disk, and when
// the sandbox's last process is gone the kernel takes everything back, whatever became of us.
//
// The areas are tmpfs of our own because bubblewrap's --tmpfs bounds bytes but not inodes.
//
// PROCESSORS, a list such as 0,4, is where everything inside may run; `-` is everywhere.
//
// pid 1 inside is this very program, executed through an inherited descriptor: the sandbox then
// contains no file of ours and shows no path of the host.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"

enum { ARGUMENTS_MAX = 512, FIXED_ARGUMENTS = 13, LAUNCH_FAILED = 125 };

struct arguments {
  const char *values[ARGUMENTS_MAX];
  size_t count;
};

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
  int error = errno;
  va_list list;
  va_start(list, format);
  fprintf(stderr, "assize-box launch: ");
  vfprintf(stderr, format, list);
  fprintf(stderr, ": %s\n", strerror(error));
  va_end(list);
  exit(LAUNCH_FAILED);
}

static void add(struct arguments *a, const char *first, ...) {
  va_list list;
  va_start(list, first);
  for (const char *s = first; s; s = va_arg(list, const char *)) {
    if (a->count + 1 >= ARGUMENTS_MAX) {
      errno = E2BIG;
      fail("too many mounts");
    }
    a->values[a->count++] = s;
  }
  va_end(list);
  a->values[a->count] = NULL;
}

static char *join(const char *directory, const char *name) {
  char *path;
  if (asprintf(&path, "%s/%s", directory, name) < 0) fail("no memory");
  return path;
}

static void mount_area(const char *path, const char *bytes, const char *files, const char *mode) {
  char options[128];
  snprintf(options, sizeof options, "size=%s,nr_inodes=%s,mode=%s", bytes, files, mode);
  if (mkdir(path, 0755) != 0 && errno != EEXIST) fail("cannot make %s", path);
  if (mount("assize", path, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
    fail("cannot mount %s (%s)", path, options);
}

// /bin, /lib and their like are links into /usr on a merged system and directories elsewhere.
static void add_system_directories(struct arguments *a) {
  static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
  add(a, "--ro-bind", "/usr", "/usr", NULL);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct stat info;
    if (lstat(names[i], &info) != 0) continue;
    char target[256];
    ssize_t length = -1;
    if (S_ISLNK(info.st_mode)) length = readlink(names[i], target, sizeof target - 1);
    if (length > 0) {
      target[length] = 0;
      add(a, "--symlink", strdup(target), names[i], NULL);
    } else if (S_ISDIR(info.st_mode)) {
      add(a, "--ro-bind", names[i], names[i], NULL);
    }
  }
}

// bubblewrap makes missing parents of a mounted file with mode 0700; made beforehand they are 0755.
static void add_parents(struct arguments *a, const char *path) {
  for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/'))
    add(a, "--dir", strndup(path, (size_t)(p - path)), NULL);
}

static void add_devices(struct arguments *a) {
  static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                      "/dev/urandom"};
  add(a, "--dir", "/dev", NULL);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    add(a, "--dev-bind", names[i], names[i], NULL);
  add(a, "--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin",
      "--symlink", "/proc/self/fd/1", "/dev/stdout", "--symlink", "/proc/self/fd/2", "/dev/stderr",
      NULL);
}

static void add_walls(struct arguments *a, unsigned mode) {
  add(a, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", NULL);
  // On v2 a cgroup namespace would put the leaves, which lie outside it, out of clone3's reach.
  if (!(mode & BOX_CGROUP_V2)) add(a, "--unshare-cgroup-try", NULL);
  // What pid 1 uses: other uids for runs, killing them, files of any owner; SYS_ADMIN until it has
  // hidden /proc and sealed /app (init.c, run.c).
  static const char *const kept[] = {"CAP_SETUID", "CAP_SETGID",       "CAP_KILL",
                                     "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                     "CAP_SYS_ADMIN"};
  add(a, "--cap-drop", "ALL", NULL);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) add(a, "--cap-add", kept[i], NULL);
  add(a, "--hostname", "box", "--as-pid-1", "--new-session", "--clearenv", NULL);
}

static void stay_on(const char *list) {
  if (strcmp(list, "-") == 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const char *at = list; *at;) {
    char *end;
    unsigned long number = strtoul(at, &end, 10);
    if (end == at || number >= CPU_SETSIZE || (*end && *end != ',')) {
      errno = EINVAL;
      fail("processors %s", list);
    }
    CPU_SET(number, &set);
    at = *end ? end + 1 : end;
  }
  if (sched_setaffinity(0, sizeof set, &set) != 0) fail("cannot stay on processors %s", list);
}

// pid 1 must get a processor at once when a limit is reached, also while a fork bomb fills them all:
// it does little, and each run goes back to the worker's own niceness (run.c).
static int rise_above(void) {
  int own = getpriority(PRIO_PROCESS, 0);
  // Refused where a container took the right to it away; then limits are kept a little later.
  (void)setpriority(PRIO_PROCESS, 0, own - 10);
  return own;
}

int launch_main(int argc, char **argv) {
  if (argc < FIXED_ARGUMENTS || (argc - FIXED_ARGUMENTS) % 2 != 0) {
    fprintf(stderr, "assize-box launch: wrong number of arguments\n");
    return LAUNCH_FAILED;
  }
  const char *socket = argv[2], *directory = argv[3], *bwrap = argv[12];
  unsigned mode = (unsigned)strtoul(argv[6], NULL, 10);
  if (unshare(CLONE_NEWNS) != 0) fail("cannot make a mount namespace (is the worker root?)");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("cannot make mounts private");
  if (mount("assize", directory, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=0700") != 0)
    fail("cannot mount on %s", directory);
  char *scratch = join(directory, "box"), *program = join(directory, "app");
  mount_area(scratch, argv[8], argv[9], "1777");
  mount_area(program, argv[10], argv[11], "0755");

  int self = open("/proc/self/exe", O_RDONLY);
  if (self < 0) fail("cannot open my own file");
  char inside[64];
  snprintf(inside, sizeof inside, "/proc/self/fd/%d", self);

  static struct arguments a;
  add(&a, bwrap, NULL);
  add_walls(&a, mode);
  add_system_directories(&a);
  add(&a, "--dir", "/etc", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
      "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", NULL);
  add(&a, "--proc", "/proc", NULL);
  add_devices(&a);
  for (int i = FIXED_ARGUMENTS; i < argc; i += 2) {
    add_parents(&a, argv[i + 1]);
    add(&a, "--ro-bind", argv[i], argv[i + 1], NULL);
  }
  add(&a, "--bind", scratch, "/box", "--bind", program, "/app", "--symlink", "box", "/tmp", NULL);
  add(&a, "--remount-ro", "/", "--chdir", "/box", "--", NULL);
  stay_on(argv[7]);
  char niceness[16];
  snprintf(niceness, sizeof niceness, "%d", rise_above());
  char descriptor[16];
  snprintf(descriptor, sizeof descriptor, "%d", self);
  add(&a, inside, "init", socket, descriptor, argv[4], argv[5], argv[6], niceness,
      NULL);
  execv(bwrap, (char **)a.values);
  fail("cannot execute %s", bwrap);
}
