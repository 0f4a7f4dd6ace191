internal import Foundation
internal import JudgeModel
internal import Messages

/// The nouns on the wire: each `init(from:)` checks what came from outside, each `wire` writes.

extension Digest {
  init(from data: Data, _ field: String) throws(WireError) {
    guard let digest = Digest(bytes: data) else {
      throw WireError(field, "\(data.count) bytes instead of 32")
    }
    self = digest
  }
  var wire: Data { Data(bytes) }

  /// Many digests in one field: a `repeated bytes` costs an allocation for each.
  static func list(from data: Data, _ field: String) throws(WireError) -> [Digest] {
    guard data.count % byteCount == 0, data.count / byteCount <= WireBounds.listCount else {
      throw WireError(field, "\(data.count) bytes are not a list of digests")
    }
    var list: [Digest] = []
    list.reserveCapacity(data.count / byteCount)
    var at = data.startIndex
    while at < data.endIndex {
      list.append(try Digest(from: data[at..<at + byteCount], field))
      at += byteCount
    }
    return list
  }
  static func wire(_ list: [Digest]) -> Data {
    var data = Data(capacity: list.count * byteCount)
    for digest in list { data.append(contentsOf: digest.bytes) }
    return data
  }
}

/// Text from outside, bounded.
func boundedText(
  _ value: String, _ field: String, atMost limit: Int = WireBounds.textBytes
) throws(WireError) -> String {
  guard value.utf8.count <= limit else {
    throw WireError(field, "\(value.utf8.count) bytes, at most \(limit) are allowed")
  }
  return value
}

/// A name that is used as a key or shown in tables: not empty, printable, bounded.
func identifier(
  _ value: String, _ field: String, atMost limit: Int = WireBounds.identifierBytes
) throws(WireError) -> String {
  let printable = value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
  guard !value.isEmpty, value.utf8.count <= limit, printable else {
    throw WireError(field, "not a name of 1 to \(limit) printable bytes")
  }
  return value
}

func choice<T: RawRepresentable<String>>(
  _ value: String, _ field: String, as: T.Type = T.self
) throws(WireError) -> T {
  guard let choice = T(rawValue: value) else {
    throw WireError(field, "\"\(value.prefix(40))\" is not one of the words the protocol knows")
  }
  return choice
}

func optionalChoice<T: RawRepresentable<String>>(
  _ value: String, _ field: String, as: T.Type = T.self
) throws(WireError) -> T? {
  value.isEmpty ? nil : try choice(value, field)
}

func natural<T: BinaryInteger>(_ value: T, _ field: String) throws(WireError) -> T {
  guard value >= 0 else { throw WireError(field, "\(value) is negative") }
  return value
}

func bounded<T>(_ list: [T], _ field: String, atMost limit: Int) throws(WireError) -> [T] {
  guard list.count <= limit else {
    throw WireError(field, "\(list.count) entries, at most \(limit) are allowed")
  }
  return list
}

extension Array {
  /// `map` that keeps the typed error.
  func decoded<T>(_ body: (Element) throws(WireError) -> T) throws(WireError) -> [T] {
    var out: [T] = []
    out.reserveCapacity(count)
    for element in self { out.append(try body(element)) }
    return out
  }
}

extension LeaseName {
  init(from wire: Assize_V1_Lease) {
    self.init(
      judging: JudgingID(wire.judging),
      epoch: LeaseEpoch(generation: wire.generation, counter: wire.counter))
  }
  var wire: Assize_V1_Lease {
    var wire = Assize_V1_Lease()
    wire.judging = judging.value
    wire.generation = epoch.generation
    wire.counter = epoch.counter
    return wire
  }
}

extension Program {
  init(from wire: Assize_V1_Program) throws(WireError) {
    let files = try bounded(wire.files, "program.files", atMost: WireBounds.sourceFiles)
      .decoded { (file) throws(WireError) in
        SourceFile(
          name: try identifier(
            file.name, "program.files.name", atMost: WireBounds.pathBytes),
          contents: [UInt8](file.contents))
      }
    var nameBytes = 0
    for file in files {
      nameBytes += file.name.utf8.count
      let depth = file.name.utf8.count { $0 == UInt8(ascii: "/") } + 1
      guard depth <= WireBounds.pathDepth else {
        throw WireError(
          "program.files.name",
          "\(depth) components, at most \(WireBounds.pathDepth) are allowed")
      }
    }
    guard nameBytes <= WireBounds.programNameBytes else {
      throw WireError(
        "program.files.name",
        "\(nameBytes) bytes in all names, at most \(WireBounds.programNameBytes) are allowed")
    }
    let entry = try boundedText(
      wire.entryPoint, "program.entry_point", atMost: WireBounds.pathBytes)
    self.init(
      language: LanguageID(try identifier(wire.language, "program.language")),
      entryPoint: entry.isEmpty ? nil : entry, files: files)
    guard byteCount <= Program.byteLimit else {
      throw WireError(
        "program.files", "\(byteCount) bytes, at most \(Program.byteLimit) are allowed")
    }
  }
  var wire: Assize_V1_Program {
    var wire = Assize_V1_Program()
    wire.language = language.value
    wire.entryPoint = entryPoint ?? ""
    wire.files = files.map { file in
      var out = Assize_V1_SourceFile()
      out.name = file.name
      out.contents = Data(file.contents)
      return out
    }
    return wire
  }
}

extension Run {
  init(from wire: Assize_V1_Run) throws(WireError) {
    var facts = RunFacts()
    facts.cpuTime = .nanoseconds(try natural(wire.cpuNanoseconds, "run.cpu_nanoseconds"))
    facts.wallTime = .nanoseconds(try natural(wire.wallNanoseconds, "run.wall_nanoseconds"))
    facts.memoryPeakBytes = try natural(wire.memoryPeakBytes, "run.memory_peak_bytes")
    facts.outputBytes = try natural(wire.outputBytes, "run.output_bytes")
    facts.exitCode = wire.hasExitCode ? wire.exitCode : nil
    facts.signal = wire.hasSignal ? wire.signal : nil
    facts.stop = try choice(wire.stop, "run.stop")
    facts.oomKills = try natural(wire.oomKills, "run.oom_kills")
    facts.validatorExit = wire.hasValidatorExit ? wire.validatorExit : nil
    facts.passes = wire.passes
    facts.isDegraded = wire.degraded
    facts.interactorEndedFirst = wire.hasInteractorFirst ? wire.interactorFirst : nil
    self.init(
      ordinal: try natural(wire.ordinal, "run.ordinal"),
      testcase: try identifier(wire.testcase, "run.testcase", atMost: WireBounds.pathBytes),
      verdict: try choice(wire.verdict, "run.verdict"),
      detail: try optionalChoice(wire.detail, "run.detail"),
      score: wire.hasScore ? Score(billionths: wire.score) : nil, facts: facts,
      message: try boundedText(wire.message, "run.message"))
  }
  var wire: Assize_V1_Run {
    var wire = Assize_V1_Run()
    wire.ordinal = ordinal
    wire.testcase = testcase
    wire.verdict = verdict.rawValue
    wire.detail = detail?.rawValue ?? ""
    if let score { wire.score = score.billionths }
    wire.message = message
    wire.cpuNanoseconds = facts.cpuTime.nanoseconds
    wire.wallNanoseconds = facts.wallTime.nanoseconds
    wire.memoryPeakBytes = facts.memoryPeakBytes
    wire.outputBytes = facts.outputBytes
    if let code = facts.exitCode { wire.exitCode = code }
    if let signal = facts.signal { wire.signal = signal }
    wire.stop = facts.stop.rawValue
    wire.oomKills = facts.oomKills
    if let code = facts.validatorExit { wire.validatorExit = code }
    wire.passes = facts.passes
    wire.degraded = facts.isDegraded
    if let isFirst = facts.interactorEndedFirst { wire.interactorFirst = isFirst }
    return wire
  }
}

extension WorkerSpans {
  init(from wire: Assize_V1_WorkerSpans) throws(WireError) {
    self.init(
      waiting: .nanoseconds(try natural(wire.waitingNanoseconds, "spans.waiting_nanoseconds")),
      judging: .nanoseconds(try natural(wire.judgingNanoseconds, "spans.judging_nanoseconds")))
  }
  var wire: Assize_V1_WorkerSpans {
    var wire = Assize_V1_WorkerSpans()
    wire.waitingNanoseconds = waiting.nanoseconds
    wire.judgingNanoseconds = judging.nanoseconds
    return wire
  }
}

extension JudgingResult {
  init(from wire: Assize_V1_Result) throws(WireError) {
    var compilation: Compilation?
    if wire.hasCompilation {
      let from = wire.compilation
      compilation = Compilation(
        succeeded: from.succeeded,
        detail: try optionalChoice(from.detail, "compilation.detail"),
        cpuTime: .nanoseconds(try natural(from.cpuNanoseconds, "compilation.cpu_nanoseconds")),
        wallTime: .nanoseconds(
          try natural(from.wallNanoseconds, "compilation.wall_nanoseconds")),
        output: try boundedText(from.output, "compilation.output"))
    }
    self.init(
      verdict: try choice(wire.verdict, "result.verdict"),
      score: wire.hasScore ? Score(billionths: wire.score) : nil, compilation: compilation,
      runs: try bounded(wire.runs, "result.runs", atMost: WireBounds.listCount)
        .decoded(Run.init(from:)),
      message: try boundedText(wire.message, "result.message"),
      spans: wire.hasSpans ? try WorkerSpans(from: wire.spans) : nil)
  }
  var wire: Assize_V1_Result {
    var wire = Assize_V1_Result()
    wire.verdict = verdict.rawValue
    if let score { wire.score = score.billionths }
    if let compilation {
      wire.compilation.succeeded = compilation.succeeded
      wire.compilation.detail = compilation.detail?.rawValue ?? ""
      wire.compilation.cpuNanoseconds = compilation.cpuTime.nanoseconds
      wire.compilation.wallNanoseconds = compilation.wallTime.nanoseconds
      wire.compilation.output = compilation.output
    }
    wire.runs = runs.map(\.wire)
    wire.message = message
    if let spans { wire.spans = spans.wire }
    return wire
  }
}
