// Memory in all the places where a program can put it.
#include "program.h"

static char block[1 << 20];

static void *map(size_t bytes, int flags, int file) {
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, file, 0);
}

static void touch_pages(char *memory, size_t bytes, size_t step) {
  for (size_t i = 0; i < bytes; i += step) memory[i] = 1;
}

PROGRAM(child_hog) {
  if (fork() == 0) {
    touch(number);
    _exit(0);
  }
  wait(NULL);
  return 0;
}

// Ten children of 100 MB each, at the same time; whoever survives stays.
PROGRAM(ten_children) {
  for (int i = 0; i < 10; i++) {
    if (fork() > 0) continue;
    touch(100);
    sleep_forever();
  }
  wait(NULL);
  return 0;
}

static void fill_memory_files(void) {
  signal(SIGXFSZ, SIG_IGN);
  for (;;) {
    int file = memfd_create("hog", 0);
    if (file < 0) return say("memfd_create", file);
    for (int i = 0; i < 16; i++)
      if (write(file, block, sizeof block) < 0) return say("write", -1);
  }
}

// Memory that belongs to files, so that the process that is killed for it looks innocent.
PROGRAM(memory_files) {
  fill_memory_files();
  return 0;
}

// Many hold the file: killing one frees nothing.
PROGRAM(memory_file_heirs) {
  int file = memfd_create("heirloom", 0);
  for (int i = 0; i < 8; i++)
    if (fork() == 0) sleep_forever();
  for (;;)
    if (write(file, block, sizeof block) < 0) fill_memory_files();
}

PROGRAM(scratch_hog) {
  for (int i = 0;; i++) {
    char name[32];
    sprintf(name, "/box/%d", i);
    int file = open(name, O_CREAT | O_WRONLY, 0600);
    for (int k = 0; k < 32; k++)
      if (write(file, block, sizeof block) != sizeof block) {
        say("write", -1);
        return 0;
      }
    close(file);
  }
}

// No write: the pages of a sparse file come into being under a pointer.
PROGRAM(mapped_file) {
  size_t bytes = (size_t)number << 20;
  int file = open("/box/sparse", O_CREAT | O_RDWR, 0600);
  if (ftruncate(file, bytes) != 0) return 1;
  touch_pages(map(bytes, MAP_SHARED, file), bytes, 4096);
  return 0;
}

PROGRAM(shared_zero) {
  size_t bytes = 1ul << 30;
  touch_pages(map(bytes, MAP_SHARED, open("/dev/zero", O_RDWR)), bytes, 4096);
  return 0;
}

static void fill(int descriptor) {
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  while (write(descriptor, block, 65536) > 0) {}
}

PROGRAM(pipes) {
  for (int ends[2]; pipe(ends) == 0;) {
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    fill(ends[1]);
  }
  say("pipe", -1);
  return 0;
}

PROGRAM(sockets) {
  int size = 16 << 20;
  for (int ends[2]; socketpair(AF_UNIX, number, 0, ends) == 0;)
    for (int i = 0; i < 2; i++) {
      setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
      fill(ends[i]);
    }
  say("socketpair", -1);
  return 0;
}

static long send_descriptor(int socket, int descriptor) {
  char space[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {"x", 1};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space,
                          .msg_controllen = sizeof space};
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  *c = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  return sendmsg(socket, &header, MSG_DONTWAIT);
}

// Descriptors on their way count for nobody's limit of open files: a chain of sockets, each inside
// the next, and each with a full buffer. The last holds itself.
PROGRAM(passed_sockets) {
  int before = -1, ends[2];
  for (int i = 0; i < number; i++) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
    fill(ends[1]);
    if (before >= 0 && send_descriptor(ends[0], before) < 0) {
      say("send", -1);
      return 0;
    }
    close(ends[0]);
    if (before >= 0) close(before);
    before = ends[1];
  }
  return 0;
}

// The kernel copies arguments before it looks whether they fit.
PROGRAM(long_arguments) {
  size_t count = 3000, length = 100000;
  char *word = malloc(length + 1);
  memset(word, 'a', length);
  word[length] = 0;
  char **arguments = calloc(count + 1, sizeof *arguments);
  arguments[0] = "program";
  arguments[1] = "exit";
  arguments[2] = "7";
  for (size_t i = 3; i < count; i++) arguments[i] = word;
  say("300 MB", execv("/proc/self/exe", arguments));
  arguments[50] = NULL;
  say("5 MB", execv("/proc/self/exe", arguments));
  return 1;
}

static int recurse(int depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

// Down to so many megabytes of stack.
PROGRAM(recursion) {
  volatile int sum = recurse(number * 256);
  return 0;
}

// Pages from a pool of the machine's that memory limits do not know of.
PROGRAM(pool_of_huge_pages) {
  void *memory = map(2 << 20, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
  say("MAP_HUGETLB", memory == MAP_FAILED ? -1 : 0);
  say("MFD_HUGETLB", memfd_create("huge", MFD_HUGETLB));
  return 0;
}

// One byte in each of 512 stretches of 2 MB: with huge pages that would be a gigabyte.
PROGRAM(huge_pages) {
  size_t bytes = 1ul << 30;
  char *memory = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  madvise(memory, bytes, MADV_HUGEPAGE);
  touch_pages(memory, bytes, 2 << 20);
  return 0;
}

PROGRAM(locked_memory) {
  void *memory = map(1 << 20, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  say("mlock", mlock(memory, 1 << 20));
  say("mlock2", syscall(SYS_mlock2, memory, 1 << 20, 1));
  say("mlockall", mlockall(MCL_CURRENT | MCL_FUTURE));
  say("MAP_LOCKED", map(4096, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1) == MAP_FAILED ? -1 : 0);
  return 0;
}

PROGRAM(untouched) {
  say("64 GiB", map(1ul << 36, MAP_PRIVATE | MAP_ANONYMOUS, -1) == MAP_FAILED ? -1 : 0);
  return 0;
}

// Reads one byte of each 2 MB: the pages are all the one page of zeros, the tables are not.
PROGRAM(page_tables) {
  size_t bytes = 1ul << 42;
  volatile char *memory = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1), sum = 0;
  if (memory == MAP_FAILED) return 1;
  for (size_t i = 0; i < bytes; i += 2 << 20) sum += memory[i];
  return 0;
}

// Kernel memory behind attributes of files.
PROGRAM(attributes) {
  static char value[60000];
  char name[64];
  for (int i = 0; i < 4000; i++) {
    sprintf(name, "/box/%d", i);
    close(open(name, O_CREAT | O_WRONLY, 0600));
    for (int k = 0; k < 20; k++) {
      char attribute[32];
      sprintf(attribute, "user.%d", k);
      if (syscall(SYS_setxattr, name, attribute, value, sizeof value, 0) != 0) break;
    }
  }
  return 0;
}

// Opens files until it may not.
PROGRAM(open_files) {
  int count = 3;
  while (open("/dev/null", O_RDONLY) >= 0) count++;
  say("open", -1);
  printf("count: %d\n", count);
  return 0;
}

// Large pipes are a budget that the machine gives to each user.
PROGRAM(large_pipes) {
  int granted = 0;
  for (int ends[2]; pipe(ends) == 0;)
    if (fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 0) granted++;
  say("pipe", -1);
  printf("bounded: %s\n", granted > 0 ? "ok" : "no");
  fflush(stdout);
  if (number) sleep_forever();
  return 0;
}
