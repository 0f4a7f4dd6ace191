import ArgumentParser
import Evaluation
import Foundation
import Grading
import JudgeModel
import Sandbox

/// The built-in comparer by itself.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare an output with an answer, as judging does without an output validator.",
    usage: """
      assize compare OUTPUT ANSWER [FLAG ...]
      assize compare --batch FILE
      """,
    discussion: """
      Flags are those of the problem package format: case_sensitive, space_change_sensitive, \
      float_tolerance E, float_absolute_tolerance E, float_relative_tolerance E. When the output is \
      wrong, the reason is printed; with --feedback it is written to judgemessage.txt there as well.

      A batch is many pairs in one file (`-`: standard input). Each is a line with three numbers, \
      the bytes of the flags, of the output and of the answer, and then these bytes without anything \
      between; flags are separated by blanks. For every pair one line is printed: 42, or 43 and the \
      reason, or `error` and what is wrong with the flags.

      Exit status: 42 accepted, 43 wrong (a batch: 0 all compared), 2 it could not be done, \
      64 wrong usage.
      """)

  @Option(
    help: ArgumentHelp("Directory that gets judgemessage.txt.", valueName: "dir"))
  var feedback: String?
  @Option(help: ArgumentHelp("Compare the pairs in a file.", valueName: "file"))
  var batch: String?
  @Argument(help: ArgumentHelp("OUTPUT, ANSWER and the flags.", valueName: "output answer flag"))
  var words: [String] = []

  func validate() throws {
    if batch == nil, words.count < 2 { throw ValidationError("give an OUTPUT and an ANSWER") }
    if batch != nil, !words.isEmpty || feedback != nil {
      throw ValidationError("--batch has its pairs and flags in the file")
    }
  }

  func run() throws {
    if let batch { return try compareBatch(batch) }
    let result: TokenComparer.Result
    do {
      let comparer = try TokenComparer(TokenComparison(arguments: Array(words.dropFirst(2))))
      let files = try words.prefix(2).map { try FileHandle(opening: $0) }
      var output = DescriptorSource(BorrowedDescriptor(files[0].fileDescriptor))
      var answer = DescriptorSource(BorrowedDescriptor(files[1].fileDescriptor))
      result = try comparer.compare(output: &output, answer: &answer)
      if case .wrong(let reason) = result, let feedback {
        try Data((reason + "\n").utf8).write(
          to: URL(fileURLWithPath: feedback).appendingPathComponent("judgemessage.txt"))
      }
      withExtendedLifetime(files) {}
    } catch {
      printToStandardError("\(error)")
      throw ExitCode(2)
    }
    if case .wrong(let reason) = result { print(reason) }
    throw ExitCode(result == .accepted ? Validation.acceptedExit : Validation.rejectedExit)
  }

  private func compareBatch(_ path: String) throws {
    do {
      let file = path == "-" ? FileHandle.standardInput : try FileHandle(opening: path)
      var pairs = PairReader(file)
      while let pair = try pairs.next() { print(Self.line(for: pair)) }
    } catch {
      printToStandardError("\(error)")
      throw ExitCode(2)
    }
  }

  private static func line(for pair: PairReader.Pair) -> String {
    do {
      let comparer = try TokenComparer(TokenComparison(arguments: pair.flags))
      var output = MemorySource(pair.output)
      var answer = MemorySource(pair.answer)
      return switch comparer.compare(output: &output, answer: &answer) {
      case .accepted: "\(Validation.acceptedExit)"
      case .wrong(let reason): "\(Validation.rejectedExit) \(reason)"
      }
    } catch {
      return "error \(error)"
    }
  }
}

extension FileHandle {
  fileprivate struct Unreadable: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "cannot read \(terminalSafe(path)): \(reason)" }
  }

  /// For reading; the error names the file.
  fileprivate convenience init(opening path: String) throws {
    do {
      try self.init(forReadingFrom: URL(fileURLWithPath: path))
    } catch {
      throw Unreadable(path: path, reason: error.localizedDescription)
    }
  }
}

/// Takes a batch apart, a pair at a time.
private struct PairReader {
  struct Pair {
    var flags: [String]
    var output: [UInt8]
    var answer: [UInt8]
  }
  struct Malformed: Error, CustomStringConvertible {
    var pair: Int
    var description: String {
      "pair \(pair) of the batch: not three sizes below 1 GiB on a line and so many bytes"
    }
  }
  private let file: FileHandle
  private var bytes: [UInt8] = []
  private var position = 0
  private var count = 0

  init(_ file: FileHandle) { self.file = file }

  /// nil at the end of the file.
  mutating func next() throws -> Pair? {
    count += 1
    guard try fill(1) else { return nil }
    var header: [UInt8] = []
    while try fill(1), bytes[position] != 10, header.count < 64 {
      header.append(bytes[position])
      position += 1
    }
    let sizes = header.split(separator: 32).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    guard sizes.count == 3, sizes.allSatisfy({ (0..<1 << 30).contains($0) }), try take(1) != nil,
      let flags = try take(sizes[0]), let output = try take(sizes[1]),
      let answer = try take(sizes[2])
    else { throw Malformed(pair: count) }
    return Pair(
      flags: flags.split(separator: 32).map { String(decoding: $0, as: UTF8.self) },
      output: output, answer: answer)
  }

  private mutating func take(_ size: Int) throws -> [UInt8]? {
    guard try fill(size) else { return nil }
    defer { position += size }
    return Array(bytes[position..<position + size])
  }

  /// Whether `size` unread bytes are there, after reading what it takes.
  private mutating func fill(_ size: Int) throws -> Bool {
    while bytes.count - position < size {
      bytes.removeFirst(position)
      position = 0
      guard let more = try file.read(upToCount: 1 << 20), !more.isEmpty else { return false }
      bytes += more
    }
    return true
  }
}
