import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  /// System calls: what is refused, how, and to whom. Builders before the program area is sealed and
  /// runners after it go through filters installed in different ways.
  @Suite(.serialized) struct Kernel {
    static let refusals: [(program: String, reasons: [String: [String]])] = [
      (
        "namespaces",
        [
          "EPERM": ["user", "mount", "pid", "net", "ipc", "uts", "cgroup"].flatMap {
            ["unshare \($0)", "clone \($0)"]
          } + ["setns"],
          "ENOSYS": ["clone3"],
        ]
      ),
      (
        "mounts",
        [
          "EPERM": ["mount", "remount", "bind", "umount", "chroot", "pivot_root"],
          "ENOSYS": ["open_tree", "move_mount", "fsopen", "fspick", "mount_setattr"],
        ]
      ),
      (
        "lasting_objects",
        [
          "ENOSYS": [
            "shmget", "semget", "msgget", "mq_open", "add_key", "request_key", "keyctl", "flock",
          ],
          "EPERM": ["F_SETLK", "F_GETLK", "F_OFD_SETLK", "F_SETLEASE", "F_NOTIFY"],
        ]
      ),
      (
        "kernel_surface",
        [
          "ENOSYS": [
            "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_setup", "fanotify_init",
            "memfd_secret",
          ],
          "EPERM": [
            "open_by_handle_at", "name_to_handle_at", "set_mempolicy", "mbind", "TIOCSTI",
            "TIOCSTI wide", "TIOCLINUX",
          ],
        ]
      ),
      (
        "machine",
        [
          "EPERM": [
            "reboot", "init_module", "kexec_load", "swapon", "quotactl", "acct", "syslog",
            "clock_settime", "adjtimex", "sethostname", "vhangup", "iopl", "ioperm", "modify_ldt",
            "sync", "syncfs", "PR_SET_THP_DISABLE",
          ]
        ]
      ),
      (
        "socket_families",
        [
          "ok": ["unix"],
          "EAFNOSUPPORT": [
            "inet", "inet6", "netlink", "packet", "alg", "vsock", "key", "can", "bluetooth",
            "tipc", "smc", "xdp", "rds", "inet wide", "inet pair",
          ],
        ]
      ),
    ]

    @Test(arguments: refusals.indices, [Identity.builder, .runner])
    func refused(row: Int, identity: Identity) throws {
      let (program, reasons) = Self.refusals[row]
      try attack(program, as: identity) { seen in
        #expect(seen.reasons == reasons)
        #expect(seen.report.exit == .exited(0))
      }
    }

    #if arch(x86_64)
      @Test(arguments: ["int80", "x32"], [Identity.builder, .runner])
      func foreignTablesKill(name: String, identity: Identity) throws {
        try attack(name, as: identity) { seen in
          #expect(seen.report.exit == .signalled(SIGSYS))
        }
      }
    #endif

    @Test func filterOfItsOwn() throws {
      try attack("own_filter") { seen in
        #expect(
          seen.reasons == [
            "ok": ["allow", "trace", "kill"], "EPERM": ["unshare"], "ENOSYS": ["nobody traces"],
          ])
        #expect(seen.report.exit == .signalled(SIGSYS))
      }
    }

    @Test func hoardOfFilters() throws {
      try attack("filter_hoard") { seen in
        #expect(seen.reasons == ["ENOMEM": ["filter"]])
        #expect(seen.report.exit == .exited(0))
      }
    }

    @Test func callThatIsNeverAnswered() throws {
      try attack("unanswered", limits: Harness.limits(wall: 2)) { seen in
        #expect(seen.reasons == ["ok": ["listener"]])
        #expect(seen.report.stop == .wallLimit)
        #expect(seen.report.reaped == 2)
      }
    }

    @Test func attributesOfItsOwn() throws {
      try attack("personality") { seen in
        #expect(
          seen.reasons == [
            "ok": [
              "personality", "umask", "slack", "batch", "nice 19", "more for OOM killer",
              "death signal",
            ]
          ])
        #expect(seen.report.exit == .exited(0))
      }
    }
  }
}
