internal import Foundation
internal import Messages

/// Reads how busy this machine is. Anything that cannot be read is 0: a report, not a decision.
enum MachineLoad {
  static func read(cacheDirectory: String) -> LoadReport {
    var report = LoadReport()
    var averages = [0.0]
    if getloadavg(&averages, 1) == 1 { report.loadThousandths = Int64(averages[0] * 1000) }
    report.processors = Int32(clamping: ProcessInfo.processInfo.activeProcessorCount)
    let memory = memoryInfo()
    report.memoryTotalBytes = memory["MemTotal"] ?? 0
    report.memoryAvailableBytes = memory["MemAvailable"] ?? 0
    var disk = statvfs()
    if statvfs(cacheDirectory, &disk) == 0 {
      let (bytes, overflow) = Int64(clamping: disk.f_bavail).multipliedReportingOverflow(
        by: Int64(clamping: disk.f_frsize))
      report.diskFreeBytes = overflow ? .max : bytes
    }
    return report
  }

  /// Bytes by name, from lines like `MemTotal:  16384 kB`.
  private static func memoryInfo() -> [String: Int64] {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else {
      return [:]
    }
    var values: [String: Int64] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " })
      if parts.count >= 2, let kibibytes = Int64(parts[1]) {
        values[String(parts[0])] = kibibytes << 10
      }
    }
    return values
  }
}
