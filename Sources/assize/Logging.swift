import ArgumentParser
import Foundation
import Logging

/// How much the long-running commands tell.
struct LogOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How much to log on standard error: debug, info, notice, warning or error.",
      valueName: "level"),
    transform: Self.level)
  var logLevel = Logger.Level.notice

  private static func level(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text) else {
      throw ValidationError("it must be debug, info, notice, warning or error")
    }
    return level
  }

  func logger(_ label: String) -> Logger {
    var logger = Logger(label: label) { _ in LineLogHandler() }
    logger.logLevel = logLevel
    return logger
  }
}

/// One line for each entry on standard error: time (UTC), level, what, and the particulars by name.
struct LineLogHandler: LogHandler {
  var logLevel = Logger.Level.notice
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var line = String(
      format: "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
      parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1_000_000)
    let level = event.level.rawValue
    line += " \(level)\(String(repeating: " ", count: max(0, 8 - level.count))) "
    // Names of workers and the like come from the network.
    line += terminalSafe(event.message.description)
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for key in all.keys.sorted() {
      if let value = all[key] { line += "  \(key)=\(Self.quoted(terminalSafe("\(value)")))" }
    }
    printToStandardError(line)
  }

  private static func quoted(_ value: String) -> String {
    value.isEmpty || value.contains(" ") || value.contains("\"")
      ? "\"\(value.replacingOccurrences(of: "\"", with: "\\\""))\"" : value
  }
}
