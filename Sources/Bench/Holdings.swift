internal import Foundation
internal import Glibc
internal import Sandbox

/// What this process and the kernel hold on account of sandboxes, at one moment.
struct Holdings {
  var rows: [(name: String, value: Int, unit: BenchPage.Unit)]

  static func count(host: SandboxHost) -> Holdings {
    Holdings(rows: [
      ("descriptors", names("/proc/self/fd").count, .count),
      ("memory of this process", residentBytes(), .bytes),
      ("child processes", children(), .count),
      ("mounts", lines("/proc/self/mountinfo"), .count),
      ("directories in the state directory", names(host.stateDirectory).count, .count),
      ("control groups of ours", host.leafCount, .count),
      ("control groups of the kernel", kernelGroups(), .count),
    ])
  }

  private static func names(_ path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  private static func lines(_ path: String) -> Int { text(path).split(separator: "\n").count }

  private static func residentBytes() -> Int {
    let fields = text("/proc/self/statm").split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  private static func children() -> Int {
    names("/proc/self/task").reduce(0) { sum, thread in
      sum + text("/proc/self/task/\(thread)/children").split(separator: " ").count
    }
  }

  /// Memory control groups the kernel still has, those that were removed and whose pages are still
  /// around included.
  private static func kernelGroups() -> Int {
    let row = text("/proc/cgroups").split(separator: "\n").first { $0.hasPrefix("memory\t") }
    let fields = (row ?? "").split(separator: "\t")
    return fields.count > 2 ? Int(fields[2]) ?? 0 : 0
  }
}
