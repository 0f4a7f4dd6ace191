// What runs inside the sandboxes of these tests: one program with a behaviour per name, compiled in
// a sandbox too, by the path a submission takes. Each file below is a theme, each PROGRAM in it one
// behaviour: `program NAME [ARGUMENT...]` runs it.
//
// A probe prints a line per attempt, `what: ok` or `what: REASON`, so that a test can state all of
// them at once.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct program {
  const char *name;
  int (*run)(int number, char **words);
};

// Defines a behaviour and enters it in the table that main.c searches. `number` is its first argument
// as a number, `words` are its arguments; what it returns is the exit code.
#define PROGRAM(name)                                                           \
  static int run_##name(int number, char **words);                              \
  __attribute__((used, section("programs"), aligned(sizeof(struct program))))   \
  static const struct program program_##name = {#name, run_##name};             \
  static int run_##name(int number, char **words)

// System calls newer than the headers of some machine.
enum {
  NR_open_tree = 428, NR_move_mount = 429, NR_fsopen = 430, NR_fspick = 433, NR_pidfd_open = 434,
  NR_pidfd_getfd = 438, NR_process_madvise = 440, NR_mount_setattr = 442, NR_memfd_secret = 447,
  NR_process_mrelease = 448
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Prints `what: ok` when the result is not negative, else the name of errno.
void say(const char *what, long result);
// Uses so much CPU time of this thread.
void spin(int milliseconds);
void *spin_thread(void *milliseconds);
// Takes so much memory and writes to all of it. Exits with 9 when there is none.
void touch(size_t megabytes);
// Runs the program again under another name; returns only when that fails.
int become(const char *name);
void sleep_forever(void);
