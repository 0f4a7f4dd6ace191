import Grading
import JudgeModel

/// A judging's plan as one slot walks it while others may help.
///
/// Testcases that are given away are run by others from their beginning. Once this slot has nothing of
/// its own to do it does not stand by: it takes back, from the end, what cannot have been begun there,
/// and what may have been when it has heard nothing for longer than that takes. So both ends meet, and a
/// judging never waits for a worker that is slower than this one, or gone.
struct SharedPlan {
  private var plan: JudgingPlan
  private let sharing: CaseSharing?
  /// Those that count, in the order in which they came.
  private var runs: [Run] = []
  /// Testcases that are with others, in order, and with how many others at most.
  private var shared: [Int32] = []
  private var parts = 0
  /// What this slot has run itself, and how long that took.
  private var ownRuns: Int64 = 0
  private var ownTime = Duration.zero
  /// When others were last heard of.
  private var lastHeard = ContinuousClock.now
  private var lastReport: ContinuousClock.Instant?

  /// What is left changes slowly, and counting it takes a look at every testcase.
  private static let reportEvery = Duration.milliseconds(500)
  /// For messages on their way.
  private static let margin = Duration.seconds(1)

  init(_ plan: JudgingPlan, _ sharing: CaseSharing?) {
    self.plan = plan
    self.sharing = sharing
  }

  /// In judging order.
  var runVector: [Run] { runs.sorted { $0.ordinal < $1.ordinal } }

  func scoring(ordinal: Int32) -> CaseScoring { plan.scoring(ordinal: ordinal) ?? .none }

  mutating func recordGrade(_ group: String, _ answer: GraderAnswer?) {
    plan.recordGrade(group: group, answer)
  }

  /// Takes a run of this slot. A shared testcase that was taken back may have come after all: then the
  /// other run stands, and this one is as if it had not been.
  mutating func record(_ run: Run, took: Duration, _ onRun: (Run) -> Void) {
    ownRuns += 1
    ownTime += took
    if plan.record(run) {
      runs.append(run)
      onRun(run)
    }
    reportRemaining()
  }

  /// What to do next in this slot; waits for others where nothing else is left.
  /// - Parameter onRun: called for runs of others that count.
  mutating func next(
    _ cancellation: Cancellation, _ onRun: (Run) -> Void
  ) throws(EvaluationError) -> JudgingPlan.Step {
    while true {
      try cancellation.check()
      heed(onRun)
      let step = plan.next()
      guard case .wait = step, let sharing, let last = shared.last else { return step }
      let patience = meanTime * 2 + Self.margin - (.now - lastHeard)
      if shared.count > parts || patience <= .zero {
        takeBack([last])
      } else {
        sharing.wait(atMost: patience, cancellation)
      }
    }
  }

  private var meanTime: Duration { ownRuns > 0 ? ownTime / ownRuns : .zero }

  private mutating func heed(_ onRun: (Run) -> Void) {
    guard let sharing else { return }
    for request in sharing.takeRequests() {
      switch request {
      case .share(let parts): share(parts)
      case .helped(let runs): accept(runs, onRun)
      case .takeBack(let ordinals): takeBack(ordinals)
      }
    }
  }

  private mutating func share(_ parts: Int) {
    let given = plan.share(parts: parts)
    guard !given.isEmpty else { return }
    self.parts = parts + (shared.isEmpty ? 0 : self.parts)
    shared = (shared + given).sorted()
    lastHeard = .now
    sharing?.onShared(shared)
  }

  private mutating func accept(_ runs: [Run], _ onRun: (Run) -> Void) {
    let before = shared.count
    // Numbers and names are from the network.
    for run in runs where plan.testcase(run.ordinal)?.name == run.testcase && plan.record(run) {
      self.runs.append(run)
      shared.removeAll { $0 == run.ordinal }
      lastHeard = .now
      onRun(run)
    }
    if shared.count != before { sharing?.onShared(shared) }
  }

  private mutating func takeBack(_ ordinals: [Int32]) {
    let back = ordinals.filter(shared.contains)
    guard !back.isEmpty else { return }
    for ordinal in back { plan.takeBack(ordinal) }
    shared.removeAll(where: back.contains)
    sharing?.onShared(shared)
  }

  private mutating func reportRemaining() {
    guard let sharing else { return }
    if let lastReport, .now - lastReport < Self.reportEvery { return }
    lastReport = .now
    let count = plan.sharableCount()
    let time = meanTime * count
    sharing.onRemaining(
      RemainingWork(testcases: Int32(clamping: count), time: TimeSpan(time)))
  }
}

extension TimeSpan {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    // A judging lasts days at most.
    self = .nanoseconds(min(seconds, 1 << 32) * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
