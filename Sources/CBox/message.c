#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "box.h"

union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(BOX_DESCRIPTORS_MAX * sizeof(int))];
};

int message_receive(int socket, struct message *message) {
  struct iovec parts[2] = {{&message->request, sizeof message->request},
                           {message->text, BOX_TEXT_MAX}};
  union control control;
  struct msghdr header = {.msg_iov = parts,
                          .msg_iovlen = 2,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
  ssize_t size;
  do size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  message->descriptor_count = 0;
  if (size <= 0) return 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(message->descriptors, CMSG_DATA(c), count * sizeof(int));
    message->descriptor_count = (int)count;
  }
  const struct box_request *request = &message->request;
  if ((size_t)size < sizeof *request || request->protocol != BOX_PROTOCOL ||
      request->text_length != (size_t)size - sizeof *request ||
      (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
    return -1;
  message->text[request->text_length] = 0;
  return 1;
}

void message_close_descriptors(struct message *message) {
  for (int i = 0; i < message->descriptor_count; i++)
    if (message->descriptors[i] >= 0) close(message->descriptors[i]);
  message->descriptor_count = 0;
}

bool reply_send(int socket, const struct box_reply *reply, int descriptor) {
  struct iovec part = {(void *)reply, sizeof *reply};
  union control control;
  memset(&control, 0, sizeof control);
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) == (ssize_t)sizeof *reply;
}
