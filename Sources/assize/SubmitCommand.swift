import ArgumentParser
import Evaluation
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Gives one program to the scheduler.
struct Submit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have a program judged.",
    discussion: """
      Takes one program: its source files, or directories with all of them. Prints the number of the \
      judging; with --watch, also each testcase's result as it comes and the verdict.

      Exit status: 0 submitted, with --watch accepted; 1 another verdict; 2 not submitted or not \
      judged; 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("The program's source files.", valueName: "file"))
  var files: [String]

  @Option(help: ArgumentHelp("Short name of the problem.", valueName: "name"))
  var problem: String

  @Option(
    help: ArgumentHelp(
      "Language, such as cpp. Default: told from the files' extensions.", valueName: "id"))
  var language: String?

  @Option(
    help: ArgumentHelp(
      "Where execution starts: a main file or a main class. Default: the language's rule.",
      valueName: "name"))
  var entryPoint: String?

  @Option(
    help: ArgumentHelp(
      "Only on a worker with this --label; may be repeated.", valueName: "key=value"),
    transform: Label.init(argument:))
  var require: [Label] = []

  @Flag(help: "Run every testcase, also where the verdict is clear before.")
  var full = false

  @Flag(help: "Show the results as they come, and wait for the verdict.")
  var watch = false

  @OptionGroup var joinOption: JoinOption

  func run() async throws {
    try await exitingWithReason {
      let program = try program()
      try await joinOption.connected { client in
        let judging = try await submit(program, to: client)
        print(judging)
        fflush(nil)
        if watch { try await follow(judging, client) }
      }
    }
  }

  private func submit(_ program: Program, to client: SchedulerClient) async throws -> JudgingID {
    guard let package = try await client.findPackage(problem: problem) else {
      throw CommandFailure(
        "the scheduler has no package for problem \(problem): push it with `assize pack push DIR`")
    }
    let key = (0..<4).map { _ in String(UInt32.random(in: 0...UInt32.max), radix: 36) }
    let request = JudgingRequest(
      key: key.joined(separator: "-"), team: "", program: program, package: package.digest,
      mode: full ? .full : .lazy, priority: .live, batch: nil,
      requires: require)
    guard let judging = try await client.judge([request]).first else {
      throw CommandFailure("the scheduler named no judging; submit again")
    }
    return judging
  }

  // MARK: The program

  private func program() throws -> Program {
    var sources: [SourceFile] = []
    for path in files { sources += try Self.sources(at: path) }
    let names = sources.map(\.name)
    if let double = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw CommandFailure("two of the files are called \(double): rename one of them")
    }
    let program = Program(
      language: try language.map(LanguageID.init) ?? Self.language(of: names),
      entryPoint: entryPoint, files: sources)
    guard program.byteCount <= Program.byteLimit else {
      throw CommandFailure(
        "the program has \(program.byteCount) bytes, at most \(Program.byteLimit) are taken")
    }
    return program
  }

  private static func language(of names: [String]) throws -> LanguageID {
    let table = try LanguageTable.builtIn()
    guard let language = table.detect(names) else {
      throw CommandFailure(
        "cannot tell the language of \(names.joined(separator: ", ")): name it with --language")
    }
    // Silently leaving a file out would judge something else than was meant.
    let own = Set(language.sources(in: names))
    for name in names where !own.contains(name) {
      if let other = table.detect([name]), other.id != .answers {
        throw CommandFailure(
          "\(name) is \(other.id) and the program is \(language.id): a program has one language; hand "
            + "in one, or name it with --language")
      }
    }
    return language.id
  }

  /// One file by its plain name, or all files below a directory by their paths in it.
  private static func sources(at path: String) throws -> [SourceFile] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    guard isDirectory.boolValue else {
      return [try source(path, as: URL(fileURLWithPath: path).lastPathComponent)]
    }
    let names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
    let sources = try names.filter { name in
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: "\(path)/\(name)", isDirectory: &isDirectory)
      return exists && !isDirectory.boolValue
    }.map { try source("\(path)/\($0)", as: $0) }
    guard !sources.isEmpty else { throw CommandFailure("there is no file in \(path)") }
    return sources
  }

  private static func source(_ path: String, as name: String) throws -> SourceFile {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    // One byte more than is taken tells a file that is too long, whatever its length.
    let data = try handle.read(upToCount: Program.byteLimit + 1) ?? Data()
    return SourceFile(name: name, contents: Array(data))
  }

  // MARK: Watching

  private func follow(_ judging: JudgingID, _ client: SchedulerClient) async throws {
    let reporter = Task { await Self.reportTrouble(client) }
    defer { reporter.cancel() }
    var watched = WatchedJudging()
    for try await event in await client.watch(.judging(judging)) {
      guard case .happened(let happened) = event, happened.judging == judging else { continue }
      for line in watched.take(happened) { print(line) }
      fflush(nil)
      switch watched.outcome {
      case .judged(.accepted): return
      case .judged(.judgeError): throw ExitCode(2)
      case .judged: throw ExitCode(1)
      case .ended: throw ExitCode(2)
      case nil: continue
      }
    }
    throw CommandFailure("the connection ended before the verdict of \(judging)")
  }

  /// Says why nothing happens, when nothing happens: no worker, a missing language, no scheduler.
  private static func reportTrouble(_ client: SchedulerClient) async {
    var told: Set<String> = []
    while true {
      try? await Task.sleep(for: .seconds(3))
      if Task.isCancelled { return }
      guard let status = try? await client.status() else { continue }
      for note in status.waiting where told.insert(note.reason).inserted {
        warn("\(counted(Int(note.count), "judging")) waiting: \(terminalSafe(note.reason))")
      }
    }
  }
}

/// Turns news of one judging into lines; news may come twice, and a judging may begin again on
/// another worker.
struct WatchedJudging {
  enum Outcome: Hashable {
    case judged(Verdict)
    case ended(JudgingState)
  }
  private(set) var outcome: Outcome?
  private var worker: WorkerID?
  private var shown: Set<Int32> = []
  private var lastNote = ""

  mutating func take(_ event: JudgingEvent) -> [String] {
    guard outcome == nil else { return [] }
    switch event {
    case .queued(_, _, let note):
      worker = nil
      guard !note.isEmpty, note != lastNote else { return [] }
      lastNote = note
      return ["waiting again: \(terminalSafe(note))"]
    case .started(_, _, let name):
      guard name != worker else { return [] }
      worker = name
      shown = []
      return ["judged on \(terminalSafe(name.value))"]
    case .run(_, _, let run): return line(run)
    case .judged(_, _, _, let result):
      outcome = .judged(result.verdict)
      return end(result)
    case .ended(_, _, let state, let reason):
      outcome = .ended(state)
      let what = state == .cancelled ? "cancelled" : "set aside, not judged"
      return [reason.isEmpty || reason == what ? what : "\(what): \(terminalSafe(reason))"]
    }
  }

  private mutating func line(_ run: Run) -> [String] {
    guard shown.insert(run.ordinal).inserted else { return [] }
    var text = "  \(terminalSafe(run.testcase))  \(run.verdict)"
    if let detail = run.detail { text += " (\(detail.rawValue))" }
    text += "  \(run.facts.cpuTime)  \(bytesText(run.facts.memoryPeakBytes))"
    if let score = run.score { text += "  score \(score)" }
    if run.facts.isDegraded { text += "  measured without control groups" }
    let message = run.message.split(separator: "\n").first.map { terminalSafe($0) } ?? ""
    if run.verdict != .accepted, !message.isEmpty { text += "  \(message)" }
    return [text]
  }

  private mutating func end(_ result: JudgingResult) -> [String] {
    var lines: [String] = []
    if result.verdict == .compileError, let output = result.compilation?.output {
      lines += terminalSafe(output, lines: true).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(String.init)
      if lines.last?.isEmpty == true { lines.removeLast() }
    }
    for run in result.runs { lines += line(run) }
    var text = "\(result.verdict.name) (\(result.verdict))"
    if let score = result.score { text += ", score \(score)" }
    if !result.runs.isEmpty { text += ", \(counted(result.runs.count, "testcase"))" }
    if let slowest = result.slowest { text += ", slowest \(slowest)" }
    if !result.message.isEmpty { text += ": \(terminalSafe(result.message))" }
    return lines + [text]
  }
}
