// libzmq as Debian ships it (libzmq3-dev), and the two system calls that a reactor's thread
// needs and Swift's Glibc module leaves out. The package does not ask pkg-config: libzmq.pc lists an include
// path that SwiftPM refuses, and `link "zmq"` in the module map is enough.
#ifndef ASSIZE_CZEROMQ_H
#define ASSIZE_CZEROMQ_H

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

/// Names the calling thread; the kernel keeps the first 15 bytes.
static inline void czmq_name_this_thread(const char *name) {
  (void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
