internal import Evaluation
internal import Glibc
internal import Grading
internal import JudgeModel
internal import Sandbox

/// How fast the built-in comparer is, on files in memory that it reads as judging does.
///
/// Beside every comparison the same bytes are read in chunks of the same size and compared with
/// `memcmp`: what the machine can do at best at that moment.
public struct CompareBench {
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }
  private static let chunk = 64 << 10

  private let bytes: Int
  private let rounds: Int

  /// - Parameter bytes: size of each file, at least 1 MiB.
  public init(bytes: Int, rounds: Int) {
    self.bytes = max(bytes, 1 << 20)
    self.rounds = max(rounds, 1)
  }

  /// One pair of files and how it is compared.
  private struct Subject {
    var name: String
    var flags: [String] = []
    /// One after another until the files are full; an output is as long as its answer or longer.
    var answer: [UInt8]
    var output: [UInt8]

    init(_ name: String, _ flags: [String] = [], answer: [UInt8], output: [UInt8]? = nil) {
      self.name = name
      self.flags = flags
      self.answer = answer
      self.output = output ?? answer
    }
  }

  public func run() throws -> BenchPage.Section {
    var rows: [BenchPage.Row] = []
    for subject in Self.subjects() { rows.append(try measure(subject)) }
    return BenchPage.Section(
      "comparer", rows,
      note: "bytes of one file per second of processor time, the best of \(rounds) rounds; `of "
        + "memcmp` is the share of what reading and memcmp reach; growth is of the peak memory of "
        + "this process while it compares")
  }

  private static func subjects() -> [Subject] {
    var random = Mixer(state: 1)
    let integers = (0..<20_000).map { _ in Array("\(random.next() % 100_000)\n".utf8) }
    let long = (0..<200).map { _ in random.letters(1000) + [10] }
    let numbers = (0..<20_000).map { _ in random.next() % 1_000_000_000_000 }
    let floats = numbers.map { decimal($0) }
    let near = numbers.map { decimal($0 + 20) }
    let huge = random.letters(1 << 20)
    let flat = Array(integers.joined())
    let tolerance = ["float_tolerance", "1e-6"]
    let exact = ["case_sensitive", "space_change_sensitive"]
    return [
      Subject("short integers", answer: flat),
      Subject(
        "short integers, other blanks", answer: flat,
        output: Array(integers.map { $0.dropLast() + [13, 10] }.joined())),
      Subject("long tokens", answer: Array(long.joined())),
      Subject(
        "long tokens, other case", answer: Array(long.joined()),
        output: long.joined().map { $0 == 10 ? 10 : $0 - 32 }),
      Subject("floats, tolerance", tolerance, answer: Array(floats.joined())),
      Subject(
        "floats, other last digits", tolerance, answer: Array(floats.joined()),
        output: Array(near.joined())),
      Subject("case and blanks matter", exact, answer: flat),
      Subject("one huge token", answer: huge),
    ]
  }

  /// Billionths written with nine places.
  private static func decimal(_ billionths: UInt64) -> [UInt8] {
    let fraction = String(billionths % 1_000_000_000)
    let zeros = String(repeating: "0", count: 9 - fraction.utf8.count)
    return Array("\(billionths / 1_000_000_000).\(zeros)\(fraction)\n".utf8)
  }

  private func measure(_ subject: Subject) throws -> BenchPage.Row {
    let copies = max(1, bytes / subject.answer.count)
    let answer = try Self.file(subject.answer, copies)
    let output = try Self.file(subject.output, copies)
    let comparer = try TokenComparer(TokenComparison(arguments: subject.flags))
    var compared = Samples()
    var reference = Samples()
    let before = Self.peakBytes()
    for _ in 0..<rounds {
      var source = DescriptorSource(output.borrowed)
      var expected = DescriptorSource(answer.borrowed)
      let start = Self.processorTime()
      let result = try comparer.compare(output: &source, answer: &expected)
      compared.add(Self.processorTime() - start)
      guard result == .accepted else {
        throw Failure(description: "\(subject.name): the comparer found a difference: \(result)")
      }
    }
    let growth = Self.peakBytes() - before
    for _ in 0..<rounds { reference.add(Self.memcmpTime(output.borrowed, answer.borrowed)) }
    let rate = { (time: Int) in answer.size * 1000 / max(time, 1) }
    return BenchPage.Row(
      subject.name,
      [
        BenchPage.Figure("size", answer.size, .bytes),
        BenchPage.Figure("MB/s", rate(compared.minimum), .count),
        BenchPage.Figure("memcmp MB/s", rate(reference.minimum), .count),
        BenchPage.Figure(
          "of memcmp", reference.minimum * 1000 / max(compared.minimum, 1), .perMille),
        BenchPage.Figure("growth", growth, .bytes),
      ])
  }

  private static func file(_ piece: [UInt8], _ copies: Int) throws -> MemoryFile {
    let file = try MemoryFile()
    for _ in 0..<copies {
      var written = 0
      while written < piece.count {
        let count = piece.withUnsafeBytes { buffer in
          // In range: `written` is below the count, and a write never says that it wrote more.
          write(
            file.borrowed.rawValue, buffer.baseAddress.map { $0 + written }, piece.count - written)
        }
        guard count > 0 else {
          let reason = String(cString: strerror(errno))
          throw Failure(description: "cannot fill a memory file: \(reason)")
        }
        written += count
      }
    }
    return file
  }

  /// Nanoseconds that it takes to read both files and to compare them as they are.
  private static func memcmpTime(_ a: BorrowedDescriptor, _ b: BorrowedDescriptor) -> Int {
    var x = [UInt8](repeating: 0, count: chunk)
    var y = x
    var offset = 0
    var differences = 0
    let start = processorTime()
    while true {
      let got = pread(a.rawValue, &x, chunk, off_t(offset))
      let other = pread(b.rawValue, &y, chunk, off_t(offset))
      guard got > 0, other > 0 else { break }
      // Both arrays have `chunk` bytes, and neither read gave more.
      if memcmp(x, y, min(got, other)) != 0 { differences += 1 }
      offset += got
    }
    // Used, so that no comparison can be left out.
    return processorTime() - start + (differences < 0 ? 1 : 0)
  }

  /// Nanoseconds of processor time of this thread.
  private static func processorTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private static func peakBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
