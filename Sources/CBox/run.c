// One run: fork, confine, execute, watch, kill, count.
//
// The child enters its leaf before anything else, so that all it costs is counted there. pid 1 then
// sleeps in poll until the program ends, the worker speaks, or a limit may have been reached; CPU
// time is read from the leaf no more often than all processors together could use up what is left.
//
// After that `kill(-1, SIGKILL)` ends every other process of this pid namespace. The kernel holds
// the task list lock meanwhile, so no fork escapes; and because orphans become children of pid 1
// before their parent can be waited for, ECHILD from wait4 means that nobody is left. Only then are
// the counters final, and only then does the reply go out.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "box.h"

static const uint64_t second_ns = 1000 * 1000 * 1000;
// A file's size has no event to wait for: while standard output is a file it is looked at this often.
static const uint64_t output_tick_ns = 50 * 1000 * 1000;
static const uint64_t shortest_sleep_ns = 1000 * 1000;

enum { COUNTERS = 4 };

struct run {
  struct box *box;
  const struct box_request *request;
  const int *descriptors;  // of the message: streams, then cgroup, then counters
  char *arguments[BOX_STRINGS_MAX + 1];
  char *environment[BOX_STRINGS_MAX + 1];
  int counter[COUNTERS];  // descriptor per bit of enum box_counter, or -1
  int outputs[2];         // standard output and error if they are regular files, else -1
  pid_t pid;
  int pidfd;
};

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

static uint64_t at_most(uint64_t a, uint64_t b) { return a < b ? a : b; }

// ---- The request ----

static bool cut_strings(char **at, char *end, char **strings, uint32_t count) {
  if (count > BOX_STRINGS_MAX) return false;
  for (uint32_t i = 0; i < count; i++) {
    size_t length = strnlen(*at, (size_t)(end - *at));
    if (*at + length >= end) return false;
    strings[i] = *at;
    *at += length + 1;
  }
  strings[count] = NULL;
  return true;
}

static int group_descriptors(const struct box *box) {
  return box->mode & BOX_CGROUP_V1 ? 3 : box->mode & BOX_CGROUP_V2 ? 1 : 0;
}

static bool prepare(struct run *run, struct box *box, struct message *message) {
  const struct box_request *request = &message->request;
  *run = (struct run){.box = box, .request = request, .descriptors = message->descriptors};
  char *at = message->text, *end = message->text + request->text_length;
  if (request->argument_count < 1 ||
      !cut_strings(&at, end, run->arguments, request->argument_count) ||
      !cut_strings(&at, end, run->environment, request->environment_count) || at != end)
    return false;
  int next = 3 + group_descriptors(box);
  for (int i = 0; i < COUNTERS; i++)
    run->counter[i] = request->counters & 1u << i ? next++ : -1;
  if (request->counters >> COUNTERS || message->descriptor_count != next) return false;
  for (int i = 0; i < COUNTERS; i++)
    if (run->counter[i] >= 0) run->counter[i] = message->descriptors[run->counter[i]];
  for (int i = 0; i < 2; i++) {
    struct stat info;
    int descriptor = message->descriptors[1 + i];
    run->outputs[i] = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) ? descriptor : -1;
  }
  return (request->identity == BOX_BUILDER || request->identity == BOX_RUNNER) &&
         (request->area == BOX_PROGRAM || request->area == BOX_SCRATCH);
}

// Ends of pipes must be the program's alone, or the other party would never read its end.
static void release_descriptors(const struct run *run, struct message *message) {
  for (int i = 0; i < message->descriptor_count; i++) {
    int descriptor = message->descriptors[i];
    bool needed = false;
    for (int k = 0; k < COUNTERS; k++) needed |= run->counter[k] == descriptor;
    for (int k = 0; k < 2; k++) needed |= run->outputs[k] == descriptor;
    if (needed) continue;
    close(descriptor);
    message->descriptors[i] = -1;
  }
}

// ---- The child, until it executes ----

__attribute__((noreturn)) static void give_up(const struct run *run, enum box_stage stage) {
  run->box->child_report[0] = errno;
  run->box->child_report[1] = (int)stage;
  _exit(126);
}

static bool limited(int resource, uint64_t value) {
  struct rlimit both = {value, value};
  return setrlimit(resource, &both) == 0;
}

static bool apply_limits(const struct run *run) {
  const struct box_request *r = run->request;
  // Backstops of what the leaf and pid 1 enforce: a second later, and one byte longer so that a
  // file which is too long can be told from one of exactly the allowed size.
  bool ok = limited(RLIMIT_CPU, r->cpu_ns / second_ns + 2) &&
            limited(RLIMIT_FSIZE, r->output_bytes + 1) && limited(RLIMIT_NOFILE, r->open_files) &&
            limited(RLIMIT_SIGPENDING, 256) &&
            limited(RLIMIT_STACK, r->stack_bytes ? r->stack_bytes : RLIM_INFINITY);
  if (run->box->mode & BOX_DEGRADED) {
    ok = ok && limited(RLIMIT_NPROC, r->processes);
    if (r->flags & BOX_LIMIT_ADDRESS_SPACE) ok = ok && limited(RLIMIT_AS, r->memory_bytes);
  }
  return ok;
}

static bool become(uid_t uid) {
  // The raw calls: libc's would first look for other threads to tell.
  return syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, uid, uid, uid) == 0 &&
         syscall(SYS_setresuid, uid, uid, uid) == 0;
}

static int child_main(void *context) {
  const struct run *run = context;
  const struct box *box = run->box;
  if (box->mode & BOX_CGROUP_V1)
    for (int i = 0; i < 3; i++)
      if (write(run->descriptors[3 + i], "0", 1) != 1) give_up(run, BOX_STAGE_CGROUP);
  setsid();
  for (int i = 0; i < 3; i++)
    if (dup2(run->descriptors[i], i) < 0) give_up(run, BOX_STAGE_FORK);
  if (fchdir(run->request->area == BOX_PROGRAM ? box->program : box->scratch) != 0)
    give_up(run, BOX_STAGE_FORK);
  if (!apply_limits(run)) give_up(run, BOX_STAGE_LIMITS);
  if (setpriority(PRIO_PROCESS, 0, box->niceness) != 0) give_up(run, BOX_STAGE_LIMITS);
  if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0) give_up(run, BOX_STAGE_FORK);
  if (!become(run->request->identity == BOX_BUILDER ? box->builder : box->runner))
    give_up(run, BOX_STAGE_IDENTITY);
  errno = policy_install(box->sealed ? POLICY_REMAINDER : POLICY_FULL, box->mode);
  if (errno) give_up(run, BOX_STAGE_FILTER);
  execve(run->arguments[0], run->arguments, run->environment);
  give_up(run, BOX_STAGE_EXECUTE);
}

// Returns once the child has executed or given up, in either case without our being scheduled
// between: CLONE_VFORK. With v2 the kernel places the child itself, which spares the write to
// cgroup.procs that waits for a grace period; glibc's clone cannot ask for that, and the raw call
// cannot share our memory without a stack switch, so there the child gets a copy.
static bool fork_child(struct run *run) {
  struct box *box = run->box;
  box->child_report[0] = box->child_report[1] = 0;
  if (box->mode & BOX_CGROUP_V2) {
    struct clone_args args = {.flags = CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
                              .pidfd = (uint64_t)(uintptr_t)&run->pidfd,
                              .exit_signal = SIGCHLD,
                              .cgroup = (uint64_t)run->descriptors[3]};
    run->pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (run->pid == 0) child_main(run);
  } else {
    run->pid = clone(child_main, box->stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, run,
                     &run->pidfd);
  }
  return run->pid > 0;
}

// ---- Counters ----

// The number after `key` at the start of a line, or the first number when there is no key.
static bool read_counter(int descriptor, const char *key, uint64_t *value) {
  char text[2048];
  if (descriptor < 0) return false;
  ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
  if (size <= 0) return false;
  text[size] = 0;
  const char *at = text;
  size_t length = key ? strlen(key) : 0;
  while (key && !(strncmp(at, key, length) == 0 && at[length] == ' ')) {
    at = strchr(at, '\n');
    if (!at) return false;
    at++;
  }
  *value = strtoull(at + length, NULL, 10);
  return true;
}

static bool leaf_cpu_ns(const struct run *run, uint64_t *value) {
  if (!(run->box->mode & BOX_CGROUP_V2)) return read_counter(run->counter[0], NULL, value);
  if (!read_counter(run->counter[0], "usage_usec", value)) return false;
  *value *= 1000;
  return true;
}

static uint64_t cpu_so_far(const struct run *run) {
  uint64_t value;
  if (leaf_cpu_ns(run, &value)) return value;
  // Without a leaf: all threads of the program itself, but not its children. CPU clock id of a pid
  // as the kernel defines it (include/linux/posix-timers.h): ~pid << 3 | CPUCLOCK_SCHED.
  struct timespec t;
  clockid_t clock = (clockid_t)((~(unsigned)run->pid << 3) | 2u);
  if (clock_gettime(clock, &t) != 0) return 0;
  return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

static bool output_too_long(const struct run *run) {
  for (int i = 0; i < 2; i++) {
    struct stat info;
    if (run->outputs[i] >= 0 && fstat(run->outputs[i], &info) == 0 && info.st_size > 0 &&
        (uint64_t)info.st_size > run->request->output_bytes)
      return true;
  }
  return false;
}

// ---- Watching ----

// The worker said something while a program runs: it can only be a cancellation of this run, or of
// an earlier one that ended by itself just then. Anything else is the end of the conversation.
static bool is_cancelled(const struct run *run) {
  struct box_request heard;
  ssize_t size = recv(run->box->socket, &heard, sizeof heard, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (size != (ssize_t)sizeof heard || heard.protocol != BOX_PROTOCOL || heard.kind != BOX_CANCEL)
    exit(0);
  return heard.run_number == run->request->run_number;
}

static enum box_stop watch(const struct run *run, uint64_t started) {
  const struct box_request *limit = run->request;
  struct pollfd wait[2] = {{run->pidfd, POLLIN, 0}, {run->box->socket, POLLIN, 0}};
  bool has_file = run->outputs[0] >= 0 || run->outputs[1] >= 0;
  uint64_t cpu_left = limit->cpu_ns;
  for (;;) {
    uint64_t elapsed = now_ns() - started;
    if (elapsed >= limit->wall_ns) return BOX_STOP_WALL;
    uint64_t sleep = cpu_left / (uint64_t)run->box->processors;
    if (sleep < shortest_sleep_ns) sleep = shortest_sleep_ns;
    if (has_file) sleep = at_most(sleep, output_tick_ns);
    sleep = at_most(sleep, limit->wall_ns - elapsed);
    sleep = at_most(sleep, 3600 * second_ns);
    struct timespec timeout = {(time_t)(sleep / second_ns), (long)(sleep % second_ns)};
    int ready = ppoll(wait, 2, &timeout, NULL);
    if (ready > 0 && wait[0].revents) return BOX_STOP_NONE;
    if (ready > 0 && wait[1].revents && is_cancelled(run)) return BOX_STOP_CANCELLED;
    uint64_t used = cpu_so_far(run);
    if (used > limit->cpu_ns) return BOX_STOP_CPU;
    cpu_left = limit->cpu_ns - used;
    if (has_file && output_too_long(run)) return BOX_STOP_OUTPUT;
  }
}

static uint64_t timeval_ns(struct timeval t) {
  return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_usec * 1000;
}

static void end_everybody(const struct run *run, struct box_reply *reply) {
  kill(-1, SIGKILL);
  for (;;) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, __WALL, &usage);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return;
    reply->reaped++;
    if (pid == run->pid) reply->wait_status = status;
    reply->rusage_cpu_ns += timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
    if (usage.ru_inblock > 0) reply->blocks_read += (uint64_t)usage.ru_inblock;
    uint64_t rss = (uint64_t)usage.ru_maxrss * 1024;
    if (rss > reply->max_rss) reply->max_rss = rss;
  }
}

// Version 1 counts kills only. But who was refused a page at the limit had all the pages before it, but
// for what each processor keeps in reserve (64 pages) and for a larger piece that was asked for at
// once; a mebibyte covers both. The peak counts page cache too, so a program that read much and is
// killed by a limit further up still looks like one at its own.
static bool reached_limit(const struct run *run, const struct box_reply *reply) {
  const uint64_t slack = 1 << 20;
  if (!(run->box->mode & BOX_CGROUP_V2))
    return reply->memory_peak + slack >= run->request->memory_bytes;
  uint64_t refusals = 0;
  return read_counter(run->counter[2], "oom", &refusals) && refusals > 0;
}

static void read_final_counters(const struct run *run, struct box_reply *reply) {
  if (!leaf_cpu_ns(run, &reply->cpu_ns)) reply->cpu_ns = reply->rusage_cpu_ns;
  if (!read_counter(run->counter[1], NULL, &reply->memory_peak))
    reply->memory_peak = reply->max_rss;
  read_counter(run->counter[2], "oom_kill", &reply->oom_kills);
  reply->limit_reached = reached_limit(run, reply);
  read_counter(run->counter[3], "max", &reply->process_hits);
}

// ---- The two requests ----

int seal_program(struct box *box) {
  if (box->sealed) return 0;
  const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
  if (mount(NULL, "/app", NULL, flags, NULL) != 0) return errno;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return errno;
  data[0].effective &= ~(1u << CAP_SYS_ADMIN);
  data[0].permitted &= ~(1u << CAP_SYS_ADMIN);
  if (syscall(SYS_capset, &header, data) != 0) return errno;
  int error = policy_install(POLICY_INHERITED, box->mode);
  if (!error) box->sealed = true;
  return error;
}

static void fail_run(struct box_reply *reply, int error, enum box_stage stage) {
  reply->error = error;
  reply->stage = stage;
}

void run_program(struct box *box, struct message *message, struct box_reply *reply) {
  static struct run run;
  reply->run_number = message->request.run_number;
  if (!prepare(&run, box, message)) return fail_run(reply, EINVAL, BOX_STAGE_REQUEST);
  if (message->request.identity == BOX_RUNNER) {
    int error = seal_program(box);
    if (error) return fail_run(reply, error, BOX_STAGE_SEAL);
  }
  reply->started_ns = now_ns();
  if (!fork_child(&run)) return fail_run(reply, errno, BOX_STAGE_FORK);
  release_descriptors(&run, message);
  reply->stop = watch(&run, reply->started_ns);
  reply->ended_ns = now_ns();
  end_everybody(&run, reply);
  close(run.pidfd);
  read_final_counters(&run, reply);
  if (box->child_report[1])
    fail_run(reply, box->child_report[0], (enum box_stage)box->child_report[1]);
  if (reply->stop == BOX_STOP_NONE &&
      (output_too_long(&run) ||
       (WIFSIGNALED(reply->wait_status) && WTERMSIG(reply->wait_status) == SIGXFSZ)))
    reply->stop = BOX_STOP_OUTPUT;
  if (!sockets_are_gone(box->sockets)) return fail_run(reply, EBUSY, BOX_STAGE_WIPE);
  if (message->request.flags & BOX_KEEP_SCRATCH) return;
  int removed = wipe_directory(box->scratch);
  if (removed < 0) return fail_run(reply, EBUSY, BOX_STAGE_WIPE);
  reply->wiped = (uint32_t)removed;
}
