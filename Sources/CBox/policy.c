// The system calls a submission may not make, as a filter assembled at start from plain tables.
//
// The walls are namespaces, an unprivileged uid and read-only mounts; this list removes what those
// do not cover: objects that outlive a process or are shared between sandboxes (keys, System V IPC,
// file locks), kernel surface no contest program needs, and new namespaces, in which a program would
// be privileged again. Everything else is allowed, because runtimes of ten languages must work.
//
// The answer is ENOSYS where a runtime probes for a feature and then does without, EPERM elsewhere.
// A foreign system call table (i386 and x32 on x86-64, 32-bit ARM on arm64) kills the process: the
// numbers below would mean other calls there.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "box.h"

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "assize-box has a system call policy for x86-64 and arm64 only"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "argument words are read in little-endian order"
#endif

// Newer calls are listed by number (the same on all architectures since 5.1), so that the policy
// does not depend on the age of the headers it was built with.
enum {
  NR_open_tree = 428, NR_move_mount = 429, NR_fsopen = 430, NR_fsconfig = 431, NR_fsmount = 432,
  NR_fspick = 433, NR_clone3 = 435, NR_pidfd_getfd = 438, NR_process_madvise = 440,
  NR_mount_setattr = 442, NR_quotactl_fd = 443, NR_memfd_secret = 447, NR_process_mrelease = 448,
  NR_open_tree_attr = 467
};

static const uint16_t absent[] = {
    // Outlive the process or are not divided by namespaces.
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget,
    SYS_semop, SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
    SYS_mq_open, SYS_mq_unlink, SYS_flock,
    // Tells who uses the files that all sandboxes have in common.
#if defined(__x86_64__)
    SYS_inotify_init,
#endif
    SYS_inotify_init1,
    // fs.aio-max-nr is one budget for the whole machine.
    SYS_io_setup,
    // Kernel surface.
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd, SYS_fanotify_init, SYS_fanotify_mark, NR_memfd_secret, NR_open_tree,
    NR_open_tree_attr, NR_move_mount, NR_fsopen, NR_fsconfig, NR_fsmount, NR_fspick,
    NR_mount_setattr,
};

static const uint16_t forbidden[] = {
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, NR_pidfd_getfd,
    NR_process_madvise, NR_process_mrelease,
    // Mounts, roots and namespaces.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare,
    SYS_name_to_handle_at, SYS_open_by_handle_at,
    // The machine.
    SYS_quotactl, NR_quotactl_fd, SYS_swapon, SYS_swapoff, SYS_acct, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,
    SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_vhangup,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
    // All disks of the machine, not only what a program may write; and it cannot be interrupted, so
    // that a program that waits for it outlives its limits.
    SYS_sync, SYS_syncfs,
    // Placement of memory on other nodes.
    SYS_mbind, SYS_set_mempolicy, SYS_migrate_pages, SYS_move_pages,
};

static const uint32_t forbidden_fcntl[] = {
    5, 6, 7,     // F_GETLK, F_SETLK, F_SETLKW
    36, 37, 38,  // F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW
    1024,        // F_SETLEASE
    1026,        // F_NOTIFY
};

static const uint32_t forbidden_ioctl[] = {
    0x5412,  // TIOCSTI: types into a terminal
    0x541C,  // TIOCLINUX: pastes into one
};

// Huge pages that an administrator set aside are counted for no memory limit.
static const uint32_t map_huge_pages = 0x40000, memory_file_of_huge_pages = 4;

// Shared by all: what one program sends out of memory, the next has to fetch from the disk, and pays
// for with time. An advice may be ignored, so nobody is told that it was.
static const uint32_t ignored_advice[] = {
    4,  // POSIX_FADV_DONTNEED
};

static const uint32_t forbidden_prctl[] = {
    41,  // PR_SET_THP_DISABLE, which pid 1 has set for all runs
};

static const uint32_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                       CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

enum { CODE_MAX = 256 };

#define COUNT(values) (sizeof(values) / sizeof *(values))

struct assembler {
  struct sock_filter code[CODE_MAX];
  unsigned length;
  bool overflow;
};

static void emit(struct assembler *a, struct sock_filter instruction) {
  if (a->length == CODE_MAX) {
    a->overflow = true;
    return;
  }
  a->code[a->length++] = instruction;
}

#define STATEMENT(code, k) ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP(code, k, yes, no))

static void load(struct assembler *a, size_t offset) {
  emit(a, STATEMENT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct assembler *a, uint32_t verdict) {
  emit(a, STATEMENT(BPF_RET | BPF_K, verdict));
}

static uint32_t fail_with(int error) { return SECCOMP_RET_ERRNO | (uint32_t)error; }

// The accumulator holds the system call's number before and after.
static void deny(struct assembler *a, uint32_t number, int error) {
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
  answer(a, fail_with(error));
}

// The low half of an argument: these arguments are ints, whose upper half a caller may fill freely.
static size_t argument(int index) {
  return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

static void deny_values(struct assembler *a, uint32_t number, int index, const uint32_t *values,
                        size_t count, int error) {
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, (uint8_t)(2 * count + 2)));
  load(a, argument(index));
  for (size_t i = 0; i < count; i++) deny(a, values[i], error);
  answer(a, SECCOMP_RET_ALLOW);
}

static void allow_one_value(struct assembler *a, uint32_t number, int index, uint32_t value,
                            int error) {
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
  load(a, argument(index));
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
  answer(a, SECCOMP_RET_ALLOW);
  answer(a, fail_with(error));
}

static void deny_bits(struct assembler *a, uint32_t number, int index, uint32_t bits, int error) {
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
  load(a, argument(index));
  emit(a, JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  answer(a, fail_with(error));
  answer(a, SECCOMP_RET_ALLOW);
}

static void assemble_prologue(struct assembler *a) {
  load(a, offsetof(struct seccomp_data, arch));
  emit(a, JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0));
  answer(a, SECCOMP_RET_KILL_PROCESS);
  load(a, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  emit(a, JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));  // x32
  answer(a, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void assemble_rules(struct assembler *a, unsigned mode) {
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) deny(a, absent[i], ENOSYS);
  for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) deny(a, forbidden[i], EPERM);
  if (mode & BOX_DEGRADED) deny(a, SYS_memfd_create, ENOSYS);
  if (mode & BOX_PINNED) deny(a, SYS_sched_setaffinity, EPERM);
  allow_one_value(a, SYS_socket, 0, AF_UNIX, EAFNOSUPPORT);
  allow_one_value(a, SYS_socketpair, 0, AF_UNIX, EAFNOSUPPORT);
  deny_bits(a, SYS_clone, 0, new_namespaces, EPERM);
  deny_bits(a, SYS_mmap, 3, map_huge_pages, ENOMEM);
  deny_bits(a, SYS_memfd_create, 1, memory_file_of_huge_pages, ENOMEM);
  deny_values(a, SYS_fcntl, 1, forbidden_fcntl, COUNT(forbidden_fcntl), EPERM);
  deny_values(a, SYS_ioctl, 1, forbidden_ioctl, COUNT(forbidden_ioctl), EPERM);
  deny_values(a, SYS_prctl, 0, forbidden_prctl, COUNT(forbidden_prctl), EPERM);
  deny_values(a, SYS_fadvise64, 3, ignored_advice, COUNT(ignored_advice), 0);
}

int policy_install(enum policy_kind kind, unsigned mode) {
  // clone3 passes its flags in memory, where a filter cannot look; libraries fall back to clone.
  // With cgroup v2 pid 1 needs it to place a run, so there each run takes it away for itself.
  bool clone3_is_ours = (mode & BOX_CGROUP_V2) != 0;
  if (kind == POLICY_REMAINDER && !clone3_is_ours) return 0;
  struct assembler a = {.length = 0};
  assemble_prologue(&a);
  if (kind != POLICY_INHERITED || !clone3_is_ours) deny(&a, NR_clone3, ENOSYS);
  if (kind != POLICY_REMAINDER) assemble_rules(&a, mode);
  answer(&a, SECCOMP_RET_ALLOW);
  if (a.overflow) return E2BIG;
  struct sock_fprog program = {.len = (unsigned short)a.length, .filter = a.code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}
