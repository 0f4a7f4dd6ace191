import JudgeModel
import Messages
import Testing

@testable import WorkerCore

/// Drives a worker and keeps what it decides: *given* sets the stage and forgets, *when* acts, and
/// *took* says everything that was decided, in order, so that nothing else was.
struct WorkerBench {
  private(set) var core: Worker
  var now = Instant(nanoseconds: 1_000_000_000_000)
  private var effects: [WorkerEffect] = []

  init(
    slots: Int = 2, prefetch: Int = 0, budget: Int64 = 100, cached: [(Digest, Int64)] = [],
    connected: Bool = true
  ) {
    var settings = Worker.Settings(slots: slots, prefetch: prefetch)
    // The welcome's heartbeat rules what is sent when; runs are seen on their own.
    settings.reportEvery = .milliseconds(100)
    core = Worker(
      settings: settings,
      cache: PackageCache(budgetBytes: budget, found: cached.map { .plain($0, $1) }))
    if connected { given(.connected, welcome(1)) }
  }

  /// One round: all events, then what follows from them.
  mutating func when(_ events: WorkerEvent...) {
    let before = effects.count
    for event in events { core.handle(event, at: now, into: &effects) }
    core.settle(at: now, into: &effects)
    core.checkInvariants()
    let syncs = effects[before...].count { if case .send(.sync) = $0 { true } else { false } }
    #expect(syncs <= 1, "one sync per round")
    if let due = core.nextDeadline { #expect(due > now, "a deadline lies ahead") }
  }

  mutating func given(_ events: WorkerEvent...) {
    for event in events { when(event) }
    effects = []
  }

  /// Lets time pass as a shell does: wakes at each deadline and at the end.
  mutating func pass(_ span: TimeSpan) {
    let end = now + span
    while let due = core.nextDeadline, due <= end {
      now = due
      when(.timePassed)
    }
    now = end
    when(.timePassed)
  }

  mutating func forget() { effects = [] }

  /// Of the judgings that ended, since the last `took`.
  var results: [JudgingResult] {
    effects.compactMap {
      if case .send(.finished(_, _, _, let result)) = $0 { result } else { nil }
    }
  }

  mutating func took(_ expected: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let texts = effects.map(\.text)
    #expect(texts == expected, sourceLocation: sourceLocation)
    effects = []
  }

  /// As `took`, without the syncs: for cases that are not about them.
  mutating func tookBesideSyncs(
    _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let texts = effects.map(\.text).filter { !$0.hasPrefix("sync") }
    #expect(texts == expected, sourceLocation: sourceLocation)
    effects = []
  }
}

func welcome(_ session: UInt64) -> WorkerEvent {
  .welcomed(
    Welcome(
      session: SessionID(session), programVersion: "test", heartbeat: .seconds(2), bulkPort: 1))
}

/// A grant of a package whose files have so many bytes.
func order(
  _ judging: Int64, _ counter: UInt64, sequence: UInt64, _ package: Digest = .a,
  bytes: Int64 = 10
) -> GrantOrder {
  GrantOrder(
    name: name(judging, counter), sequence: sequence, package: package, archiveBytes: bytes / 2,
    unpackedBytes: bytes, mode: .full)
}

/// The manifest of a package that shares nothing.
func described(_ package: Digest, bytes: Int64 = 10) -> WorkerEvent {
  .packageDescribed(package, [CachedBlob(digest: package, size: bytes)])
}

func failed(
  _ package: Digest, _ reason: String = "no route", isDiskFull: Bool = false, kept: Int64 = 0
) -> WorkerEvent {
  .packageFailed(
    package, FetchFailure(reason, isDiskFull: isDiskFull),
    kept: kept > 0 ? [CachedBlob(digest: package, size: kept)] : [])
}

extension FoundPackage {
  /// A complete package of one blob that no other has.
  static func plain(_ package: Digest, _ bytes: Int64) -> FoundPackage {
    FoundPackage(package: package, blobs: [CachedBlob(digest: package, size: bytes)])
  }
}

func granted(_ orders: GrantOrder...) -> WorkerEvent { .granted(orders) }

func name(_ judging: Int64, _ counter: UInt64) -> LeaseName {
  LeaseName(
    judging: JudgingID(judging), epoch: LeaseEpoch(generation: 1, counter: counter))
}

func judged(_ slot: Int, _ judging: Int64, _ verdict: Verdict = .accepted) -> WorkerEvent {
  .judged(slot: slot, JudgingID(judging), JudgingResult(verdict: verdict))
}

func stopped(_ slot: Int, _ judging: Int64) -> WorkerEvent {
  .stopped(slot: slot, JudgingID(judging), .workerFault("stopped"))
}

func cancelled(_ judging: Int64, _ counter: UInt64) -> WorkerEvent {
  .cancelled(JudgingID(judging), LeaseEpoch(generation: 1, counter: counter))
}

func acknowledged(_ judging: Int64, _ counter: UInt64) -> WorkerEvent {
  .acknowledged([name(judging, counter)])
}

extension Digest {
  static let a = numbered(10)
  static let b = numbered(11)
  static let c = numbered(12)
  static func numbered(_ n: UInt8) -> Digest {
    Digest(bytes: Array(repeating: n, count: 32)) ?? .a
  }
  /// `p10` for one made by `numbered(10)`.
  var label: String { "p\(bytes.first ?? 0)" }
}

extension WorkerEffect {
  var text: String {
    switch self {
    case .send(let message): message.text
    case .sayHello(let held, let cache, load: _, let credit):
      "hello credit \(credit) holds [\(held.text)] has [\(cache.text)]"
    case .evict(let package): "evict \(package.label)"
    case .fetch(let package, archiveBytes: _, unpackedBytes: _): "fetch \(package.label)"
    case .stopFetch(let package): "stop \(package.label)"
    case .giveUp(let package, let reason): "give up \(package.label): \(reason)"
    case .start(let slot, let name, let package, mode: _, let part):
      "start \(name.judging) \(name.epoch) in \(slot) with \(package.label)"
        + (part.map { ":" + $0.map { " \($0)" }.joined() } ?? "")
    case .share(let slot, let parts): "share \(slot) \(parts)"
    case .help(let slot, let runs): "help \(slot)" + runs.map { " \($0.ordinal)" }.joined()
    case .takeBack(let slot, let ordinals):
      "take back \(slot)" + ordinals.map { " \($0)" }.joined()
    case .abort(let slot): "abort \(slot)"
    case .forget(let judging): "forget \(judging)"
    case .leave(let reason): reason.map { "leave: \($0)" } ?? "leave"
    }
  }
}

extension WorkerMessage {
  var text: String {
    switch self {
    case .hello: "hello"
    case .sync(let sync):
      "sync \(sync.sequence) credit \(sync.creditLimit) seen \(sync.grantsSeen) "
        + "holds [\(sync.held.text)]"
        + (sync.warming.isEmpty ? "" : " warms " + sync.warming.map(\.label).joined(separator: " "))
        + (sync.cache.map { " has [\($0.text)]" } ?? "")
    case .runs(_, let judging, let epoch, let runs): "runs \(judging) \(epoch) \(runs.count)"
    case .finished(let session, let judging, let epoch, let result):
      "finished s\(session.value) \(judging) \(epoch) \(result.verdict)"
    case .returned(_, let judging, let epoch, let reason):
      "returned \(judging) \(epoch): \(reason.text)"
    case .cancelled(_, let judging, let epoch): "cancelled \(judging) \(epoch)"
    case .wishEnded(_, let package, let reason): "no \(package.label): \(reason)"
    case .goodbye: "goodbye"
    }
  }
}

extension [HeldLease] {
  var text: String {
    map { lease in
      "\(lease.judging) \(lease.epoch) \(lease.phase)"
        + (lease.shared.isEmpty ? "" : " shares" + lease.shared.map { " \($0)" }.joined())
    }.joined(separator: ", ")
  }
}

extension CacheReport {
  var text: String { packages.map(\.label).joined(separator: " ") }
}
