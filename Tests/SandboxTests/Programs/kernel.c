// System calls that a contest program has no use for.
#include "program.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#define CALL(...) syscall(__VA_ARGS__, 0, 0, 0, 0)

PROGRAM(namespaces) {
  static const struct { const char *name; unsigned long flag; } kinds[] = {
      {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET},
      {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}};
  char what[64];
  for (size_t i = 0; i < COUNT(kinds); i++) {
    sprintf(what, "unshare %s", kinds[i].name);
    say(what, unshare(kinds[i].flag));
    long child = CALL(SYS_clone, kinds[i].flag | CLONE_NEWUSER | SIGCHLD);
    if (child == 0) _exit(0);
    sprintf(what, "clone %s", kinds[i].name);
    say(what, child);
  }
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  long child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) _exit(0);
  say("clone3", child);
  say("setns", CALL(SYS_setns, open("/proc/self/ns/user", O_RDONLY)));
  return 0;
}

PROGRAM(mounts) {
  say("mount", mount("t", "/box", "tmpfs", 0, NULL));
  say("remount", mount(NULL, "/app", NULL, MS_REMOUNT | MS_BIND, NULL));
  say("bind", mount("/usr", "/box", NULL, MS_BIND, NULL));
  say("umount", umount2("/proc", MNT_DETACH));
  say("chroot", chroot("/box"));
  say("pivot_root", CALL(SYS_pivot_root, "/box", "/box"));
  say("open_tree", CALL(NR_open_tree, -100, "/", 1));
  say("move_mount", CALL(NR_move_mount, -1));
  say("fsopen", CALL(NR_fsopen, "tmpfs"));
  say("fspick", CALL(NR_fspick, -100, "/"));
  say("mount_setattr", CALL(NR_mount_setattr, -100, "/app"));
  return 0;
}

// Objects that outlive a process, and locks that other sandboxes would feel.
PROGRAM(lasting_objects) {
  struct flock lock = {.l_type = F_WRLCK};
  int file = open("/usr/bin/env", O_RDONLY);
  say("shmget", CALL(SYS_shmget, 0, 4096, 01600));
  say("semget", CALL(SYS_semget, 0, 1, 01600));
  say("msgget", CALL(SYS_msgget, 0, 01600));
  say("mq_open", CALL(SYS_mq_open, "q", O_CREAT | O_RDWR, 0600));
  say("add_key", CALL(SYS_add_key, "user", "name", "value", 5, -4));
  say("request_key", CALL(SYS_request_key, "user", "name"));
  say("keyctl", CALL(SYS_keyctl, 0, -3, 1));
  say("flock", CALL(SYS_flock, file, 2));
  say("F_SETLK", fcntl(1, F_SETLK, &lock));
  say("F_GETLK", fcntl(1, F_GETLK, &lock));
  say("F_OFD_SETLK", fcntl(1, F_OFD_SETLK, &lock));
  say("F_SETLEASE", fcntl(file, F_SETLEASE, F_RDLCK));
  say("F_NOTIFY", fcntl(open("/usr", O_RDONLY), F_NOTIFY, DN_ACCESS));
  return 0;
}

PROGRAM(kernel_surface) {
  say("bpf", CALL(SYS_bpf));
  say("perf_event_open", CALL(SYS_perf_event_open));
  say("userfaultfd", CALL(SYS_userfaultfd));
  say("io_uring_setup", CALL(SYS_io_uring_setup, 1));
  say("io_setup", CALL(SYS_io_setup, 65536));
  say("fanotify_init", CALL(SYS_fanotify_init));
  say("memfd_secret", CALL(NR_memfd_secret));
  say("open_by_handle_at", CALL(SYS_open_by_handle_at, -100));
  say("name_to_handle_at", CALL(SYS_name_to_handle_at, -100, "/usr"));
  say("set_mempolicy", CALL(SYS_set_mempolicy));
  say("mbind", CALL(SYS_mbind));
  say("TIOCSTI", ioctl(0, TIOCSTI, "x"));
  say("TIOCSTI wide", syscall(SYS_ioctl, 0, 0xdead00000000ul | TIOCSTI, "x"));
  say("TIOCLINUX", ioctl(0, TIOCLINUX, "\3"));
  return 0;
}

PROGRAM(machine) {
  struct timespec t = {0};
  struct timex timex = {0};
  say("reboot", reboot(RB_DISABLE_CAD));
  say("init_module", CALL(SYS_init_module));
  say("kexec_load", CALL(SYS_kexec_load));
  say("swapon", CALL(SYS_swapon, "/box/swap"));
  say("quotactl", CALL(SYS_quotactl));
  say("acct", CALL(SYS_acct));
  say("syslog", klogctl(10, NULL, 0));
  say("clock_settime", clock_settime(CLOCK_REALTIME, &t));
  say("adjtimex", adjtimex(&timex));
  say("sethostname", CALL(SYS_sethostname, "x", 1));
  say("vhangup", CALL(SYS_vhangup));
#ifdef __x86_64__
  say("iopl", CALL(SYS_iopl, 3));
  say("ioperm", CALL(SYS_ioperm, 0x80, 1, 1));
  say("modify_ldt", CALL(SYS_modify_ldt));
#else
  // Only x86-64 has them.
  errno = EPERM;
  say("iopl", -1);
  say("ioperm", -1);
  say("modify_ldt", -1);
#endif
  // Writes out every disk of the machine and cannot be interrupted.
  errno = 0;
  sync();
  say("sync", errno ? -1 : 0);
  say("syncfs", CALL(SYS_syncfs, open("/usr", O_RDONLY)));
  say("PR_SET_THP_DISABLE", prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
  return 0;
}

PROGRAM(socket_families) {
  static const struct { const char *name; int number; } families[] = {
      {"unix", AF_UNIX}, {"inet", AF_INET}, {"inet6", AF_INET6}, {"netlink", AF_NETLINK},
      {"packet", AF_PACKET}, {"alg", AF_ALG}, {"vsock", 40}, {"key", AF_KEY}, {"can", AF_CAN},
      {"bluetooth", AF_BLUETOOTH}, {"tipc", AF_TIPC}, {"smc", 43}, {"xdp", 44}, {"rds", 21}};
  for (size_t i = 0; i < COUNT(families); i++)
    say(families[i].name, socket(families[i].number, SOCK_STREAM, 0));
  // The kernel looks at the low half only.
  say("inet wide", syscall(SYS_socket, 0x100000000ul | AF_INET, SOCK_STREAM, 0));
  int pair[2];
  say("inet pair", socketpair(AF_INET, SOCK_STREAM, 0, pair));
  return 0;
}

#ifdef __x86_64__
// The tables of system calls of other architectures, whose numbers mean other calls.
PROGRAM(int80) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20));
  return 0;
}

PROGRAM(x32) {
  syscall(0x40000000 | SYS_getpid);
  return 0;
}
#endif

static int filter(unsigned call, unsigned answer, unsigned flags) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {COUNT(code), code};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// A filter of its own cannot give back what ours takes.
PROGRAM(own_filter) {
  say("allow", filter(SYS_unshare, SECCOMP_RET_ALLOW, 0));
  say("unshare", unshare(CLONE_NEWUSER));
  say("trace", filter(SYS_getppid, SECCOMP_RET_TRACE, 0));
  say("nobody traces", syscall(SYS_getppid));
  say("kill", filter(SYS_getpid, SECCOMP_RET_KILL_PROCESS, 0));
  getpid();
  return 0;
}

// Every system call goes through all filters: as many as there can be.
PROGRAM(filter_hoard) {
  while (filter(SYS_getpid, SECCOMP_RET_ALLOW, 0) == 0) {}
  say("filter", -1);
  return 0;
}

// The end of a child waits for an answer that never comes.
PROGRAM(unanswered) {
  int listener = filter(SYS_exit_group, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  say("listener", listener);
  if (fork() == 0) _exit(0);
  sleep_forever();
}

PROGRAM(personality) {
  say("personality", personality(PER_LINUX32 | ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC));
  struct utsname name;
  uname(&name);
  say("umask", umask(0777));
  say("slack", prctl(PR_SET_TIMERSLACK, 1000000000));
  say("batch", sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}));
  say("nice 19", setpriority(PRIO_PROCESS, 0, 19));
  say("more for OOM killer", write(open("/proc/self/oom_score_adj", O_WRONLY), "1000", 4));
  say("death signal", prctl(PR_SET_PDEATHSIG, SIGKILL));
  return become("exit");
}
