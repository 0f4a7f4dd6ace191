import Glibc
import JudgeModel

/// Why results could not be written.
public enum ResultsUnwritable: Error, Hashable, Sendable, CustomStringConvertible {
  /// The place is the contest that was read, or inside it.
  case insideContest(String)
  case failed(path: String, reason: String)

  public var description: String {
    switch self {
    case .insideContest(let path):
      "\(path): this is the contest that was regraded; name another directory, or say that results "
        + "belong into the contest"
    case .failed(let path, let reason):
      "\(path): \(reason); free the place or name another directory, nothing was left half-written"
    }
  }
}

/// Writes what a regrade came to: the CLICS files of a second system under
/// `<out>/other-systems/assize/`, and `report.html`, `report.txt`, `regrade.ndjson` in `<out>`.
///
/// Everything is made in a hidden directory inside `<out>` and made durable there; only then is it
/// renamed into its places, the CLICS folder first and as a whole. No reader ever sees half a file.
public struct ResultsWriter {
  /// Name of the folder under `other-systems`.
  public static let system = "assize"

  private let report: RegradeReport
  private let results: [String: NewResult]

  public init(report: RegradeReport, results: [String: NewResult]) {
    self.report = report
    self.results = results
  }

  /// - Parameters:
  ///   - out: a directory; made when it is not there.
  ///   - contest: the archive that was read, to keep it as it is.
  ///   - intoContest: results may go into that archive.
  public func write(
    to out: String, contest: String?, intoContest: Bool = false
  ) throws(ResultsUnwritable) {
    if mkdir(out, 0o755) != 0 && errno != EEXIST { throw Self.failure(out) }
    guard let place = DirectoryFiles.realPath(out), DirectoryFiles.isDirectory(place) else {
      throw .failed(path: out, reason: "is not a directory")
    }
    if !intoContest, let contest = contest.flatMap(DirectoryFiles.realPath),
      place == contest || place.hasPrefix(contest + "/")
    {
      throw .insideContest(out)
    }
    let scratch = try Self.makeScratch(in: place)
    defer { Self.removeFolder(scratch) }
    let folder = scratch + "/" + Self.system
    guard mkdir(folder, 0o755) == 0 else { throw Self.failure(folder) }
    for (name, text) in clicsFiles { try Self.writeFile(folder + "/" + name, text) }
    let reports = [
      ("report.html", report.html), ("report.txt", report.terminalText),
      ("regrade.ndjson", report.ndjson),
    ]
    for (name, text) in reports { try Self.writeFile(scratch + "/" + name, text) }
    try Self.install(folder, in: place, scratch: scratch)
    for (name, _) in reports {
      guard rename(scratch + "/" + name, place + "/" + name) == 0 else {
        throw Self.failure(place + "/" + name)
      }
    }
    Self.sync(place)
  }

  // MARK: CLICS

  var clicsFiles: [(name: String, text: String)] {
    [
      ("judgement-types.json", judgementTypes), ("judgements.json", judgements),
      ("runs.json", runs),
    ]
  }

  /// Judge errors are not among them: they are written as judgements without a verdict.
  private var judgementTypes: String {
    var json = JSONText()
    json.array(of: Verdict.allCases.filter { $0 != .judgeError }) { verdict, json in
      json.object { json in
        json.member("id", verdict.rawValue)
        json.member("name", verdict.name)
        json.member("penalty", verdict != .accepted && verdict != .compileError)
        json.member("solved", verdict == .accepted)
      }
    }
    return json.text + "\n"
  }

  private struct Entry {
    var line: SubmissionLine
    var new: NewResult
    var id: String
  }

  private var entries: [Entry] {
    var taken = 0
    return report.lines.compactMap { line in
      guard let new = results[line.id] else { return nil }
      switch line.outcome {
      case .judged, .judgeError: break
      case .notJudged, .skipped: return nil
      }
      taken += 1
      return Entry(line: line, new: new, id: new.judging?.description ?? "r\(taken)")
    }
  }

  private var judgements: String {
    var json = JSONText()
    json.array(of: entries) { entry, json in
      json.object { json in
        let verdict = entry.line.newVerdict
        json.member("id", entry.id)
        json.member("submission_id", entry.line.id)
        json.member("judgement_type_id", verdict?.rawValue)
        if let score = entry.new.result.score {
          json.member("score", number: score.description)
        }
        json.member("current", true)
        if let start = entry.new.startMilliseconds {
          json.member("start_time", ClicsTime.time(ofMilliseconds: start))
        }
        // The format has an end exactly where there is a verdict.
        if let end = entry.new.endMilliseconds, verdict != nil {
          json.member("end_time", ClicsTime.time(ofMilliseconds: end))
        }
        if let slowest = entry.new.result.slowest {
          json.member("max_run_time", number: slowest.secondsText)
        }
      }
    }
    return json.text + "\n"
  }

  private var runs: String {
    var json = JSONText()
    let all = entries.flatMap { entry in
      entry.new.result.runs.filter { $0.verdict != .judgeError }.map { (entry, $0) }
    }
    json.array(of: all) { pair, json in
      let (entry, run) = pair
      json.object { json in
        json.member("id", "\(entry.id)-\(run.ordinal)")
        json.member("judgement_id", entry.id)
        json.member("ordinal", Int64(run.ordinal))
        json.member("judgement_type_id", run.verdict.rawValue)
        if let end = entry.new.endMilliseconds {
          json.member("time", ClicsTime.time(ofMilliseconds: end))
        }
        json.member("run_time", number: run.facts.cpuTime.secondsText)
        if let score = run.score { json.member("score", number: score.description) }
      }
    }
    return json.text + "\n"
  }
}

// MARK: Files

extension ResultsWriter {
  private static func failure(_ path: String) -> ResultsUnwritable {
    .failed(path: path, reason: String(cString: strerror(errno)))
  }

  private static func makeScratch(in place: String) throws(ResultsUnwritable) -> String {
    var template = Array((place + "/.assize-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw failure(place) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func writeFile(_ path: String, _ text: String) throws(ResultsUnwritable) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      done += count
    }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  /// Puts a former folder away and the finished one into its place. Between the two there is none for
  /// a moment; a half-written one there never is.
  private static func install(
    _ folder: String, in place: String, scratch: String
  ) throws(ResultsUnwritable) {
    let parent = place + "/other-systems"
    if mkdir(parent, 0o755) != 0 && errno != EEXIST { throw failure(parent) }
    // A link here would carry the rename to wherever it points.
    guard DirectoryFiles.realPath(parent) == parent else {
      throw .failed(path: parent, reason: "is not a directory of its own")
    }
    sync(folder)
    let target = parent + "/" + system
    let former = scratch + "/former"
    let hadFormer = rename(target, former) == 0
    if !hadFormer && errno != ENOENT { throw failure(target) }
    guard rename(folder, target) == 0 else {
      let reason = failure(target)
      if hadFormer { rename(former, target) }
      throw reason
    }
    sync(parent)
  }

  private static func sync(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Only ever called on the directory that `makeScratch` made; links in it are removed, not followed.
  private static func removeFolder(_ path: String) {
    if let stream = opendir(path) {
      var names: [String] = []
      while let entry = readdir(stream) {
        let length = Int(entry.pointee.d_reclen)
        names.append(
          withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: length) { String(cString: $0) }
          })
      }
      closedir(stream)
      for name in names where name != "." && name != ".." {
        let inner = path + "/" + name
        if unlink(inner) != 0 { removeFolder(inner) }
      }
    }
    rmdir(path)
  }
}
