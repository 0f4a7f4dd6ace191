// Programs that do what they should. `honest` is the run after each attack.
#include "program.h"

PROGRAM(exit) { return number; }
PROGRAM(abort) { abort(); }
PROGRAM(sleep) { sleep_forever(); }

PROGRAM(spin) {
  spin(number);
  return 0;
}

PROGRAM(touch) {
  touch(number);
  return 0;
}

PROGRAM(cat) {
  char b[4096];
  for (ssize_t n; (n = read(0, b, sizeof b)) > 0;)
    if (write(1, b, n) != n) return 3;
  return 0;
}

PROGRAM(show) {
  char directory[256];
  printf("%s %s %s %s\n", words[0], getenv("GREETING"), getcwd(directory, sizeof directory),
         getenv("PATH") ? "path" : "no path");
  return 0;
}

// Writes so many bytes.
PROGRAM(output) {
  char *b = malloc(number);
  memset(b, 'x', number);
  for (int i = 0; i < number;) {
    int n = write(1, b + i, number - i);
    if (n < 0) return 4;
    i += n;
  }
  return 0;
}

static void show_lines(const char *path, const char *const *keys, size_t count) {
  char line[512];
  FILE *file = fopen(path, "r");
  if (!file) printf("%s: %s\n", path, strerrorname_np(errno));
  while (file && fgets(line, sizeof line, file))
    for (size_t i = 0; i < count; i++)
      if (strncmp(line, keys[i], strlen(keys[i])) == 0) printf("%s: %s", path, line);
  if (file) fclose(file);
}

static void show_directory(const char *path, const char *digits) {
  DIR *directory = opendir(path);
  printf("%s:", path);
  if (!directory) printf(" %s", strerrorname_np(errno));
  int numbered = 0;
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    if (digits && strspn(entry->d_name, digits)) numbered++;
    else if (entry->d_name[0] != '.' && !digits) printf(" %s", entry->d_name);
  }
  if (digits) printf(" %d numbers", numbered);
  printf("\n");
  if (directory) closedir(directory);
}

// Where it is mounted, how, and what; not the numbers of the mounts, which are another sandbox's.
static void show_mounts(void) {
  char line[1024], point[256], options[256];
  FILE *file = fopen("/proc/self/mountinfo", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "%*d %*d %*s %*s %255s %255s", point, options) == 2)
      printf("mount: %s %s\n", point, options);
  if (file) fclose(file);
}

static void show_attributes(void) {
  int signal = -1, reaper = -1;
  prctl(PR_GET_PDEATHSIG, &signal);
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  mode_t mask = umask(0);
  printf("death signal %d, subreaper %d, timer slack %d, personality %d, securebits %d\n", signal,
         reaper, prctl(PR_GET_TIMERSLACK), (int)syscall(SYS_personality, ~0u),
         prctl(PR_GET_SECUREBITS));
  printf("nice %d, policy %d, processors %d, umask %o, alarm %u, leader %d, group %d\n",
         getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), CPU_COUNT(&set), mask, alarm(0),
         getsid(0) == getpid(), getpgrp() == getpid());
}

// Everything a program can see of what others left it. Nothing in this text may differ from one run
// to the next, whoever ran in between.
static void show_surroundings(void) {
  static const char *const status[] = {
      "Umask", "Uid", "Gid", "Groups", "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "Cap",
      "NoNewPrivs", "Seccomp", "THP_enabled", "Threads"};
  static const char *const everything[] = {""};
  show_directory("/box", NULL);
  show_directory("/tmp", NULL);
  show_directory("/var/tmp", NULL);
  show_directory("/dev", NULL);
  show_directory("/dev/shm", NULL);
  show_directory("/proc", "0123456789");
  show_directory("/proc/self/fd", "0123456789");
  show_lines("/proc/self/status", status, COUNT(status));
  show_lines("/proc/self/limits", everything, 1);
  show_lines("/proc/self/oom_score_adj", everything, 1);
  show_lines("/proc/sysvipc/shm", everything, 1);
  show_lines("/proc/sysvipc/sem", everything, 1);
  show_lines("/proc/sysvipc/msg", everything, 1);
  show_lines("/proc/net/unix", everything, 1);
  show_attributes();
  show_mounts();
  for (char **e = environ; *e; e++) printf("environment: %s\n", *e);
}

// Shows its surroundings, does a known amount of work, and tells on standard error how much CPU time
// that took by its own clock, in nanoseconds.
PROGRAM(honest) {
  show_surroundings();
  char line[64] = "";
  if (!fgets(line, sizeof line, stdin)) return 2;
  int file = open("/box/answer", O_CREAT | O_EXCL | O_RDWR, 0600);
  int ends[2];
  say("file", file);
  say("pipe", pipe(ends));
  say("pipe size", fcntl(ends[0], F_SETPIPE_SZ, 1 << 18));
  say("fork", waitpid(fork() ?: (_exit(0), 0), NULL, 0));
  printf("input: %s", line);
  touch(number);
  spin(20);
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  fprintf(stderr, "%ld\n", t.tv_sec * 1000000000l + t.tv_nsec);
  return 0;
}
