import ArgumentParser
import Foundation
import Messages
import SchedulerClient

/// Where things are when nobody says otherwise.
enum DefaultPaths {
  /// Scheduler state: of the machine for root, of the user otherwise.
  static var state: String {
    geteuid() == 0 ? "/var/lib/assize" : home + "/.local/state/assize"
  }
  static let cache = "/var/cache/assize"

  private static var home: String {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
    return home.isEmpty ? "/tmp" : home
  }
}

/// Finds the join line: it names the scheduler and holds the secret that lets one in.
enum JoinLines {
  static let variable = "ASSIZE_JOIN"

  /// - Parameter text: a join line, or `@` and the file that holds it.
  static func read(_ text: String) throws -> JoinLine {
    guard text.hasPrefix("@") else { return try JoinLine(parsing: trimmed(text)) }
    return try read(file: String(text.dropFirst()))
  }

  static func read(file path: String) throws -> JoinLine {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let reason = access(path, R_OK) == 0 ? "not text" : String(cString: strerror(errno))
      throw CommandFailure(
        "cannot read the join line from \(path): \(reason); name the file that `assize scheduler` "
          + "wrote, or a copy of it")
    }
    do {
      return try JoinLine(parsing: trimmed(text))
    } catch {
      throw CommandFailure("\(path)", error)
    }
  }

  /// What was given, else what the environment says.
  static func find(_ given: String?) throws -> JoinLine? {
    if let given { return try read(given) }
    guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else {
      return nil
    }
    do {
      return try read(text)
    } catch {
      throw CommandFailure("$\(variable)", error)
    }
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The option by which every command that asks a scheduler finds it.
struct JoinOption: ParsableArguments {
  @Option(
    name: [.customLong("scheduler"), .customLong("join")],
    help: ArgumentHelp(
      "Which scheduler: its join line, or @FILE with the line in it. Default: $ASSIZE_JOIN, else "
        + "the scheduler of this machine.",
      valueName: "line|@file"))
  var join: String?

  func line() throws -> JoinLine {
    if let line = try JoinLines.find(join) { return line }
    let path = DefaultPaths.state + "/join"
    guard access(path, F_OK) == 0 else {
      throw CommandFailure(
        "no scheduler named and none runs here (there is no \(path)): give its join line with "
          + "--scheduler or in $\(JoinLines.variable)")
    }
    return try JoinLines.read(file: path)
  }

  /// Runs `body` with a connection to the scheduler.
  func connected<Result>(_ body: (SchedulerClient) async throws -> Result) async throws -> Result {
    let client = try SchedulerClient(
      line(), programVersion: Assize.programVersion, onNews: { warn($0) })
    do {
      try await client.connect()
      let result = try await body(client)
      await client.close()
      return result
    } catch {
      await client.close()
      throw error
    }
  }
}
