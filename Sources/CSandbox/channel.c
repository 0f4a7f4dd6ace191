#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "CSandbox.h"

union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(BOX_DESCRIPTORS_MAX * sizeof(int32_t))];
};

int32_t assize_socket_pair(int32_t out[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) == 0 ? 0 : -errno;
}

int32_t assize_send(int32_t socket, const struct box_request *request, const void *text,
                    size_t text_length, const int32_t *descriptors, size_t descriptor_count) {
  if (text_length > BOX_TEXT_MAX) return -E2BIG;
  if (descriptor_count > BOX_DESCRIPTORS_MAX) return -EINVAL;
  struct box_request full = *request;
  full.protocol = BOX_PROTOCOL;
  full.text_length = (uint32_t)text_length;
  struct iovec parts[2] = {{&full, sizeof full}, {(void *)text, text_length}};
  struct msghdr header = {.msg_iov = parts, .msg_iovlen = text_length ? 2 : 1};
  union control control;
  memset(&control, 0, sizeof control);
  if (descriptor_count) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int32_t));
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int32_t));
    memcpy(CMSG_DATA(c), descriptors, descriptor_count * sizeof(int32_t));
  }
  ssize_t sent;
  do sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

int32_t assize_receive(int32_t socket, struct box_reply *reply, int32_t *descriptor) {
  struct iovec part = {reply, sizeof *reply};
  union control control;
  struct msghdr header = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
  *descriptor = -1;
  ssize_t size;
  do size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size == 0 || (size < 0 && errno == ECONNRESET)) return -EPIPE;
  if (size < 0) return -errno;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(int32_t)))
      memcpy(descriptor, CMSG_DATA(c), sizeof(int32_t));
  if (size == (ssize_t)sizeof *reply && reply->protocol == BOX_PROTOCOL) return 0;
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
  return -EPROTO;
}

int32_t assize_wait_readable(int32_t descriptor, int32_t timeout_ms) {
  struct pollfd wait = {descriptor, POLLIN, 0};
  int ready = poll(&wait, 1, timeout_ms);
  // An interrupted wait counts as a short one: callers keep their own deadline.
  if (ready < 0) return errno == EINTR ? 0 : -errno;
  return ready > 0;
}

int32_t assize_memory_file(void) {
  int file = memfd_create("data", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -errno;
  // The seal keeps a holder of a writable descriptor from cutting what is written already.
  if (fchmod(file, 0400) == 0 && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
    return file;
  int error = errno;
  close(file);
  return -error;
}

// A program may open what it was given once more, by way of /dev/stdin or /dev/stdout, and some do.
// As it is not the owner, the permission bits decide in which direction. Memory files are made with
// mode 0777, under which a program could read what it wrote or change its input.
static int32_t reopen(int32_t descriptor, mode_t mode, int flags) {
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  if (fchmod(descriptor, mode) != 0) return -errno;
  int file = open(path, flags | O_CLOEXEC);
  return file < 0 ? -errno : file;
}

int32_t assize_reopen_for_reading(int32_t descriptor) { return reopen(descriptor, 0444, O_RDONLY); }

int32_t assize_reopen_for_appending(int32_t descriptor) {
  return reopen(descriptor, 0222, O_WRONLY | O_APPEND);
}

static int32_t open_plain(const char *path, int flags) {
  int file = open(path, flags | O_CLOEXEC | O_NOFOLLOW);
  return file < 0 ? -errno : file;
}

int32_t assize_open_for_reading(const char *path) { return open_plain(path, O_RDONLY); }

int32_t assize_open_for_writing(const char *path) { return open_plain(path, O_WRONLY); }

int32_t assize_open_directory(const char *path) { return open_plain(path, O_RDONLY | O_DIRECTORY); }
