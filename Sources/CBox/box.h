// What the files of assize-box share. It is built static and links nothing but libc.
#ifndef ASSIZE_BOX_H
#define ASSIZE_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../CSandbox/include/box_protocol.h"

// One sandbox, as its pid 1 knows it.
struct box {
  int socket;
  int program;  // directory descriptor of /app
  int scratch;  // directory descriptor of /box
  int sockets;  // the table of sockets of our network namespace
  uid_t builder;
  uid_t runner;
  unsigned mode;  // enum box_mode
  bool sealed;
  int processors;  // that runs may use
  int niceness;    // of runs; pid 1's own is lower
  char *stack;        // where a vforked child stands, its top end
  int *child_report;  // shared with the child until it executes: {errno, stage}
};

// A received request; `text` is always ended by a NUL that is not counted.
struct message {
  struct box_request request;
  int descriptors[BOX_DESCRIPTORS_MAX];
  int descriptor_count;
  char text[BOX_TEXT_MAX + 1];
};

int launch_main(int argc, char **argv);
int init_main(int argc, char **argv);

// message.c
// 1: a whole message; 0: the worker is gone; -1: not a message of this protocol.
int message_receive(int socket, struct message *message);
void message_close_descriptors(struct message *message);
bool reply_send(int socket, const struct box_reply *reply, int descriptor);

// files.c: each returns 0 or an errno and sets *stage.
int files_put(const struct box *box, const struct message *message, uint32_t *stage);
int files_make_directory(const struct box *box, const struct message *message, uint32_t *stage);
int files_open(const struct box *box, const struct message *message, uint32_t *stage, int *out);

// wipe.c: empties the directory behind a descriptor; entries removed, or -1.
int wipe_directory(int root);

// sockets.c
int sockets_open_table(void);
// False when the sockets of a run are still there after a long wait.
bool sockets_are_gone(int table);

// policy.c
enum policy_kind {
  POLICY_FULL,        // every rule
  POLICY_INHERITED,   // what pid 1 can live with; all runs inherit it for nothing
  POLICY_REMAINDER    // what POLICY_INHERITED had to leave out
};
// Installs a filter on the calling thread. 0 or an errno. no_new_privs must be set.
int policy_install(enum policy_kind kind, unsigned mode);

// run.c
void run_program(struct box *box, struct message *message, struct box_reply *reply);
// Makes /app read-only, installs the inherited filter and drops CAP_SYS_ADMIN. 0 or an errno.
int seal_program(struct box *box);

#endif
