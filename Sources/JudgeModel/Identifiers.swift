/// Names of things. Each identifier is its own type, so that a submission can never be passed where
/// a judging is meant; none of them carries behaviour.

/// One submission: source text, language and problem. Never changes once stored.
public struct SubmissionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: Int64
  public init(_ value: Int64) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { "s\(value)" }
}

/// One evaluation of one submission against one package digest. A regrade makes a new judging.
///
/// Negative numbers name parts of judgings that are split over several workers: no record knows them.
public struct JudgingID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: Int64
  public init(_ value: Int64) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String {
    isPart ? "part \(value.magnitude >> 31).\(value.magnitude & 0x7FFF_FFFF)" : "j\(value)"
  }

  public var isPart: Bool { value < 0 }
  /// The so-many-th part that a scheduler grants. Unlike any of the schedulers before it, and unlike
  /// the last two billion of its own.
  public static func part(generation: UInt32, counter: UInt32) -> JudgingID {
    JudgingID(-(Int64(generation) << 31 | Int64(counter & 0x7FFF_FFFF)))
  }
}

/// The set of judgings that one regrade makes.
public struct BatchID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: Int64
  public init(_ value: Int64) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { "b\(value)" }
}

/// The name a worker keeps over reconnects and restarts. Chosen by the worker, at most 64 bytes.
public struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: String
  public init(_ value: String) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { value }
}

/// One registration of one worker. The scheduler numbers them; a message that carries an older
/// session than the worker's current one changes nothing.
public struct SessionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: UInt64
  public init(_ value: UInt64) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { "session \(value)" }
}

/// One connected client, as the shell that owns the socket numbers it.
public struct ClientID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: UInt64
  public init(_ value: UInt64) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { "client \(value)" }
}

/// A programming language as the language table names it (`c`, `cpp`, `python3`, `java`, …).
public struct LanguageID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: String
  public init(_ value: String) { self.value = value }
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  public var description: String { value }

  /// Not a programming language: the files are the outputs themselves, as a submission to a
  /// submit-answer problem has them.
  public static let answers = LanguageID("text")
}

/// Fences a lease: of two leases on the same judging the one with the larger epoch is current.
///
/// `generation` is made durable once when a scheduler starts, so granting needs no write of its own:
/// whatever an earlier scheduler granted is smaller than anything this one grants.
public struct LeaseEpoch: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let generation: UInt32
  public let counter: UInt64
  public init(generation: UInt32, counter: UInt64) {
    self.generation = generation
    self.counter = counter
  }
  public static func < (a: Self, b: Self) -> Bool {
    (a.generation, a.counter) < (b.generation, b.counter)
  }
  public var description: String { "\(generation).\(counter)" }
}
