/// Something wrong with a contest archive: where, what, and what to do about it.
public struct Defect: Hashable, Sendable, CustomStringConvertible {
  public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// Read all the same; said because the archive's owner may want to mend it.
    case note
    /// One submission is not judged because of it.
    case skipped
    /// Nothing can be judged.
    case fatal
  }
  public var severity: Severity
  /// Path inside the archive.
  public var file: String
  /// Which object: `submission 17`, `line 3`; empty when it is the whole file.
  public var object: String
  /// Which property; empty when it is the whole object.
  public var field: String
  public var problem: String
  public var remedy: String

  public init(
    _ severity: Severity, file: String, object: String = "", field: String = "", problem: String,
    remedy: String
  ) {
    self.severity = severity
    self.file = file
    self.object = object
    self.field = field
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String {
    [file, object, field].filter { !$0.isEmpty }.joined(separator: ": ")
      + ": \(problem); \(remedy)"
  }
}

/// Collects defects and forgets none, but stops listing one by one where an archive is wrong
/// throughout: a hundred thousand lines help nobody.
struct DefectList {
  static let limit = 2000
  private(set) var listed: [Defect] = []
  private var unlisted = 0

  mutating func add(_ defect: Defect) {
    // Reasons for skipping are bounded by the number of submissions and always listed.
    if defect.severity == .note, listed.count >= Self.limit {
      unlisted += 1
    } else {
      listed.append(defect)
    }
  }

  mutating func note(
    _ file: String, _ object: String = "", _ field: String = "", _ problem: String,
    remedy: String
  ) {
    add(
      Defect(.note, file: file, object: object, field: field, problem: problem, remedy: remedy))
  }

  var all: [Defect] {
    guard unlisted > 0 else { return listed }
    return listed + [
      Defect(
        .note, file: "archive", problem: "\(unlisted) more notes of this kind are not listed",
        remedy: "mend those above first")
    ]
  }
}

/// Thrown when an archive holds nothing that can be judged. Carries everything that was found, so
/// that it can be mended in one go.
public struct ContestUnreadable: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var defects: [Defect]
  public init(path: String, defects: [Defect]) {
    self.path = path
    self.defects = defects
  }
  public var description: String {
    (["\(path): nothing in this contest can be judged"] + defects.map { "  \($0)" })
      .joined(separator: "\n")
  }
}
