// CPU time and memory where a naive judge does not count them. Each prints nothing and ends well.
#include "program.h"

static void wait_for_all(void) {
  while (wait(NULL) > 0) {}
}

static void wait_until_closed(int end) {
  char b;
  while (read(end, &b, 1) > 0) {}
}

PROGRAM(in_threads) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, spin_thread, &number);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  return 0;
}

// The kernel collects such a child itself and drops its usage.
PROGRAM(in_reaped_children) {
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) {
    spin(number);
    _exit(0);
  }
  wait_for_all();
  return 0;
}

// Grandchildren whose parents are gone; we learn of their end by a pipe.
PROGRAM(in_orphans) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  for (int i = 0; i < 4; i++) {
    if (fork() > 0) continue;
    if (fork() > 0) _exit(0);
    close(ends[0]);
    spin(number);
    _exit(0);
  }
  wait_for_all();
  close(ends[1]);
  wait_until_closed(ends[0]);
  return 0;
}

PROGRAM(in_many_children) {
  for (int i = 0; i < number; i++) {
    if (fork() == 0) {
      spin(2);
      _exit(0);
    }
    wait(NULL);
  }
  return 0;
}

// A new program in the same process starts with the old one's time.
PROGRAM(before_exec) {
  spin(number);
  return become("exit");
}

// Memory that is given back long before the end.
PROGRAM(memory_of_the_dead) {
  if (fork() == 0) {
    touch(number);
    _exit(0);
  }
  wait_for_all();
  return 0;
}

PROGRAM(memory_in_file) {
  static char block[1 << 20];
  int file = open("/box/large", O_CREAT | O_WRONLY, 0600);
  for (int i = 0; i < number; i++)
    if (write(file, block, sizeof block) < 0) return 1;
  return unlink("/box/large");
}

// Ends by a signal of its own, which must not look like one of the judge's.
PROGRAM(raise) {
  signal(number, SIG_DFL);
  raise(number);
  return 0;
}
