public import JudgeModel

/// What the scheduler says to a worker on the control socket.
public enum SchedulerMessage: Hashable, Sendable {
  /// Answer to `hello`. Leases that were not adopted follow as `cancel`.
  case welcome(Welcome)
  /// The scheduler does not know this connection: say hello.
  case who
  /// The connection is not welcome and will not become so: the worker stops with this text.
  case refused(String)
  /// Judgings for this worker, each a lease of its own.
  case grant([Grant])
  /// Stop if you hold it and answer `cancelled`; answered as well when the worker never had it, and then
  /// at once, so that the judging 0, which nobody has, is a way to ask whether a worker lives.
  case cancel(JudgingID, LeaseEpoch)
  /// Give this judging back, with `ReturnReason.retracted`, if it has not begun: another worker is idle.
  /// One that has begun, or is not here, is not answered but by the next `sync`. Only to workers that
  /// said `takesRetract`.
  case retract(JudgingID, LeaseEpoch)
  /// Give about `parts` of `parts` + 1 of the testcases that were not begun to others, if that is worth it.
  /// Answered by the next `sync`, whose list `shared` is what counts. This and the next two only to
  /// workers that said `takesParts`.
  case share(JudgingID, LeaseEpoch, parts: Int32)
  /// What others found out about testcases that are shared. Repeated while the list has them.
  case helped(JudgingID, LeaseEpoch, [Run])
  /// Run these of the shared testcases yourself. Repeated while the list has them.
  case unshare(JudgingID, LeaseEpoch, [Int32])
  /// Fetch this package before a judging needs it, if there is room; answered with `wishEnded` when it
  /// will not come. Only to workers that said `takesWarm`. Nobody repeats it: whoever wished asks again.
  case warm(WarmOrder)
  /// These outcomes are durable, or of no interest any more: forget them.
  case acknowledge([LeaseName])
  /// The scheduler could not read something that this worker said about a lease; the text names the
  /// field. For the worker's log: it goes on.
  case unreadable(String)
}

/// A lease by its name.
public struct LeaseName: Hashable, Comparable, Sendable {
  public var judging: JudgingID
  public var epoch: LeaseEpoch
  public init(judging: JudgingID, epoch: LeaseEpoch) {
    self.judging = judging
    self.epoch = epoch
  }
  public static func < (a: Self, b: Self) -> Bool { (a.judging, a.epoch) < (b.judging, b.epoch) }
}

public struct Welcome: Hashable, Sendable {
  public var session: SessionID
  public var programVersion: String
  /// How often the scheduler expects a `sync` at least.
  public var heartbeat: TimeSpan
  /// TCP port of the bulk socket on the host that the worker dialled.
  public var bulkPort: UInt16
  public init(
    session: SessionID, programVersion: String, heartbeat: TimeSpan, bulkPort: UInt16
  ) {
    self.session = session
    self.programVersion = programVersion
    self.heartbeat = heartbeat
    self.bulkPort = bulkPort
  }
}

/// A lease on one judging with everything that is needed to judge it, the package apart.
public struct Grant: Hashable, Sendable {
  public var order: GrantOrder
  public var program: Program
  public init(order: GrantOrder, program: Program) {
    self.order = order
    self.program = program
  }
}

/// The part of a grant that decisions are made of; the program's text is not.
public struct GrantOrder: Hashable, Sendable {
  public var name: LeaseName
  /// Grows by one with each grant of a session; a grant that is sent again keeps its number.
  public var sequence: UInt64
  public var package: Digest
  public var archiveBytes: Int64
  public var unpackedBytes: Int64
  public var mode: JudgingMode
  /// Not the judging, but some of its testcases. Only to workers that said `takesParts`.
  public var part: PartOrder?
  public init(
    name: LeaseName, sequence: UInt64, package: Digest, archiveBytes: Int64, unpackedBytes: Int64,
    mode: JudgingMode, part: PartOrder? = nil
  ) {
    self.name = name
    self.sequence = sequence
    self.package = package
    self.archiveBytes = archiveBytes
    self.unpackedBytes = unpackedBytes
    self.mode = mode
    self.part = part
  }
}

/// What a helper runs of a judging that another worker is responsible for.
///
/// The lease has a number and an epoch of its own. It ends with `finished`, whose runs are all that
/// matters of it, and is returned, cancelled and acknowledged like any other.
public struct PartOrder: Hashable, Sendable {
  public var judging: JudgingID
  /// The testcases to run, in this order. Lazily, up to the first that is not accepted.
  public var ordinals: [Int32]
  public init(judging: JudgingID, ordinals: [Int32]) {
    self.judging = judging
    self.ordinals = ordinals
  }
}
