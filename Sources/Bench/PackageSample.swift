import Foundation

/// A problem package made up for measuring: tests of integers whose sizes are spread as those of real
/// packages are, a few large and many small. The same arguments give the same bytes.
///
/// Its problem is solved by printing 0, so that what a judging takes is what moving data takes.
public struct PackageSample {
  public let directory: String
  /// Bytes of the inputs, in judging order.
  public let sizes: [Int]
  private let seed: UInt64

  /// A program that solves it, in C.
  public static let solution = "#include <stdio.h>\nint main(void) { puts(\"0\"); return 0; }\n"

  /// How one version differs from the one before.
  public enum Change: String, CaseIterable, Sendable {
    case fourBytes = "4 bytes in a 37 kB test"
    case grown = "that test grows by 1.3 kB"
    case insertedInLargest = "3 bytes inserted in the largest test"
    case newFirstTest = "a new 30 kB test, sorted first"
  }

  /// - Parameters:
  ///   - bytes: of all inputs together, about.
  ///   - tests: how many; the one that changes is the second.
  ///   - seed: samples of different seeds share no test of more than a few bytes. Below 10^12.
  public init(directory: String, bytes: Int, tests: Int = 149, seed: UInt64 = 1) throws {
    self.directory = directory
    self.seed = seed
    sizes = Self.sizes(bytes: bytes, tests: tests)
    try make("data/secret", "submissions/accepted")
    try write(
      "problem.yaml",
      Array(
        """
        problem_format_version: 2025-09
        name: Measured
        uuid: 8f2bd0d0-6a10-4e8e-b8ad-\(Self.padded(Int(seed), to: 12))
        limits: {time_limit: 10, memory: 512}

        """.utf8))
    try write("submissions/accepted/zero.c", Array(Self.solution.utf8))
    for (index, size) in sizes.enumerated() {
      try write(input(index), Self.integers(size, seed: seed << 20 | UInt64(index)))
      try write(answer(index), [48, 10])
    }
  }

  public func apply(_ change: Change) throws {
    let largest = sizes.indices.max { sizes[$0] < sizes[$1] } ?? 0
    switch change {
    case .fourBytes:
      var bytes = try read(input(1))
      bytes.replaceSubrange(1_000..<1_004, with: [57, 57, 57, 57])
      try write(input(1), bytes)
    case .grown: try write(input(1), try read(input(1)) + Self.integers(1_300, seed: 77))
    case .insertedInLargest:
      var bytes = try read(input(largest))
      bytes.insert(contentsOf: [55, 55, 55], at: bytes.count / 2)
      try write(input(largest), bytes)
    case .newFirstTest:
      try write("data/secret/000-new.in", Self.integers(30_000, seed: 99))
      try write("data/secret/000-new.ans", [48, 10])
    }
  }

  private func name(_ index: Int) -> String { "data/secret/" + Self.padded(index + 1, to: 3) }
  private static func padded(_ number: Int, to length: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, length - digits.count)) + digits
  }
  private func input(_ index: Int) -> String { name(index) + ".in" }
  private func answer(_ index: Int) -> String { name(index) + ".ans" }

  private func make(_ folders: String...) throws {
    for folder in folders {
      try FileManager.default.createDirectory(
        atPath: directory + "/" + folder, withIntermediateDirectories: true)
    }
  }

  private func write(_ path: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: directory + "/" + path))
  }

  private func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + path)))
  }

  /// The first tests are small, as those of people are; the second has 37 kB.
  private static func sizes(bytes: Int, tests: Int) -> [Int] {
    var random = Mixer(state: 7)
    // A sum of uniform numbers is near enough to normal, and its power to what sizes look like.
    let weights = (0..<tests).map { _ in
      let sum = (0..<6).reduce(0) { sum, _ in sum + Int(random.next() % 1_000) }
      return 1 << min(max(sum / 190, 2), 24)
    }
    let total = weights.reduce(0, +)
    var sizes = weights.map { max(2_000, Int(Double(bytes) * Double($0) / Double(total))) }
    for (index, size) in [1_500, 37_000, 5_000].enumerated() where index < tests {
      sizes[index] = size
    }
    return sizes
  }

  private static func integers(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = Mixer(state: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    while bytes.count < count {
      var value = random.next() % 1_000_000_000
      // Without a string for each: there are a hundred million of them.
      repeat {
        bytes.append(48 + UInt8(value % 10))
        value /= 10
      } while value > 0
      bytes.append(bytes.count % 97 < 8 ? 10 : 32)
    }
    bytes.removeLast(bytes.count - count + 1)
    bytes.append(10)
    return bytes
  }
}
