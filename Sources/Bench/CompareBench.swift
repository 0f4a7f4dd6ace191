internal import Glibc
internal import Grading
internal import JudgeModel
internal import Sandbox

/// How fast outputs are compared with answers.
///
/// Both come out of files in memory, as they do in judging. Beside each kind stands `memcmp` over the
/// same bytes, read the same way and measured in turn: nothing that looks at every byte can be faster.
public struct CompareBench {
  private static let bytes = 32 << 20

  public init() {}

  /// - Parameter runs: how often each kind is compared.
  public func run(runs: Int) throws -> BenchPage.Section {
    let rows = try Self.kinds.map { kind in
      let answer = try MemoryFile(kind.answer)
      let output = try MemoryFile(kind.output)
      let comparer = try TokenComparer(kind.comparison)
      var compared = Samples()
      var bare = Samples()
      for _ in 0..<runs {
        var start = now()
        var out = FileSource(output.borrowed)
        var ans = FileSource(answer.borrowed)
        guard try comparer.compare(output: &out, answer: &ans) == .accepted else {
          throw BenchError("\(kind.name): what is equal was not found equal")
        }
        compared.add(now() - start)
        start = now()
        try Self.compareBytes(output.borrowed, answer.borrowed)
        bare.add(now() - start)
      }
      let rate = Self.bytes * 1000 / max(1, compared.median / 1000) / 1000
      return BenchPage.Row(
        kind.name,
        [
          BenchPage.Figure("median", compared.median, .nanoseconds),
          BenchPage.Figure("MB/s", rate, .count),
          BenchPage.Figure("memcmp", bare.median, .nanoseconds),
          BenchPage.Figure("to memcmp", compared.ratio(to: bare), .perMille),
        ])
    }
    return BenchPage.Section(
      "outputs of \(Self.bytes >> 20) MiB", rows, note: "\(runs) runs of each, in turn")
  }

  private struct Kind {
    var name: String
    var answer: [UInt8]
    var output: [UInt8]
    var comparison = TokenComparison()
  }

  private static var kinds: [Kind] {
    let numbers = text { "\($0 &* 2_654_435_761 % 1_000_000_007)" }
    let words = text { "Word\($0 % 977)" }
    let decimals = text { "\($0 % 1000).\(100_000 + $0 % 899_999)" }
    var relative = TokenComparison()
    relative.absoluteTolerance = "1e-6"
    relative.relativeTolerance = "1e-6"
    var exact = TokenComparison()
    exact.isCaseSensitive = true
    exact.isSpaceChangeSensitive = true
    return [
      Kind(name: "equal numbers", answer: numbers, output: numbers),
      Kind(name: "blanks matter", answer: numbers, output: numbers, comparison: exact),
      Kind(
        name: "other line ends", answer: numbers, output: numbers.map { $0 == 10 ? 32 : $0 }),
      Kind(
        name: "other case", answer: words,
        output: words.map { (65...90).contains($0) ? $0 | 32 : $0 }),
      Kind(
        name: "equal decimals, tolerance", answer: decimals, output: decimals,
        comparison: relative),
      Kind(name: "one long token", answer: long, output: long),
    ]
  }

  private static var long: [UInt8] { [UInt8](repeating: 120, count: bytes) }

  /// Lines of ten tokens.
  private static func text(_ token: (Int) -> String) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes + 64)
    var number = 0
    while text.count < bytes {
      text.append(contentsOf: token(number).utf8)
      number += 1
      text.append(number % 10 == 0 ? 10 : 32)
    }
    return text
  }

  private static func compareBytes(
    _ a: BorrowedDescriptor, _ b: BorrowedDescriptor
  ) throws {
    let size = 64 << 10
    var x = [UInt8](repeating: 0, count: size)
    var y = x
    var (p, q) = (FileSource(a), FileSource(b))
    var seen = 0
    while true {
      let got = try x.withUnsafeMutableBytes { try p.read(into: $0) }
      _ = try y.withUnsafeMutableBytes { try q.read(into: $0) }
      guard got > 0 else { break }
      seen &+= Int(memcmp(x, y, got))
    }
    // Looked at, so that the comparison is not left out; what it says does not matter.
    if seen == .min { throw BenchError("memcmp went wrong") }
  }
}

private struct FileSource: ByteSource {
  private let descriptor: BorrowedDescriptor
  private var offset: off_t = 0

  init(_ descriptor: BorrowedDescriptor) { self.descriptor = descriptor }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(BenchError) -> Int {
    let got = pread(descriptor.rawValue, buffer.baseAddress, buffer.count, offset)
    guard got >= 0 else { throw BenchError("cannot read a file in memory") }
    offset += got
    return got
  }
}
