public import JudgeModel

/// What an old system's judgement says, in our terms.
public enum OldOutcome: Hashable, Sendable {
  case verdict(Verdict)
  /// Rejected, and the system does not say why (`RE`).
  case rejected
  /// No statement about the submission: still judging, a judge error, a matter for the staff.
  case none
  /// An id nobody knows, and the archive does not say whether it solves.
  case unknown
}

/// Reads the verdicts of other systems and compares them with ours.
///
/// **Rule of comparison.** An old system that has no word for a memory limit calls it a run-time
/// error, and that is not a change. So two verdicts are the same
///
/// 1. exactly, when the old system knows our verdict: its id, or one that means the same, is in
///    `judgement-types.json` or was given to some submission;
/// 2. otherwise after reduction to the words that every system has: `MLE` counts as `RTE`, `OLE` as
///    `WA`, on both sides.
///
/// An unexplained rejection (`RE`) is the same as every rejection. An old judgement that is no
/// statement about the submission compares with nothing, and neither does our judge error.
public struct VerdictMap: Sendable {
  private let types: [String: JudgementType]
  /// Verdicts that the old system has a word for.
  private let known: Set<Verdict>

  /// - Parameters:
  ///   - types: as the archive lists them, possibly none.
  ///   - used: ids that occur in its judgements.
  public init(types: [JudgementType], used: some Sequence<String>) {
    self.types = Dictionary(types.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var known: Set<Verdict> = []
    for id in types.map(\.id) + Array(used) {
      if case .verdict(let verdict)? = Self.standard(id) { known.insert(verdict) }
    }
    self.known = known
  }

  public init(_ reading: ContestReading) {
    self.init(types: reading.judgementTypes, used: reading.judgements.values.map(\.type))
  }

  public func outcome(of id: String) -> OldOutcome {
    if let outcome = Self.standard(id) { return outcome }
    guard let type = types[id] else { return .unknown }
    if type.solved { return .verdict(.accepted) }
    if let simplified = type.simplified, let outcome = Self.standard(simplified) { return outcome }
    return Self.standard(type.name) ?? .rejected
  }

  /// Whether an old outcome and our verdict say the same; nil when there is nothing to compare.
  public func isSame(_ old: OldOutcome, _ new: Verdict) -> Bool? {
    guard new != .judgeError else { return nil }
    switch old {
    case .none, .unknown: return nil
    case .rejected: return new != .accepted
    case .verdict(let verdict):
      return known.contains(new) ? verdict == new : verdict.reduced == new.reduced
    }
  }

  /// Whether the comparison with this verdict is made after reduction.
  public func isReduced(_ new: Verdict) -> Bool { !known.contains(new) }

  /// The meaning of an id, whoever uses it; nil for an unknown one. Covers the 33 types of the CLICS
  /// registry, the names DOMjudge has inside, PC²'s acronyms, Codeforces' words, and plain English in
  /// any case, which is what stands in tables made by hand.
  public static func standard(_ id: String) -> OldOutcome? {
    if let outcome = clics[id] { return outcome }
    let plain = String(id.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
    if let outcome = clics[plain.uppercased()] { return outcome }
    // PC² writes its rejections as "No - Wrong Answer".
    let words = plain.hasPrefix("no---") ? String(plain.dropFirst(5)) : plain
    return named[words]
  }

  private static let clics: [String: OldOutcome] = table([
    (.verdict(.accepted), "AC APE"),
    (.rejected, "RE"),
    (.verdict(.wrongAnswer), "WA PE EO IO NO IOF OFE"),
    (.verdict(.outputLimit), "OLE"),
    (.verdict(.timeLimit), "TLE WTL ILE TCO TWA TPE TEO TIO TNO"),
    (.verdict(.runtimeError), "RTE SV IF RCO RWA RPE REO RIO RNO"),
    (.verdict(.memoryLimit), "MLE"),
    (.verdict(.compileError), "CE CTL"),
    // JU and IE are DOMjudge's for "judging" and "import error".
    (.none, "JE SE CS JU IE"),
  ])

  private static let named: [String: OldOutcome] = table([
    (.verdict(.accepted), "ok yes correct accepted accepted---presentation-error"),
    (.rejected, "rejected incorrect partial challenged"),
    (
      .verdict(.wrongAnswer),
      "wrong-answer presentation-error output-format-error incorrect-output-format no-output "
        + "excessive-output incomplete-output wrong-output"
    ),
    (.verdict(.outputLimit), "output-limit output-limit-exceeded"),
    (
      .verdict(.timeLimit),
      "timelimit time-limit time-limit-exceeded timeout idleness-limit-exceeded "
        + "wallclock-time-limit-exceeded"
    ),
    (
      .verdict(.runtimeError),
      "run-error runtime-error run-time-error crashed security-violation security-violated "
        + "illegal-function restricted-function"
    ),
    (.verdict(.memoryLimit), "memory-limit memory-limit-exceeded"),
    (
      .verdict(.compileError),
      "compiler-error compile-error compilation-error compilation-error- "
        + "compile-time-limit-exceeded"
    ),
    (
      .none,
      "aborted import-error judging pending queued skipped testing judging-error "
        + "judge-error submission-error contact-staff other---contact-staff other"
    ),
  ])

  private static func table(_ rows: [(OldOutcome, String)]) -> [String: OldOutcome] {
    var out: [String: OldOutcome] = [:]
    for (outcome, ids) in rows {
      for id in ids.split(separator: " ") { out[String(id)] = outcome }
    }
    return out
  }
}
