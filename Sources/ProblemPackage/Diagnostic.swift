/// One finding about a package, in the form that editors and build logs know how to follow.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  public enum Severity: String, Hashable, Sendable {
    /// The package cannot be judged with until this is changed.
    case error
    /// Judged, but perhaps not as the author meant.
    case warning
  }
  public var severity: Severity
  /// Relative to the package; empty for the package itself.
  public var path: String
  /// From 1; nil where no line can be named.
  public var line: Int?
  /// What is wrong and what to do about it.
  public var message: String

  public init(_ severity: Severity, _ path: String, line: Int? = nil, _ message: String) {
    self.severity = severity
    self.path = path
    self.line = line
    self.message = message
  }

  public var description: String {
    let place = (path.isEmpty ? "." : path) + (line.map { ":\($0)" } ?? "")
    return "\(place): \(severity.rawValue): \(message)"
  }
}

/// Collects findings while a package is read, so that a setter sees all of them at once.
package final class Findings {
  private var kept: [Diagnostic] = []
  /// Findings beyond the limit, which are counted only.
  private var dropped = 0
  private var seen: Set<Diagnostic> = []
  /// A broken generator can produce one finding per testcase; nobody reads more than this.
  static let limit = 500

  package init() {}

  /// What was found, and last how much of it is not listed.
  package var all: [Diagnostic] {
    guard dropped > 0 else { return kept }
    return kept + [
      Diagnostic(
        .warning, "",
        "\(dropped) more findings are not listed; mend these and check again")
    ]
  }

  package var hasErrors: Bool { kept.contains { $0.severity == .error } }

  package func error(_ path: String, line: Int? = nil, _ message: String) {
    add(Diagnostic(.error, path, line: line, message))
  }
  package func warning(_ path: String, line: Int? = nil, _ message: String) {
    add(Diagnostic(.warning, path, line: line, message))
  }

  private func add(_ diagnostic: Diagnostic) {
    // The same flags are read once per testcase that inherits them.
    guard seen.insert(diagnostic).inserted else { return }
    if kept.count < Self.limit {
      kept.append(diagnostic)
    } else if diagnostic.severity == .error, !hasErrors {
      kept.append(diagnostic)
    } else {
      dropped += 1
    }
  }
}
