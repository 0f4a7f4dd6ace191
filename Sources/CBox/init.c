// assize-box init: pid 1 of a sandbox.
//
//   assize-box init SOCKET SELF BUILDER RUNNER MODE NICENESS
//
// It lives outside the leaves its runs are measured in (so no run's memory limit can kill it), has
// no other way to the outside than SOCKET, cannot be seen in /proc or signalled by a run (another
// uid, hidepid, not dumpable), and handles one request at a time. When the worker is gone the socket
// ends, pid 1 ends, and the kernel ends every process of the sandbox with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

enum { STACK_BYTES = 64 * 1024, INIT_FAILED = 124 };

__attribute__((noreturn)) static void fail(const char *what) {
  fprintf(stderr, "assize-box init: %s: %s\n", what, strerror(errno));
  exit(INIT_FAILED);
}

static void limit(int resource, rlim_t value) {
  struct rlimit both = {value, value};
  if (setrlimit(resource, &both) != 0) fail("cannot lower a limit");
}

// What every run inherits and none may change.
static void prepare_inheritance(void) {
  // 1, not 0: a core_pattern that is a pipe ignores 0 but starts nothing at 1 (fs/coredump.c).
  limit(RLIMIT_CORE, 1);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  umask(022);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  // Left by bubblewrap. A program of the system with capabilities on its file would combine the two;
  // no_new_privs stands before that already.
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) fail("capabilities");
  data[0].inheritable = data[1].inheritable = 0;
  if (syscall(SYS_capset, &header, data) != 0) fail("capabilities");
  // Huge pages make the time of one and the same program vary twentyfold when memory is fragmented.
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

static void hide(void) {
  prctl(PR_SET_NAME, "assize-box", 0, 0, 0);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("not dumpable");
  // When bubblewrap, our parent, is killed we go too.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail("parent death signal");
  // Runs see their own processes only.
  if (mount(NULL, "/proc", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2") != 0)
    fail("cannot restrict /proc");
}

// Standard streams become /dev/null, so received descriptors are 3 and up and a run's dup2 is safe.
static void detach_streams(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) fail("/dev/null");
  for (int i = 0; i < 3; i++)
    if (dup2(null, i) < 0) fail("/dev/null");
  if (null > 2) close(null);
}

static void open_areas(struct box *box) {
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  box->program = open("/app", flags);
  box->scratch = open("/box", flags);
  if (box->program < 0 || box->scratch < 0) fail("/app and /box");
  box->sockets = sockets_open_table();
  if (box->sockets < 0) fail("/proc/net/unix");
  if (fchown(box->program, box->builder, box->builder) != 0) fail("cannot give /app to the builder");
}

static void prepare_children(struct box *box) {
  const int memory = PROT_READ | PROT_WRITE;
  char *stack = mmap(NULL, STACK_BYTES, memory, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  int *report = mmap(NULL, 4096, memory, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED || report == MAP_FAILED) fail("no memory");
  box->stack = stack + STACK_BYTES;
  box->child_report = report;
  cpu_set_t set;
  box->processors = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void handle(struct box *box, struct message *message) {
  struct box_reply reply = {.protocol = BOX_PROTOCOL, .kind = message->request.kind};
  int out = -1;
  switch (message->request.kind) {
    case BOX_CANCEL:
      message_close_descriptors(message);
      return;
    case BOX_PUT:
      reply.error = files_put(box, message, &reply.stage);
      break;
    case BOX_MKDIR:
      reply.error = files_make_directory(box, message, &reply.stage);
      break;
    case BOX_GET:
      reply.error = files_open(box, message, &reply.stage, &out);
      break;
    case BOX_WIPE: {
      int removed = wipe_directory(box->scratch);
      reply.stage = BOX_STAGE_WIPE;
      reply.error = removed < 0 ? EBUSY : 0;
      reply.wiped = removed < 0 ? 0 : (uint32_t)removed;
      break;
    }
    case BOX_SEAL:
      reply.stage = BOX_STAGE_SEAL;
      reply.error = seal_program(box);
      break;
    case BOX_RUN:
      run_program(box, message, &reply);
      break;
    default:
      reply.stage = BOX_STAGE_REQUEST;
      reply.error = ENOSYS;
  }
  message_close_descriptors(message);
  if (!reply.error) reply.stage = BOX_STAGE_NONE;
  if (!reply_send(box->socket, &reply, out)) exit(0);
  if (out >= 0) close(out);
}

int init_main(int argc, char **argv) {
  if (argc != 8 || getpid() != 1) {
    fprintf(stderr, "assize-box init: must be pid 1 of a sandbox\n");
    return INIT_FAILED;
  }
  static struct box box;
  static struct message message;
  box.socket = atoi(argv[2]);
  close(atoi(argv[3]));
  box.builder = (uid_t)strtoul(argv[4], NULL, 10);
  box.runner = (uid_t)strtoul(argv[5], NULL, 10);
  box.mode = (unsigned)strtoul(argv[6], NULL, 10);
  box.niceness = atoi(argv[7]);
  if (fcntl(box.socket, F_SETFD, FD_CLOEXEC) != 0) fail("socket");
  hide();
  prepare_inheritance();
  open_areas(&box);
  prepare_children(&box);
  detach_streams();
  struct box_reply hello = {.protocol = BOX_PROTOCOL, .kind = BOX_HELLO};
  if (!reply_send(box.socket, &hello, -1)) return 0;
  for (;;) {
    int received = message_receive(box.socket, &message);
    if (received == 0) return 0;
    if (received < 0) return INIT_FAILED;
    handle(&box, &message);
  }
}
