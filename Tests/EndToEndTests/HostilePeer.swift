import Foundation
import JudgeModel
import Messages
import Simulation
import Testing
import Wire

/// Somebody who means harm and reaches both ports of a scheduler, and who has heard all that a worker
/// said to it. One after the other he does what such a person might; every connection is closed again
/// but those that do nothing.
struct HostilePeer {
  let control: UInt16
  let bulk: UInt16
  let tap: Tap
  private var random: Random
  private(set) var sentBytes = 0
  private(set) var connections = 0
  /// Connections that said nothing, or began to say something.
  private var idle: [RawConnection] = []
  private var slow: [(connection: RawConnection, rest: ArraySlice<UInt8>)] = []

  init(control: UInt16, bulk: UInt16, tap: Tap, seed: UInt64) {
    (self.control, self.bulk, self.tap) = (control, bulk, tap)
    random = Random(seed: seed)
  }

  private var ports: [UInt16] { [control, bulk] }

  private mutating func connect(_ port: UInt16) throws -> RawConnection {
    connections += 1
    return try RawConnection(port: port)
  }

  private mutating func say(_ bytes: [UInt8], to port: UInt16) throws {
    let connection = try connect(port)
    sentBytes += bytes.count
    if bytes.starts(with: ZMTP.greeting().prefix(12)) {
      connection.speak(bytes)
    } else {
      connection.send(bytes)
    }
    connection.finish()
  }

  private mutating func noise(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  // MARK: Below messages

  /// No ZMTP at all, or only as far as its greeting.
  mutating func babble() throws {
    for port in ports {
      try say(noise(5_000), to: port)
      try say(Array("GET / HTTP/1.1\r\nHost: judge\r\n\r\n".utf8), to: port)
      for mechanism in ["NULL", "PLAIN", "CURVE", "\u{1}\u{2}", "CURVECURVECURVECURVE"] {
        try say(ZMTP.greeting(mechanism: mechanism) + noise(2_000), to: port)
        let hello = ZMTP.command([5] + Array("HELLO".utf8) + noise(194))
        try say(ZMTP.greeting(mechanism: mechanism) + hello + hello, to: port)
      }
    }
  }

  /// Headers that promise more than can be kept, and that promise nothing that makes sense.
  mutating func lie() throws {
    let lengths: [UInt64] = [.max, 1 << 63, 1 << 40, 1 << 31, 3 << 20, (1 << 20) + 1]
    for port in ports {
      for length in lengths {
        try say(ZMTP.dealer + ZMTP.header(length) + noise(70_000), to: port)
      }
      for flags in [3, 4, 6, 7, 0x80, 0xFF] as [UInt8] {
        try say(ZMTP.dealer + [flags] + noise(300), to: port)
      }
      let parts = (0..<2_000).flatMap { _ in ZMTP.frame(noise(3), more: true) }
      try say(ZMTP.dealer + parts, to: port)
      try say(ZMTP.dealer + parts + ZMTP.frame([1]), to: port)
    }
  }

  /// Takes connections and does not use them. Each call makes some, and brings all that speak slowly
  /// one byte further.
  mutating func loiter() throws {
    for place in slow.indices {
      guard let byte = slow[place].rest.popFirst() else { continue }
      slow[place].connection.send([byte])
    }
    // They are descriptors of this process, in which other tests count theirs.
    guard idle.count + slow.count < 100 else { return }
    for port in ports {
      for _ in 0..<10 { idle.append(try connect(port)) }
      for _ in 0..<10 {
        slow.append((try connect(port), (ZMTP.dealer + ZMTP.frame(noise(200)))[...]))
      }
      // A handshake, and then the first half of a message.
      let half = try connect(port)
      half.speak(ZMTP.dealer + ZMTP.header(900_000) + noise(1_000))
      idle.append(half)
    }
  }

  // MARK: Messages

  /// As many bytes as the ports take, each message as long as it may be and none of them a message.
  mutating func flood(megabytes: Int) throws {
    for port in ports {
      let message = ZMTP.frame(noise(1 << 10) + [UInt8](repeating: 0x0A, count: 1_000 << 10))
      let several = try (0..<4).map { _ in try connect(port) }
      for connection in several { connection.speak(ZMTP.dealer) }
      for index in 0..<megabytes where several[index % several.count].send(message) {
        sentBytes += message.count
      }
      for connection in several { connection.finish() }
      let small = (0..<20_000).flatMap { _ in ZMTP.frame([0xFF, 0xFF, 0xFF]) }
      try say(ZMTP.dealer + small, to: port)
    }
  }

  /// What the worker said, but on connections that are not the worker's, whole and mutilated. Not its
  /// hello: who knows the token may join.
  mutating func parrot() throws {
    let said = ports.flatMap { tap.streams(to: $0) }.flatMap(ZMTP.messages)
      .filter { !isWelcome($0) }
    let some = said.count > 400 ? Array(said.shuffled(using: &random).prefix(400)) : said
    for port in ports {
      try say(ZMTP.dealer + some.flatMap { ZMTP.frame($0) }, to: port)
      var mutants: [UInt8] = []
      for message in some {
        let mutant = mutilated(message, other: some.randomElement(using: &random) ?? message)
        if !mutant.isEmpty, !isWelcome(mutant) { mutants += ZMTP.frame(mutant) }
      }
      try say(ZMTP.dealer + mutants, to: port)
    }
  }

  private mutating func mutilated(_ message: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = message
    switch random.next() % 4 {
    case 0: bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
    case 1: bytes += other
    case 2: bytes = bytes.prefix(bytes.count / 2) + other.suffix(other.count / 2)
    default:
      for _ in 0..<3 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    return bytes
  }

  /// Whether a scheduler would let in who says this.
  private func isWelcome(_ message: [UInt8]) -> Bool {
    switch decoded(message) {
    case .worker(.hello), .client(.hello): true
    default: false
    }
  }

  private func decoded(_ message: [UInt8]) -> ControlCodec.Inbound? {
    message.withUnsafeBytes { try? ControlCodec.decodeInbound($0) }
  }

  /// A worker's connection from its first byte to its last, once more, to both ports.
  mutating func replay() throws {
    for stream in ports.flatMap({ tap.streams(to: $0) }) {
      for port in ports { try say(stream, to: port) }
    }
  }

  /// In the worker's own session: its verdicts again, turned into their opposite, for leases that are
  /// over and for leases that there never were.
  mutating func forge() {
    let said = tap.streams(to: control).flatMap(ZMTP.messages)
    for message in said.suffix(200) {
      guard
        case .worker(.finished(let session, let judging, let epoch, var result)) =
          decoded(message)
      else { continue }
      result.verdict = result.verdict == .accepted ? .wrongAnswer : .accepted
      let old = LeaseEpoch(generation: epoch.generation, counter: epoch.counter - 1)
      let older = LeaseEpoch(generation: epoch.generation - 1, counter: epoch.counter)
      let forgeries: [WorkerMessage] = [
        .finished(session, judging, epoch, result), .finished(session, judging, old, result),
        .finished(session, judging, older, result),
        .finished(session, JudgingID(judging.value + 1_000_000), epoch, result),
        .returned(session, judging, epoch, .judgeError("forged")),
        .cancelled(session, judging, old), .runs(session, judging, old, result.runs),
      ]
      for forgery in forgeries {
        let bytes = ZMTP.frame(ControlCodec.encode(forgery))
        sentBytes += bytes.count
        tap.inject(bytes, to: control)
      }
    }
  }
}
