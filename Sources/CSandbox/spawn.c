// Starting a process from a large multi-threaded one.
//
// fork copies page tables: tens of milliseconds per gigabyte of the caller. So the child borrows the
// caller's memory until it executes (CLONE_VM | CLONE_VFORK), on a stack of its own, with all
// signals blocked, so that no handler of the caller's runs in it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSandbox.h"

enum { STACK_BYTES = 64 * 1024, DESCRIPTORS_MAX = 16 };

struct child {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const int32_t *descriptors;
  size_t descriptor_count;
  volatile int error;
};

static int child_main(void *context) {
  struct child *child = context;
  int moved[DESCRIPTORS_MAX];
  int count = (int)child->descriptor_count;
  // First out of the way of the final numbers, then to them: a source may be a target of another.
  for (int i = 0; i < count; i++) {
    moved[i] = fcntl(child->descriptors[i], F_DUPFD_CLOEXEC, DESCRIPTORS_MAX);
    if (moved[i] < 0) goto failed;
  }
  for (int i = 0; i < count; i++)
    if (dup2(moved[i], i) < 0) goto failed;
  if (syscall(SYS_close_range, (unsigned)count, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0)
    goto failed;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; s++) sigaction(s, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // A session of its own: Ctrl-C at a worker's terminal asks the worker to finish what runs, and
  // must not end the sandboxes under it.
  setsid();
  execve(child->path, child->arguments, child->environment);
failed:
  child->error = errno;
  _exit(127);
}

int32_t assize_spawn(const char *path, char *const arguments[], char *const environment[],
                     const int32_t *descriptors, size_t descriptor_count, int32_t *pidfd) {
  if (descriptor_count < 3 || descriptor_count > DESCRIPTORS_MAX) return -EINVAL;
  char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  struct child child = {path, arguments, environment, descriptors, descriptor_count, 0};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int pid = clone(child_main, stack + STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                  &child, pidfd);
  int error = pid < 0 ? errno : child.error;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  munmap(stack, STACK_BYTES);
  if (pid >= 0 && error) {
    assize_wait(*pidfd);
    close(*pidfd);
  }
  return error ? -error : pid;
}

int32_t assize_wait(int32_t pidfd) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result;
  do result = waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED);
  while (result < 0 && errno == EINTR);
  if (result < 0) return -errno;
  return info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
}

int32_t assize_kill(int32_t pidfd, int32_t signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : -errno;
}

int32_t assize_exit_code(int32_t status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

int32_t assize_exit_signal(int32_t status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
