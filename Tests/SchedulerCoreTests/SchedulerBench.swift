import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// Drives a scheduler and keeps what it decides: *given* sets the stage and forgets, *when* acts, and
/// *took* says everything that was decided, in order, so that nothing else was.
struct SchedulerBench {
  private(set) var core: Scheduler
  var now = Instant(nanoseconds: 1_000_000_000_000)
  private var effects: [SchedulerEffect] = []
  private(set) var news: [String] = []
  private var sessions: UInt64 = 0

  init(generation: UInt32 = 1, policy: SchedulerPolicy = SchedulerPolicy()) {
    core = Scheduler(
      generation: generation, identity: SchedulerIdentity(programVersion: "test", bulkPort: 1),
      policy: policy, at: now)
  }

  /// One round: all events, then one scheduling pass.
  mutating func when(_ events: SchedulerEvent...) {
    for event in events { core.handle(event, at: now, into: &effects) }
    core.schedule(at: now, into: &effects)
    core.checkInvariants()
    if let due = core.nextDeadline { #expect(due > now, "a deadline lies ahead") }
  }

  mutating func given(_ events: SchedulerEvent...) {
    for event in events { when(event) }
    forget()
  }

  mutating func forget() {
    effects = []
    news = []
  }

  /// Lets time pass as a shell does: wakes at each deadline and at the end.
  mutating func pass(_ span: TimeSpan) {
    let end = now + span
    while let due = core.nextDeadline, due <= end {
      now = max(now, due)
      when(.timePassed)
    }
    now = end
    when(.timePassed)
  }

  mutating func took(_ expected: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let texts = effects.compactMap(\.text)
    #expect(texts == expected, sourceLocation: sourceLocation)
    forget()
  }

  mutating func tookNothing(sourceLocation: SourceLocation = #_sourceLocation) {
    let texts = effects.compactMap(\.text)
    #expect(texts == [], sourceLocation: sourceLocation)
    forget()
  }

  /// What whoever looks after the cluster was told, since the last `took`; forgets the rest.
  mutating func takeNotes() -> [String] {
    defer { forget() }
    return effects.compactMap { if case .note = $0 { $0.text } else { nil } }
  }

  /// What was decided, since the last `took`.
  var texts: [String] { effects.compactMap(\.text) }

  /// What watchers were told, since the last `took`.
  var told: [String] { effects.compactMap(\.newsText) }

  // MARK: Workers and judgings

  /// Says hello; session numbers grow by one.
  mutating func join(
    _ name: String, slots: Int32 = 1, credit: UInt64? = nil, cache: [Digest] = [],
    languages: [String] = ["cpp"], held: [HeldLease] = [], instance: UInt64 = 1,
    budget: Int64 = 0, used: Int64 = 0, takesWarm: Bool = true, takesRetract: Bool = true,
    takesParts: Bool = true, labels: [Label] = []
  ) {
    sessions += 1
    when(
      .hello(
        SessionID(sessions),
        WorkerHello(
          token: "secret", worker: WorkerID(name), instance: instance, programVersion: "test",
          host: "host", slots: slots,
          languages: languages.map { LanguageSupport(language: LanguageID($0), version: "1") },
          labels: labels, sandbox: "none", held: held,
          cache: CacheReport(packages: cache, usedBytes: used, budgetBytes: budget),
          load: LoadReport(),
          creditLimit: credit ?? UInt64(slots), takesWarm: takesWarm,
          takesRetract: takesRetract, takesParts: takesParts)))
  }

  mutating func sync(
    _ session: UInt64, credit: UInt64, seen: UInt64, held: [HeldLease] = [],
    cache: [Digest]? = nil, budget: Int64 = 0, used: Int64 = 0, warming: [Digest] = []
  ) {
    when(
      .sync(
        WorkerSync(
          session: SessionID(session), sequence: 1, creditLimit: credit, grantsSeen: seen,
          held: held,
          cache: cache.map {
            CacheReport(packages: $0, usedBytes: used, budgetBytes: budget)
          },
          load: LoadReport(), warming: warming)))
  }

  mutating func finish(_ session: UInt64, _ judging: Int64, _ epoch: LeaseEpoch, _ verdict: Verdict)
  {
    let result = JudgingResult(verdict: verdict, message: "because")
    when(.finished(SessionID(session), JudgingID(judging), epoch, result))
  }

  mutating func giveBack(
    _ session: UInt64, _ judging: Int64, _ epoch: LeaseEpoch, _ reason: ReturnReason
  ) {
    when(.returned(SessionID(session), JudgingID(judging), epoch, reason))
  }
}

func order(
  _ judging: Int64, _ package: Digest = .a, language: String = "cpp",
  priority: Priority = .live, archiveBytes: Int64 = 100_000_000, batch: BatchID? = nil,
  requires: [Label] = []
) -> JudgingOrder {
  JudgingOrder(
    judging: JudgingID(judging), submission: SubmissionID(judging), package: package,
    archiveBytes: archiveBytes, unpackedBytes: archiveBytes, language: LanguageID(language),
    mode: .full, priority: priority, batch: batch, requires: requires)
}

func submitted(_ ids: ClosedRange<Int64>, _ package: Digest = .a) -> SchedulerEvent {
  .submitted(ids.map { order($0, package) })
}

func epoch(_ counter: UInt64, of generation: UInt32 = 1) -> LeaseEpoch {
  LeaseEpoch(generation: generation, counter: counter)
}

func held(
  _ judging: Int64, _ epoch: LeaseEpoch, _ phase: HeldLease.Phase = .running
) -> HeldLease {
  HeldLease(judging: JudgingID(judging), epoch: epoch, phase: phase)
}

extension Digest {
  static let a = numbered(10)
  static let b = numbered(11)
  static let c = numbered(12)
  static func numbered(_ n: UInt8) -> Digest {
    Digest(bytes: Array(repeating: n, count: 32)) ?? .a
  }
}

extension GrantOrder {
  var partText: String {
    part.map { " of \($0.judging):" + $0.ordinals.map { " \($0)" }.joined() } ?? ""
  }
}

extension SchedulerEffect {
  /// One line; nil for what only watchers hear.
  var text: String? {
    switch self {
    case .record(let record): "record " + record.text
    case .grant(let session, let orders, submissions: _):
      "grant s\(session.value): "
        + orders.map { "\($0.name.judging) \($0.name.epoch) #\($0.sequence)\($0.partText)" }
        .joined(separator: ", ")
    case .send(let session, let message): "s\(session.value) " + message.text
    case .close(let session): "close s\(session.value)"
    case .note(let worker, let text): "note \(worker): \(text)"
    case .publish: nil
    }
  }

  var newsText: String? {
    guard case .publish(let judging, _, let news) = self else { return nil }
    return switch news {
    case .queued(let note): "\(judging) queued: \(note)"
    case .started(let worker): "\(judging) started on \(worker)"
    case .runs(let runs): "\(judging) ran \(runs.count)"
    case .judged(let worker, let result): "\(judging) \(result.verdict) from \(worker)"
    case .ended(let state, let reason): "\(judging) \(state): \(reason)"
    }
  }
}

extension Record {
  var text: String {
    switch self {
    case .created(let order): "created \(order.judging)"
    case .leased(let judging, let epoch, let worker): "leased \(judging) \(epoch) \(worker)"
    case .runs(let judging, let epoch, let runs): "runs \(judging) \(epoch) \(runs.count)"
    case .judged(let judging, let epoch, let worker, let result):
      "judged \(judging) \(epoch) \(worker) \(result.verdict)"
    case .returned(let judging, let epoch, let reason): "returned \(judging) \(epoch): \(reason)"
    case .cancelled(let judging): "cancelled \(judging)"
    case .quarantined(let judging, let reason): "quarantined \(judging): \(reason)"
    }
  }
}

extension SchedulerMessage {
  var text: String {
    switch self {
    case .welcome(let welcome): "welcome \(welcome.session.value)"
    case .who: "who"
    case .refused: "refused"
    case .grant: "grant"
    case .unreadable: "unreadable"
    case .warm(let order): "warm p\(order.package.bytes.first ?? 0)"
    case .cancel(let judging, let epoch): "cancel \(judging) \(epoch)"
    case .retract(let judging, let epoch): "retract \(judging) \(epoch)"
    case .share(let judging, let epoch, let parts): "share \(judging) \(epoch) \(parts)"
    case .helped(let judging, let epoch, let runs):
      "helped \(judging) \(epoch)" + runs.map { " \($0.ordinal)" }.joined()
    case .unshare(let judging, let epoch, let ordinals):
      "unshare \(judging) \(epoch)" + ordinals.map { " \($0)" }.joined()
    case .acknowledge(let names):
      names.isEmpty
        ? "probe"
        : "acknowledge "
          + names.map { "\($0.judging) \($0.epoch)" }.joined(separator: ", ")
    }
  }
}
