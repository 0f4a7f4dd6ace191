import Foundation
import Testing

@testable import Sandbox

// What sandboxes must not leave on the machine. Everything is looked for by our uids, directories and
// names, because other tests and other people use the same machine.

extension Harness {
  static func isOurs(uid: Int) -> Bool { (uidBase..<uidBase + 100).contains(uid) }

  /// After a sandbox was closed.
  static func expectNothingLeft(of sandbox: ResidentSandbox, _ sourceLocation: SourceLocation) {
    expectNoTraces(sourceLocation)
    #expect(directoryNames(stateDirectory).isEmpty, sourceLocation: sourceLocation)
    rmdir(stateDirectory)
    #expect(leaves(of: sandbox).isEmpty, sourceLocation: sourceLocation)
  }

  /// At any time between two runs.
  static func expectNoTraces(_ sourceLocation: SourceLocation) {
    #expect(processes() == [], sourceLocation: sourceLocation)
    #expect(mounts() == [], sourceLocation: sourceLocation)
    #expect(systemVObjects() == [], sourceLocation: sourceLocation)
    #expect(files() == [], sourceLocation: sourceLocation)
    #expect(keys() == [], sourceLocation: sourceLocation)
    #expect(abstractSockets() == [], sourceLocation: sourceLocation)
  }

  /// Control groups of this sandbox that exist now.
  static func leaves(of sandbox: ResidentSandbox) -> [String] {
    guard let host = try? host.get(), let tree = host.tree else { return [] }
    let prefix = "\(RunLeaf.prefix)\(host.owner.text)-\(sandbox.serial)-"
    return tree.directories.flatMap { directory in
      directoryNames(directory).filter { $0.hasPrefix(prefix) }.map { "\(directory)/\($0)" }
    }
  }

  /// Those of the uids our slots may have, dead ones that nobody waited for among them.
  static func processes() -> [String] {
    directoryNames("/proc").filter { name in
      guard Int(name) != nil, let status = readText("/proc/\(name)/status") else { return false }
      let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") } ?? ""
      let uid = line.split(separator: "\t").dropFirst().first.flatMap { Int($0) } ?? 0
      return isOurs(uid: uid)
    }
  }

  private static func lines(_ path: String) -> [Substring] {
    (readText(path) ?? "").split(separator: "\n")
  }

  private static func mounts() -> [Substring] {
    lines("/proc/self/mountinfo").filter {
      $0.contains(stateDirectory) || $0.contains(" - tmpfs assize ")
    }
  }

  private static func systemVObjects() -> [Substring] {
    // Which column is the owner's uid.
    ["shm": 7, "sem": 4, "msg": 7].flatMap { kind, column in
      lines("/proc/sysvipc/\(kind)").filter { line in
        let fields = line.split(separator: " ")
        return fields.count > column && isOurs(uid: Int(fields[column]) ?? 0)
      }
    }
  }

  /// Shared memory and message queues are files too.
  private static func files() -> [String] {
    ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"].flatMap { directory in
      directoryNames(directory).map { "\(directory)/\($0)" }.filter { path in
        var information = stat()
        return lstat(path, &information) == 0 && isOurs(uid: Int(information.st_uid))
      }
    }
  }

  private static func keys() -> [Substring] {
    lines("/proc/key-users").filter { line in
      isOurs(uid: Int(line.prefix { $0 != ":" }.drop { $0 == " " }) ?? 0)
    }
  }

  private static func abstractSockets() -> [Substring] {
    lines("/proc/net/unix").filter { $0.contains("assize-hostile") }
  }
}
