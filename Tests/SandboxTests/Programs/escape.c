// More rights, the helper, and the neighbours.
#include "program.h"
#include <sys/ptrace.h>
#include <sys/uio.h>

static long raise_limit(int resource) {
  struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(resource, &all);
}

PROGRAM(privileges) {
  say("setuid", setuid(0));
  say("setgid", setgid(0));
  say("setreuid", setreuid(-1, 0));
  say("other runner", setuid(getuid() + 2));
  say("setgroups", syscall(SYS_setgroups, 0, NULL));
  uint32_t header[2] = {0x20080522, 0}, data[6] = {1, 1, 1};
  say("capset", syscall(SYS_capset, header, data));
  say("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
  say("bounding", prctl(PR_CAPBSET_DROP, 0));
  say("securebits", prctl(PR_SET_SECUREBITS, 1));
  say("nice -5", setpriority(PRIO_PROCESS, 0, -5));
  say("fifo", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}));
  say("io priority", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
  say("core", raise_limit(RLIMIT_CORE));
  say("file size", raise_limit(RLIMIT_FSIZE));
  say("open files", raise_limit(RLIMIT_NOFILE));
  say("locked", raise_limit(RLIMIT_MEMLOCK));
  say("queues", raise_limit(RLIMIT_MSGQUEUE));
  say("signals", raise_limit(RLIMIT_SIGPENDING));
  say("real time", raise_limit(RLIMIT_RTPRIO));
  // It never fails; the second call tells whether the first did anything.
  syscall(SYS_setfsuid, 0);
  errno = EPERM;
  say("setfsuid", syscall(SYS_setfsuid, -1) == getuid() ? -1 : 0);
  return 0;
}

PROGRAM(self) {
  printf("uid %d gid %d groups %d\n", getuid(), getgid(), getgroups(0, NULL));
  int descriptors = 0, visible = 0;
  DIR *directory = opendir("/proc/self/fd");
  while (directory && readdir(directory)) descriptors++;
  printf("descriptors %d\n", descriptors - 3);
  directory = opendir("/proc");
  for (struct dirent *entry; directory && (entry = readdir(directory));)
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') visible++;
  printf("processes %d\n", visible);
  printf("no_new_privs %d thp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
         prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, "Cap", 3) == 0) fputs(line, stdout);
  return 0;
}

// Everything one process can do to another, done to pid 1.
PROGRAM(attack_helper) {
  int pidfd = syscall(NR_pidfd_open, 1, 0);
  char b[8];
  struct iovec here = {b, sizeof b}, there = {(void *)0x400000, sizeof b};
  struct rlimit none = {1, 1};
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  printf("parent %d, pidfd %s\n", getppid(), pidfd >= 0 ? "yes" : "no");
  say("kill", kill(1, SIGKILL));
  say("stop", kill(1, SIGSTOP));
  say("tgkill", syscall(SYS_tgkill, 1, 1, SIGABRT));
  say("pidfd_send_signal", syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
  say("pidfd_getfd", syscall(NR_pidfd_getfd, pidfd, 3, 0));
  say("ptrace attach", ptrace(PTRACE_ATTACH, 1, 0, 0));
  say("ptrace seize", ptrace(PTRACE_SEIZE, 1, 0, 0));
  say("ptrace me", ptrace(PTRACE_TRACEME, 0, 0, 0));
  say("process_vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0));
  say("process_vm_writev", process_vm_writev(1, &here, 1, &there, 1, 0));
  say("process_madvise", syscall(NR_process_madvise, pidfd, &there, 1, MADV_COLD, 0));
  say("process_mrelease", syscall(NR_process_mrelease, pidfd, 0));
  say("kcmp", syscall(SYS_kcmp, getpid(), 1, 0, 0, 0));
  say("robust list", syscall(SYS_get_robust_list, 1, b, b));
  say("migrate_pages", syscall(SYS_migrate_pages, 1, 0, NULL, NULL));
  say("prlimit", prlimit(1, RLIMIT_NOFILE, &none, NULL));
  say("priority", setpriority(PRIO_PROCESS, 1, 19));
  say("scheduler", sched_setscheduler(1, SCHED_BATCH, &(struct sched_param){0}));
  say("affinity", sched_setaffinity(1, sizeof set, &set));
  say("io priority", syscall(SYS_ioprio_set, 1, 1, 3 << 13));
  return 0;
}

// Files may send any signal to whom they belong.
PROGRAM(signal_by_file) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  say("signal", fcntl(ends[0], F_SETSIG, SIGKILL));
  say("owner", fcntl(ends[0], F_SETOWN, 1));
  say("asynchronous", fcntl(ends[0], F_SETFL, O_ASYNC));
  say("write", write(ends[1], "x", 1));
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGKILL};
  event._sigev_un._tid = 1;
  say("timer", timer_create(CLOCK_MONOTONIC, &event, &timer));
  return 0;
}

// Who uses the files that all sandboxes share?
PROGRAM(watch_others) {
  int watcher = syscall(SYS_inotify_init1, O_NONBLOCK);
  say("inotify", watcher);
  syscall(SYS_inotify_add_watch, watcher, "/usr/bin/env", 0x20 /* opened */);
  puts("ready");
  fflush(stdout);
  char event[256];
  for (int i = 0; i < number * 100; i++) {
    if (watcher >= 0 && read(watcher, event, sizeof event) > 0) say("seen", 0);
    usleep(10000);
  }
  return 0;
}

// The parent looks, because a process cannot look at its own core.
PROGRAM(core_dump) {
  chdir("/box");
  if (fork() == 0) {
    prctl(PR_SET_DUMPABLE, 1);
    abort();
  }
  int status, count = -2;
  wait(&status);
  DIR *directory = opendir("/box");
  while (directory && readdir(directory)) count++;
  printf("signal %d, files %d\n", WTERMSIG(status), count);
  return 0;
}

static struct sockaddr_un abstract(void) {
  return (struct sockaddr_un){AF_UNIX, "\0assize-hostile"};
}

static int listening(void) {
  struct sockaddr_un address = abstract();
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  say("bind", bind(listener, (void *)&address, sizeof address));
  listen(listener, 5);
  return listener;
}

// A name that stands in no directory.
PROGRAM(listen_abstract) {
  int listener = listening();
  if (number) accept(listener, NULL, NULL);
  return 0;
}

static void touch_file(int file) {
  static char block[1 << 20];
  for (int i = 0; i < 16; i++)
    if (write(file, block, sizeof block) < 0) say("write", -1);
}

// The listener waits inside of itself for somebody to receive it: nobody holds it, and it is not
// closed before the kernel looks for such circles.
PROGRAM(listen_in_circle) {
  int listener = listening(), ends[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  int carried[4] = {listener, ends[0], ends[1], memfd_create("carried", 0)};
  char space[CMSG_SPACE(sizeof carried)] = {0};
  struct iovec part = {"x", 1};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space,
                          .msg_controllen = sizeof space};
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  *c = (struct cmsghdr){CMSG_LEN(sizeof carried), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), carried, sizeof carried);
  say("send", sendmsg(ends[0], &header, 0));
  touch_file(carried[3]);
  return 0;
}

PROGRAM(connect_abstract) {
  struct sockaddr_un address = abstract();
  say("connect", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
  return 0;
}

PROGRAM(who) {
  printf("%d %d\n", getuid(), geteuid());
  return 0;
}

// Something for a neighbour to suffer from.
PROGRAM(ready_and_hold) {
  touch(number);
  puts("ready");
  fflush(stdout);
  sleep_forever();
}

PROGRAM(ready_and_spin) {
  puts("ready");
  fflush(stdout);
  for (int i = 0; i < 8; i++)
    if (fork() == 0)
      for (;;) spin(1000);
  sleep_forever();
}
