// More output than anybody wants to read.
#include "program.h"
#include <sys/sendfile.h>

static char block[65536];

static void flood(int descriptor) {
  while (write(descriptor, block, sizeof block) > 0) {}
}

PROGRAM(flood) {
  flood(number);
  return 0;
}

PROGRAM(stubborn_flood) {
  signal(SIGXFSZ, SIG_IGN);
  flood(number);
  sleep_forever();
}

// Children flood in turn; each that is killed for it is replaced.
PROGRAM(flood_by_children) {
  for (;;) {
    if (fork() == 0) flood(1);
    wait(NULL);
  }
}

PROGRAM(file_flood) {
  flood(open("/box/big", O_CREAT | O_WRONLY, 0600));
  return 0;
}

// A file is as long as its last byte, however little is written.
PROGRAM(sparse_file) {
  int file = open("/box/sparse", O_CREAT | O_WRONLY, 0600);
  lseek(file, 1l << 40, SEEK_SET);
  return write(file, "x", 1) == 1;
}

PROGRAM(stretched_output) {
  return ftruncate(1, 1l << 40) == 0;
}

// The same beyond the end of standard output, where it would not show in the file's size.
PROGRAM(reserved_output) {
  for (off_t at = 0;; at += 1 << 20)
    if (fallocate(1, FALLOC_FL_KEEP_SIZE, at, 1 << 20) != 0) break;
  say("fallocate", -1);
  return 0;
}

// The kernel copies, once the file is made to allow that.
PROGRAM(sent_output) {
  int file = open("/box/source", O_CREAT | O_RDWR, 0600);
  if (write(file, block, sizeof block) != sizeof block) return 1;
  fcntl(1, F_SETFL, 0);
  for (off_t at = 0; sendfile(1, file, &at, sizeof block) > 0; at = 0) {}
  say("sendfile", -1);
  return 0;
}

PROGRAM(mapped_output) {
  say("map", mmap(NULL, 1 << 30, PROT_WRITE, MAP_SHARED, 1, 0) == MAP_FAILED ? -1 : 0);
  say("map input", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, 0, 0) == MAP_FAILED ? -1 : 0);
  return 0;
}

PROGRAM(stream_games) {
  char b[1];
  puts("first");
  fflush(stdout);
  say("truncate", ftruncate(1, 0));
  say("read", read(1, b, 1));
  say("reopen", open("/proc/self/fd/1", O_RDONLY));
  say("reopen for writing", open("/dev/stdout", O_WRONLY));
  say("reopen stdin", open("/dev/stdin", O_RDONLY));
  say("reopen stdin for writing", open("/proc/self/fd/0", O_WRONLY));
  say("write stdin", write(0, "x", 1));
  say("truncate stdin", ftruncate(0, 0));
  say("chmod stdin", fchmod(0, 0777));
  say("link stdin", linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "/box/in", AT_SYMLINK_FOLLOW));
  say("owner of stdin", fchown(0, getuid(), getuid()));
  say("unseal", fcntl(1, 1033 /* F_ADD_SEALS */, 0x10 /* F_SEAL_FUTURE_WRITE */));
  return 0;
}

// Whatever descriptors there may be; then nothing is left to say a word with.
PROGRAM(closed_streams) {
  syscall(SYS_close_range, 0u, ~0u, 0u);
  return number;
}
