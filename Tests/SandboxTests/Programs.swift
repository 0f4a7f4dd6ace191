/// What the tests run inside: one C program with a misbehaviour per name. It is compiled inside a
/// sandbox too, by the same path a submission takes.
///
/// A probe prints one line per attempt, `what: ok` or `what: REASON`, so that a test can state all of
/// them at once.
let misbehaviours = #"""
  #define _GNU_SOURCE
  #include <dirent.h>
  #include <errno.h>
  #include <fcntl.h>
  #include <linux/sched.h>
  #include <pthread.h>
  #include <sched.h>
  #include <signal.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/ioctl.h>
  #include <sys/mman.h>
  #include <sys/mount.h>
  #include <sys/prctl.h>
  #include <sys/ptrace.h>
  #include <sys/resource.h>
  #include <sys/shm.h>
  #include <sys/socket.h>
  #include <sys/stat.h>
  #include <sys/syscall.h>
  #include <sys/wait.h>
  #include <time.h>
  #include <unistd.h>

  #define IS(name) (strcmp(argv[1], name) == 0)

  static void say(const char *what, long result) {
    printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
  }

  static void touch(size_t megabytes) {
    for (size_t i = 0; i < megabytes; i++) {
      char *page = malloc(1 << 20);
      if (!page) exit(9);
      memset(page, 1, 1 << 20);
    }
  }

  static void spin(int milliseconds) {
    struct timespec t;
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < milliseconds);
  }

  static void *spin_thread(void *milliseconds) {
    spin(*(int *)milliseconds);
    return 0;
  }

  static void probe_files(void) {
    const char *read_only[] = {"/etc/shadow", "/root", "/home", "/sys/fs/cgroup", "/proc/1/mem",
                               "/proc/1/environ", "/proc/1/fd", "/dev/mem", "/dev/kvm", "/var"};
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
      say(read_only[i], open(read_only[i], O_RDONLY));
    const char *made[] = {"/x", "/usr/x", "/app/x", "/app/open/x", "/etc/x", "/dev/x",
                          "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
      say(made[i], open(made[i], O_WRONLY | O_CREAT, 0600));
    say("chmod /app", chmod("/app", 0777));
    say("overwrite program", open("/app/program", O_WRONLY));
    say("unlink program", unlink("/app/program"));
  }

  static void probe_calls(void) {
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) _exit(0);
    say("clone3", child);
    child = syscall(SYS_clone, (unsigned long)(CLONE_NEWUSER | SIGCHLD), 0, 0, 0, 0);
    if (child == 0) _exit(0);
    say("clone NEWUSER", child);
    say("unshare", unshare(CLONE_NEWUSER));
    say("mount", mount("t", "/box", "tmpfs", 0, 0));
    say("chroot", chroot("/box"));
    say("keyctl", syscall(SYS_keyctl, 0, -3, 1));
    say("io_uring", syscall(SYS_io_uring_setup, 1, 0));
    say("bpf", syscall(SYS_bpf, 0, 0, 0));
    say("userfaultfd", syscall(SYS_userfaultfd, 0));
    say("shmget", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    say("flock", syscall(SYS_flock, 0, 2));
    struct flock lock = {.l_type = F_WRLCK};
    say("setlk", fcntl(1, F_SETLK, &lock));
    say("tiocsti", ioctl(0, TIOCSTI, "x"));
    say("tiocsti wide", syscall(SYS_ioctl, 0, 0xdead00000000ul | TIOCSTI, "x"));
    say("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
    say("kill 1", kill(1, SIGKILL));
    say("setuid", setuid(0));
    say("nice", setpriority(PRIO_PROCESS, 0, -5));
    struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
    say("core", setrlimit(RLIMIT_CORE, &core));
    say("inet", socket(AF_INET, SOCK_STREAM, 0));
    say("inet6", socket(AF_INET6, SOCK_DGRAM, 0));
    say("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    say("vsock", socket(40, SOCK_STREAM, 0));
    say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
    pthread_t thread;
    int nothing = 0;
    say("thread", -pthread_create(&thread, 0, spin_thread, &nothing));
  }

  static void probe_self(void) {
    printf("uid %d gid %d groups %d\n", getuid(), getgid(), getgroups(0, 0));
    int count = 0;
    DIR *fds = opendir("/proc/self/fd");
    while (fds && readdir(fds)) count++;
    printf("descriptors %d\n", count - 3);
    int visible = 0;
    struct dirent *entry;
    DIR *proc = opendir("/proc");
    while (proc && (entry = readdir(proc)))
      if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') visible++;
    printf("processes %d\n", visible);
    printf("no_new_privs %d dumpable thp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
           prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
      if (strncmp(line, "CapEff", 6) == 0 || strncmp(line, "CapPrm", 6) == 0) fputs(line, stdout);
  }

  int main(int argc, char **argv) {
    if (argc < 2) return 1;
    int number = argc > 2 ? atoi(argv[2]) : 0;
    if (IS("exit")) return number;
    if (IS("abort")) abort();
    if (IS("spin")) spin(number);
    if (IS("sleep")) for (;;) pause();
    if (IS("touch")) touch(number);
    if (IS("cat")) {
      char b[4096];
      for (ssize_t n; (n = read(0, b, sizeof b)) > 0;)
        if (write(1, b, n) != n) return 3;
    }
    if (IS("show")) {
      char cwd[256];
      printf("%s %s %s %s\n", argv[2], getenv("GREETING"), getcwd(cwd, sizeof cwd),
             getenv("PATH") ? "path" : "no path");
    }
    if (IS("map"))
      return mmap(0, 1ul << 36, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED;
    if (IS("child-hog")) {
      if (fork() == 0) { touch(number); _exit(0); }
      wait(0);
    }
    if (IS("forkbomb")) {
      signal(SIGCHLD, SIG_IGN);
      for (;;) if (fork() == 0) setsid();
    }
    if (IS("threads")) {
      pthread_t t[4];
      for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, spin_thread, &number);
      for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
    }
    if (IS("autoreap")) {
      signal(SIGCHLD, SIG_IGN);
      if (fork() == 0) { spin(number); _exit(0); }
      while (wait(0) > 0) {}
    }
    if (IS("daemon")) {
      if (fork() == 0) {
        setsid();
        if (fork() == 0) for (;;) pause();
        _exit(0);
      }
      wait(0);
    }
    if (IS("output")) {
      char *b = malloc(number);
      memset(b, 'x', number);
      for (int i = 0; i < number;) {
        int n = write(1, b + i, number - i);
        if (n < 0) return 4;
        i += n;
      }
    }
    if (IS("output-stubborn")) {
      signal(SIGXFSZ, SIG_IGN);
      static char b[65536];
      while (write(1, b, sizeof b) > 0) {}
      for (;;) pause();
    }
    if (IS("file")) {
      int f = open("/box/big", O_CREAT | O_WRONLY, 0600);
      static char b[65536];
      while (write(f, b, sizeof b) > 0) {}
    }
    if (IS("litter")) {
      mkdir("/box/d", 0700); mkdir("/box/d/e", 0700);
      symlink("/etc/passwd", "/box/d/link"); symlink("/app", "/box/applink");
      mkfifo("/box/fifo", 0666); mkdir("/box/.wipe0", 0700); mkdir("/box/.wipe1", 0700);
      mkdir("/box/sticky", 0777); close(open("/box/sticky/f", O_CREAT | O_WRONLY, 0));
      chmod("/box/sticky", 01000); chmod("/box/d/e", 0);
      close(open("/box/plain", O_CREAT | O_WRONLY, 0644));
    }
    if (IS("count")) {
      int count = -2;
      DIR *d = opendir("/box");
      while (d && readdir(d)) count++;
      printf("%d\n", count);
    }
    if (IS("deep")) {
      int depth = 0;
      while (depth < number && mkdir("d", 0700) == 0 && chdir("d") == 0) depth++;
      printf("%d\n", depth);
    }
    if (IS("many")) {
      int count = 0;
      for (char name[32];; count++) {
        sprintf(name, "/box/f%d", count);
        int f = open(name, O_CREAT | O_WRONLY, 0600);
        if (f < 0) break;
        close(f);
      }
      printf("%d %s\n", count, strerrorname_np(errno));
    }
    if (IS("stdout-games")) {
      puts("first"); fflush(stdout);
      say("truncate", ftruncate(1, 0));
      say("reopen", open("/proc/self/fd/1", O_RDONLY));
      char b[1];
      say("read", read(1, b, 1));
      say("reopen for writing", open("/dev/stdout", O_WRONLY));
      say("reopen stdin", open("/dev/stdin", O_RDONLY));
      say("reopen stdin for writing", open("/proc/self/fd/0", O_WRONLY));
    }
    if (IS("files")) probe_files();
    if (IS("calls")) probe_calls();
    if (IS("self")) probe_self();
  #ifdef __x86_64__
    if (IS("int80")) {
      long r;
      __asm__ volatile("int $0x80" : "=a"(r) : "a"(20));
      printf("%ld\n", r);
    }
    if (IS("x32")) printf("%ld\n", syscall(0x40000000 | 39));
  #endif
    return 0;
  }
  """#
