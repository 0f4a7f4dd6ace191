// What Swift cannot say itself: starting a process with chosen descriptors, messages that carry
// descriptors (the CMSG macros are not importable), and memory files.
//
// Functions return a value >= 0, or -errno.
#ifndef ASSIZE_CSANDBOX_H
#define ASSIZE_CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "box_protocol.h"

// Starts `path`. Descriptors 0, 1 and 2 of the new process are the first three of `descriptors`,
// further ones follow as 3, 4, ...; no other descriptor is inherited, handlers and mask of signals
// are the defaults, and its memory is not copied, whatever the size of the caller's. Returns its pid
// and stores a descriptor of it; the error of a failed execve is returned here.
int32_t assize_spawn(const char *path, char *const arguments[], char *const environment[],
                     const int32_t *descriptors, size_t descriptor_count, int32_t *pidfd);

// Waits until the process has ended and collects it. Returns its wait status.
int32_t assize_wait(int32_t pidfd);
int32_t assize_kill(int32_t pidfd, int32_t signal);

// A connected pair of SOCK_SEQPACKET sockets.
int32_t assize_socket_pair(int32_t out[2]);
// Sends one request. Its `protocol` and `text_length` are filled in here.
int32_t assize_send(int32_t socket, const struct box_request *request, const void *text,
                    size_t text_length, const int32_t *descriptors, size_t descriptor_count);
// Receives one reply and a descriptor that may come with it (else -1). -EPIPE when the other end
// is gone, -EPROTO when it is of another build.
int32_t assize_receive(int32_t socket, struct box_reply *reply, int32_t *descriptor);
// 1 when `socket` is readable or at its end, 0 when `timeout_ms` has passed.
int32_t assize_wait_readable(int32_t descriptor, int32_t timeout_ms);

// A file in memory that can only grow, closed to other users than root.
int32_t assize_memory_file(void);
// The same file again, under a descriptor with its own offset and rights. From then on other users
// too may open it in that direction, and only in that.
int32_t assize_reopen_for_reading(int32_t descriptor);
int32_t assize_reopen_for_appending(int32_t descriptor);

// Opens an existing file or directory without following a final link.
int32_t assize_open_for_reading(const char *path);
int32_t assize_open_for_writing(const char *path);
int32_t assize_open_directory(const char *path);

// A wait status taken apart, which C does with macros.
int32_t assize_exit_code(int32_t status);    // -1 when it was ended by a signal
int32_t assize_exit_signal(int32_t status);  // 0 when it ended by itself

#endif
