// The conversation between a worker and the `assize-box` that is pid 1 of one of its sandboxes.
//
// It is held on one SOCK_SEQPACKET socket pair, so a message is a datagram: this fixed header, then
// `text_length` bytes of text. Descriptors travel beside it as SCM_RIGHTS, in the order each request
// names. Both ends run on one machine and come from one build, so fields are in host byte order and
// a disagreement about `protocol` ends the sandbox.
//
// The helper says hello once (kind BOX_HELLO), then answers every request except BOX_CANCEL with
// exactly one reply, in order. It trusts the worker and nothing else: by the time it touches a file
// an untrusted program may have made, that program and all its descendants are dead.
#ifndef ASSIZE_BOX_PROTOCOL_H
#define ASSIZE_BOX_PROTOCOL_H

#include <stdint.h>

enum {
  BOX_PROTOCOL = 2,
  // Longest text of one request: a path, or all arguments and environment strings of a run.
  BOX_TEXT_MAX = 64 * 1024,
  BOX_PATH_MAX = 1024,
  BOX_STRINGS_MAX = 1024,
  // Standard streams, three cgroup.procs, four counters: ten; some room to grow.
  BOX_DESCRIPTORS_MAX = 16
};

enum box_kind {
  BOX_HELLO = 1,
  // Text: relative path. Descriptor: the contents, read from offset 0 to its end.
  // Makes a new regular file (an existing name is EEXIST) and, like MKDIR, the missing parents.
  BOX_PUT = 2,
  // Text: relative path. Makes a directory; one that is there already is taken as it is.
  BOX_MKDIR = 3,
  // Text: relative path. The reply carries one O_RDONLY descriptor of a regular file.
  BOX_GET = 4,
  // Empties the scratch area.
  BOX_WIPE = 5,
  // Makes the program area read-only for the rest of the sandbox's life and gives up the right to
  // undo that. The first run as BOX_RUNNER does it unasked.
  BOX_SEAL = 6,
  // Text: `argument_count` strings, then `environment_count` strings, each ended by a NUL; the
  // first argument is the path to execute. Descriptors: standard input, output and error; then with
  // BOX_CGROUP_V1 the leaf's cgroup.procs files (writable) of memory, pids and cpuacct, with
  // BOX_CGROUP_V2 the leaf's directory; then the counter files named in `counters`, in bit order.
  BOX_RUN = 7,
  // Ends the run in progress. Without one it is ignored. Never answered.
  BOX_CANCEL = 8
};

enum box_area {
  BOX_PROGRAM = 1,  // /app: the compiled submission; lives as long as the sandbox
  BOX_SCRATCH = 2   // /box: working directory of a run; emptied after each
};

// Who owns a file, or under whose uid a program runs.
enum box_identity { BOX_ROOT = 1, BOX_BUILDER = 2, BOX_RUNNER = 3 };

// What `assize-box init` is told on its command line (sum of bits).
enum box_mode {
  BOX_CGROUP_V1 = 1,
  BOX_CGROUP_V2 = 2,
  // No cgroup: limits by rlimit alone, figures by rusage, and memfd_create is denied because
  // nothing would count its memory.
  BOX_DEGRADED = 4,
  // Programs stay on the processors they were given: sched_setaffinity is denied.
  BOX_PINNED = 8
};

enum box_run_flag {
  BOX_KEEP_SCRATCH = 1,
  // Without a cgroup, bound the address space by the memory limit.
  BOX_LIMIT_ADDRESS_SPACE = 2
};

// Counter files sent with a run. A kernel without one of them simply does not get its bit.
enum box_counter {
  BOX_COUNTER_CPU = 1,          // cpuacct.usage (ns) or cpu.stat (usage_usec)
  BOX_COUNTER_MEMORY_PEAK = 2,  // memory.max_usage_in_bytes or memory.peak
  BOX_COUNTER_OOM = 4,          // memory.oom_control or memory.events, line oom_kill
  BOX_COUNTER_PROCESSES = 8     // pids.events, line max
};

struct box_request {
  uint32_t protocol;           // BOX_PROTOCOL
  uint32_t kind;               // enum box_kind
  uint32_t area;               // PUT, MKDIR, GET: where the path begins; RUN: working directory
  uint32_t identity;           // PUT, MKDIR: owner; RUN: builder or runner
  uint32_t file_mode;          // PUT: permission bits (0777 at most); directories are 0755
  uint32_t flags;              // RUN: sum of box_run_flag
  uint32_t counters;           // RUN: sum of box_counter
  uint32_t argument_count;     // RUN: at least 1
  uint32_t environment_count;  // RUN
  uint32_t open_files;         // RUN: RLIMIT_NOFILE
  uint32_t processes;          // RUN: RLIMIT_NPROC, without a cgroup only
  uint32_t text_length;        // bytes after this header
  uint64_t run_number;         // RUN: chosen by the worker; CANCEL: the run that is meant
  uint64_t cpu_ns;             // RUN: ended when all its processes together used more
  uint64_t wall_ns;            // RUN: ended when it lasted longer
  uint64_t memory_bytes;       // RUN: limit of the leaf, or RLIMIT_AS without one
  uint64_t output_bytes;       // RUN: size no file may exceed
  uint64_t stack_bytes;        // RUN: RLIMIT_STACK; 0 leaves it unlimited
};

// Why the helper ended a run; the first reason counts.
enum box_stop {
  BOX_STOP_NONE = 0,  // it ended by itself (or by the kernel's OOM killer, see oom_kills)
  BOX_STOP_CPU = 1,
  BOX_STOP_WALL = 2,
  BOX_STOP_CANCELLED = 3,
  // Standard output or error outgrew output_bytes, or the program died of SIGXFSZ.
  BOX_STOP_OUTPUT = 4
};

// Where a request failed; with `error` it makes one sentence.
enum box_stage {
  BOX_STAGE_NONE = 0,
  BOX_STAGE_REQUEST = 1,   // malformed: a mistake of the worker's
  BOX_STAGE_PATH = 2,      // the path is refused, absent, or not of the kind asked for
  BOX_STAGE_COPY = 3,      // contents could not be copied
  BOX_STAGE_SEAL = 4,      // the program area could not be made read-only
  BOX_STAGE_WIPE = 5,      // files or sockets are left: the sandbox must not be used again
  BOX_STAGE_FORK = 6,      // no process could be made
  BOX_STAGE_CGROUP = 7,    // the process could not enter its leaf
  BOX_STAGE_LIMITS = 8,    // rlimit refused
  BOX_STAGE_IDENTITY = 9,  // uid or gid refused
  BOX_STAGE_FILTER = 10,   // seccomp refused
  BOX_STAGE_EXECUTE = 11   // execve: the program is absent, not executable or of unknown format
};

struct box_reply {
  uint32_t protocol;
  uint32_t kind;            // the request's kind, or BOX_HELLO
  int32_t error;            // errno, 0 when the request was carried out
  uint32_t stage;           // enum box_stage, with `error`
  int32_t wait_status;      // RUN: of the program itself, as wait(2) gives it
  uint32_t stop;            // RUN: enum box_stop
  uint32_t reaped;          // RUN: processes collected, the program itself among them
  uint32_t wiped;           // RUN, WIPE: files and directories removed from scratch
  uint64_t run_number;      // RUN: as asked
  uint64_t started_ns;      // RUN: CLOCK_MONOTONIC, just before the process was made
  uint64_t ended_ns;        // RUN: CLOCK_MONOTONIC, when it had ended or was told to
  uint64_t cpu_ns;          // RUN: all processes and threads; from the leaf, else from rusage
  uint64_t rusage_cpu_ns;   // RUN: the same by wait4 alone: a lower bound that can be cheated
  uint64_t memory_peak;     // RUN: bytes; from the leaf, else max_rss
  uint64_t max_rss;         // RUN: bytes; largest single process
  uint64_t oom_kills;       // RUN: processes in the leaf that an OOM killer ended
  // RUN: 1 if the leaf's own limit was reached. Kills without that are the doing of a limit further
  // up, or of a machine that ran out of memory.
  uint64_t limit_reached;
  uint64_t process_hits;    // RUN: forks refused by the leaf
  uint64_t blocks_read;     // RUN: 512-byte blocks that came from a disk, not from memory
};

#endif
