// Sockets of a run that outlive it.
//
// A program may send a UNIX socket into that socket's own queue and end. Nobody holds it then and
// nobody can close it; the kernel finds such circles only after some other UNIX socket was closed,
// and in a thread of its own. Until then its name can be read in /proc/net/unix, which lets one run
// tell the next what it has seen, and whatever is in the circle stays in memory, charged to a leaf
// that is gone: run by run that would add up.
//
// So after each run the network namespace is looked at, in which nobody else has any socket (ours to
// the worker was made outside). That costs one read. Only when something is there we close a socket
// to make the kernel search, and wait until it has.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "box.h"

// In milliseconds. The search takes microseconds; the machine may be busy.
enum { PATIENCE = 10 * 1000 };

int sockets_open_table(void) { return open("/proc/net/unix", O_RDONLY | O_CLOEXEC); }

// The table is a line of headings, then a line per socket.
static bool is_empty(int table) {
  char text[512];
  ssize_t size;
  do size = pread(table, text, sizeof text, 0);
  while (size < 0 && errno == EINTR);
  return size > 0 && memchr(text, '\n', (size_t)size) == text + size - 1;
}

bool sockets_are_gone(int table) {
  for (int i = 0; !is_empty(table); i++) {
    if (i == PATIENCE) return false;
    int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (other >= 0) close(other);
    nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
  }
  return true;
}
