import Foundation
import Simulation

/// A decoder of bytes from outside and what it is fed with.
///
/// The same seed makes the same bytes on every machine, and each attempt depends on the seed and its
/// own number only. Three variables change what a run of the tests does:
///
/// - `ASSIZE_FUZZ_ROUNDS`: so many times the attempts of a usual run, each of them different;
/// - `ASSIZE_FUZZ_SEED`: another seed than 1;
/// - `ASSIZE_FUZZ_TRACE`: a directory into which each attempt's bytes are written before it is made, as
///   `<name>`, so that they are there when a decoder ends the whole process.
public struct Fuzz {
  public let name: String
  private let mutator: Mutator
  private let seed: UInt64
  private let rounds: Int
  private let trace: String?

  /// - Parameter environment: the process's own unless given.
  public init(
    _ name: String, corpus: [[UInt8]], words: [String] = [],
    environment: [String: String]? = nil
  ) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    self.name = name
    mutator = Mutator(corpus: corpus, words: words.map { Array($0.utf8) })
    seed = environment["ASSIZE_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    rounds = max(1, environment["ASSIZE_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1)
    trace = environment["ASSIZE_FUZZ_TRACE"].map { "\($0)/\(name)" }
  }

  public struct Report: Sendable {
    /// Mutants that were taken for good, and that were refused. A fuzzing without one of them has
    /// looked at one side of the decoder only.
    public var accepted = 0
    public var rejected = 0
    /// What must not happen and did, with what it takes to see it again. At most ten.
    public var faults: [String] = []

    /// Whether at least one in two hundred came to each end.
    public var sawBothSides: Bool {
      let total = accepted + rejected
      return total > 0 && accepted * 200 >= total && rejected * 200 >= total
    }
  }

  /// - Parameter attempt: decodes; throws ``Fault`` for what must not happen, and anything else to refuse.
  public func run(_ attempts: Int, _ attempt: ([UInt8]) throws -> Void) -> Report {
    var report = Report()
    for number in 0..<(attempts * rounds) {
      let bytes = mutant(number)
      if let trace { try? Data(bytes).write(to: URL(fileURLWithPath: trace)) }
      do {
        try attempt(bytes)
        report.accepted += 1
      } catch let fault as Fault {
        guard report.faults.count < 10 else { return report }
        report.faults.append(
          "\(name), seed \(seed), attempt \(number): \(fault.text); bytes in base64: "
            + Data(bytes.prefix(6_000)).base64EncodedString())
      } catch {
        report.rejected += 1
      }
    }
    return report
  }

  private func mutant(_ number: Int) -> [UInt8] {
    var first = Random(seed: seed &* 0xD134_2543_DE82_EF95 &+ UInt64(number))
    var random = Random(seed: first.next())
    return mutator.mutant(&random)
  }

  /// - Throws: ``Fault`` unless what was decoded survives being encoded and decoded again.
  public static func expectStable<Value: Equatable>(
    _ value: Value, encode: (Value) -> [UInt8], decode: ([UInt8]) throws -> Value
  ) throws {
    let again: Value
    do {
      again = try decode(encode(value))
    } catch {
      throw Fault("its own encoding is refused: \(error)")
    }
    guard again == value else { throw Fault("\(value) came back as \(again)") }
  }
}

/// Something that must not happen, whatever the bytes.
public struct Fault: Error {
  public let text: String
  public init(_ text: String) { self.text = "\(text.prefix(2_000))" }
}

/// For decoders that refuse without throwing.
public struct Refusal: Error {
  public init() {}
}
