import Foundation
import Testing

@testable import Bench

@Suite struct PackageSampleTests {
  private let place = NSTemporaryDirectory() + "/assize-sample-\(UInt64.random(in: 0...UInt64.max))"

  private func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(place)/\(path)"))
  }

  @Test func sameArgumentsSameBytesOfAboutThatSize() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let sample = try PackageSample(directory: place + "/a", bytes: 3_000_000, tests: 20)
    _ = try PackageSample(directory: place + "/b", bytes: 3_000_000, tests: 20)
    #expect((2_000_000...4_000_000).contains(sample.sizes.reduce(0, +)))
    #expect(sample.sizes[1] == 37_000)
    for number in ["001", "002", "020"] {
      let path = "data/secret/\(number).in"
      let bytes = try contents("a/" + path)
      #expect(try bytes == contents("b/" + path))
      #expect(bytes.count == sample.sizes[(Int(number) ?? 1) - 1])
      #expect(bytes.last == 10)
    }
  }

  @Test(arguments: PackageSample.Change.allCases)
  func changesWhatItSays(_ change: PackageSample.Change) throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let sample = try PackageSample(directory: place + "/a", bytes: 1_000_000, tests: 9)
    func inputs() throws -> [String: Data] {
      let names = try FileManager.default.contentsOfDirectory(atPath: place + "/a/data/secret")
      return try Dictionary(
        uniqueKeysWithValues: names.filter { $0.hasSuffix(".in") }.map {
          ($0, try contents("a/data/secret/" + $0))
        })
    }
    let before = try inputs()
    try sample.apply(change)
    let after = try inputs()
    let changed = after.filter { before[$0.key] != $0.value }
    #expect(changed.count == 1)
    let grown = after.values.reduce(0) { $0 + $1.count } - before.values.reduce(0) { $0 + $1.count }
    let expected =
      switch change {
      case .fourBytes: 0
      case .grown: 1_300
      case .insertedInLargest: 3
      case .newFirstTest: 30_000
      }
    #expect(grown == expected)
  }
}
