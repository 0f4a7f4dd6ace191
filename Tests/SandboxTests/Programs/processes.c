// Too many processes, and processes that will not go.
#include "program.h"

// Children in sessions of their own that nobody has to wait for.
PROGRAM(fork_bomb) {
  signal(SIGCHLD, SIG_IGN);
  for (;;)
    if (fork() == 0) setsid();
}

// Each parent is held by the kernel until its child executes or ends, which it never does.
PROGRAM(vfork_bomb) {
  for (;;) vfork();
}

static void *spin_on(void *unused) {
  for (;;) spin(1000);
}

static void *multiply(void *unused) {
  for (;;) {
    pthread_t thread;
    pthread_create(&thread, NULL, multiply, NULL);
  }
}

PROGRAM(thread_bomb) { multiply(NULL); }

static int sleep_in_clone(void *unused) {
  sleep_forever();
  return 0;
}

static long clone_sleeper(int flags) {
  char *stack = malloc(16384);
  return clone(sleep_in_clone, stack + 16384, flags, NULL);
}

// Children whose end sends no signal: an ordinary wait does not see them.
PROGRAM(silent_children) {
  for (int i = 0; i < 5; i++) say("clone", clone_sleeper(0));
  return 0;
}

// Children of the helper's instead of ours.
PROGRAM(siblings) {
  for (int i = 0; i < 5; i++) say("clone", clone_sleeper(CLONE_PARENT | SIGCHLD));
  return 0;
}

static int end_in_clone(void *unused) { return 0; }

// Children whose end would kill their parent: us, who do not mind, and the helper.
PROGRAM(deadly_children) {
  static char stack[2][16384];
  signal(SIGUSR1, SIG_IGN);
  say("clone", clone(end_in_clone, stack[0] + 16384, SIGUSR1, NULL));
  say("clone beside", clone(end_in_clone, stack[1] + 16384, CLONE_PARENT | SIGKILL, NULL));
  if (fork() == 0) {
    // An orphan by the time it ends.
    static char stack[16384];
    clone(sleep_in_clone, stack + 16384, SIGKILL, NULL);
    _exit(0);
  }
  wait(NULL);
  return 0;
}

PROGRAM(exec_loop) { return become("exec_loop"); }

// Nobody lives longer than 5 ms but the one who waits.
PROGRAM(relay) {
  signal(SIGCHLD, SIG_IGN);
  if (fork() > 0) sleep_forever();
  for (;;) {
    spin(5);
    if (fork() > 0) _exit(0);
  }
}

// Daemons that make a daemon and end, on and on, while their ancestor has long returned.
PROGRAM(daemon_chain) {
  if (fork() > 0) return 0;
  for (;;) {
    setsid();
    if (fork() > 0) _exit(0);
  }
}

PROGRAM(late_writer) {
  if (write(1, "parent\n", 7) != 7) return 1;
  if (fork() > 0) return 0;
  while (write(1, "child\n", 6) == 6) {}
  sleep_forever();
}

PROGRAM(deaf) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  for (int s = 1; s < NSIG; s++) signal(s, SIG_IGN);
  sleep_forever();
}

PROGRAM(stopped) {
  if (fork() == 0) raise(SIGSTOP);
  raise(SIGSTOP);
  return 0;
}

static void *sleep_on(void *unused) {
  sleep_forever();
}

PROGRAM(sleeping_threads) {
  for (int i = 0; i < 8; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_on, NULL);
  }
  sleep_forever();
}

// The first thread ends, and with it what most tools look at; another goes on.
PROGRAM(dead_leader) {
  pthread_t thread;
  pthread_create(&thread, NULL, spin_on, NULL);
  syscall(SYS_exit, 0);
}

PROGRAM(held_by_vfork) {
  if (vfork() == 0) sleep_forever();
  return 0;
}

// The dead count as processes until somebody waits for them.
PROGRAM(zombies) {
  pid_t child;
  while ((child = fork()) > 0) {}
  if (child == 0) _exit(0);
  say("fork", child);
  return 0;
}

// Takes orphans over from the helper, and leaves them.
PROGRAM(subreaper) {
  int ends[2];
  char done;
  if (pipe(ends) != 0) return 1;
  if (fork() > 0) return read(ends[0], &done, 1) != 1;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) sleep_forever();
    _exit(0);
  }
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  if (write(ends[1], "", 1) != 1) return 1;
  sleep_forever();
}

// Everybody it may signal, which must not include the helper.
PROGRAM(kill_everybody) {
  for (int i = 0; i < 3; i++)
    if (fork() == 0) sleep_forever();
  signal(SIGTERM, SIG_IGN);
  say("terminate group", kill(0, SIGTERM));
  say("kill all", kill(-1, SIGKILL));
  say("kill 1", kill(1, SIGKILL));
  return 0;
}

// All numbers a process may have, in whatever sandbox it is.
PROGRAM(kill_numbers) {
  puts("ready");
  fflush(stdout);
  for (int round = 0; round < 20; round++)
    for (pid_t pid = 2; pid < 32768; pid++)
      if (pid != getpid()) kill(pid, SIGKILL);
  return 0;
}

// A list of held futexes that the kernel walks at exit: a circle, and one that leads nowhere.
PROGRAM(robust_futexes) {
  struct { void *next; long offset; void *pending; } head = {&head, 0, NULL};
  for (int i = 0; i < 20; i++) {
    if (fork() > 0) continue;
    void *circle[2] = {circle + 1, circle};
    head.next = i % 2 ? (void *)circle : (void *)0xdead0000;
    syscall(SYS_set_robust_list, &head, sizeof head);
    _exit(0);
  }
  while (wait(NULL) > 0) {}
  return 0;
}

// Timers of all kinds that would ring in the next run.
PROGRAM(timers) {
  struct itimerval soon = {{0, 1000}, {0, 1000}};
  for (int s = 1; s < NSIG; s++) signal(s, SIG_IGN);
  setitimer(ITIMER_REAL, &soon, NULL);
  setitimer(ITIMER_PROF, &soon, NULL);
  alarm(1);
  prctl(PR_SET_TIMERSLACK, 1);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  int made = 0;
  while (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
    struct itimerspec later = {{0, 1000000}, {1, 0}};
    timer_settime(timer, 0, &later, NULL);
    made++;
  }
  say("timer_create", -1);
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  union sigval value = {0};
  while (sigqueue(getpid(), SIGRTMIN, value) == 0) {}
  say("sigqueue", -1);
  printf("bounded: %s\n", made <= 256 ? "ok" : "no");
  return 0;
}
