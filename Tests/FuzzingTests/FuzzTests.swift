import Fuzzing
import Testing

/// A fuzzer that finds nothing may be one that cannot find anything.
@Suite struct FuzzTests {
  struct TooShort: Error {}

  /// Records of a length and so many bytes.
  static func decode(_ bytes: [UInt8], isFaulty: Bool) throws -> [[UInt8]] {
    var records: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      // The planted fault: what a signed byte makes of a length above 127.
      let length = isFaulty ? Int(Int8(bitPattern: bytes[at])) : Int(bytes[at])
      if length < 0 { throw Fault("a length of \(length)") }
      guard at + 1 + length <= bytes.count else { throw TooShort() }
      records.append(Array(bytes[(at + 1)..<(at + 1 + length)]))
      at += 1 + length
    }
    return records
  }

  static func encode(_ records: [[UInt8]]) -> [UInt8] {
    records.flatMap { [UInt8($0.count)] + $0 }
  }

  static let corpus = [encode([[1, 2, 3], [], [4]]), encode([[5, 6]]), []]

  @Test func aPlantedFaultIsFound() {
    let fuzz = Fuzz("planted", corpus: Self.corpus, environment: [:])
    let report = fuzz.run(1_000) { _ = try Self.decode($0, isFaulty: true) }
    #expect(report.faults.count == 10)
    #expect(report.faults[0].contains("seed 1") && report.faults[0].contains("a length of -"))
  }

  @Test func aPlantedInstabilityIsFound() {
    let fuzz = Fuzz("unstable", corpus: Self.corpus, environment: [:])
    let report = fuzz.run(1_000) { bytes in
      let records = try Self.decode(bytes, isFaulty: false)
      try Fuzz.expectStable(records) {
        Self.encode($0.filter { !$0.isEmpty })
      } decode: {
        try Self.decode($0, isFaulty: false)
      }
    }
    #expect(report.faults.first?.contains("came back as") == true)
  }

  @Test func aGoodDecoderIsLeftAlone() {
    let fuzz = Fuzz("good", corpus: Self.corpus, environment: [:])
    let report = fuzz.run(1_000) { bytes in
      let records = try Self.decode(bytes, isFaulty: false)
      try Fuzz.expectStable(records, encode: Self.encode) { try Self.decode($0, isFaulty: false) }
    }
    #expect(report.faults == [])
    #expect(report.sawBothSides && report.accepted + report.rejected == 1_000)
  }

  @Test func theSameSeedMakesTheSameBytesAndAnotherOneOthers() {
    var seen: [[[UInt8]]] = []
    for seed in ["7", "7", "8"] {
      var made: [[UInt8]] = []
      _ = Fuzz("seeds", corpus: Self.corpus, environment: ["ASSIZE_FUZZ_SEED": seed])
        .run(50) { made.append($0) }
      seen.append(made)
    }
    #expect(seen[0] == seen[1] && seen[0] != seen[2])
    var count = 0
    let environment = ["ASSIZE_FUZZ_ROUNDS": "3"]
    _ = Fuzz("rounds", corpus: Self.corpus, environment: environment).run(5) { _ in count += 1 }
    #expect(count == 15)
  }
}
