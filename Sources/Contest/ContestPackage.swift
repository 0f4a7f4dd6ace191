import JudgeModel

/// Reads a contest that was held: who submitted what, and what the old system said about it.
///
/// Theory of operation. An archive is a directory in the CLICS contest package format, a zip file of
/// one, or a table of submissions (CSV). What people have is seldom quite the format, so reading
/// never stops at the first thing that is wrong: every object is taken as far as it makes sense, and
/// everything else becomes a `Defect` that says where, what, and what to do. A submission is either
/// in `submissions` or in `skipped`, with the reason; none disappears. Only an archive without a
/// single submission that can be judged is refused.
///
/// Nothing in an archive is trusted: sizes are bounded, URLs in it are never followed, and names
/// from it are used as paths only after a check.
public enum ContestPackage {
  /// Packed bytes of one submission's zip file: more cannot come to 512 KiB of text without being
  /// something else.
  static let zipLimit = 4 << 20

  public static func read(_ path: String) throws(ContestUnreadable) -> ContestReading {
    var defects = DefectList()
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let name = trimmed.split(separator: "/").last.map(String.init) ?? trimmed
    if name.lowercased().hasSuffix(".csv") {
      return try ContestTable.read(trimmed)
    }
    var reading: ContestReading
    if DirectoryFiles.isDirectory(trimmed), let files = DirectoryFiles(trimmed) {
      reading = assemble(files, fallbackID: name, &defects)
    } else {
      let files: ZipFiles
      do throws(ArchiveTrouble) {
        guard DirectoryFiles.realPath(trimmed) != nil else {
          throw ArchiveTrouble(problem: "there is no such file or directory")
        }
        files = try ZipFiles(path: trimmed, defects: &defects, limit: wantedSize)
      } catch {
        throw ContestUnreadable(
          path: path,
          defects: [
            Defect(
              .fatal, file: name, problem: error.problem,
              remedy: "name a contest package directory, a zip file of one, or a .csv table")
          ])
      }
      let id = name.lowercased().hasSuffix(".zip") ? String(name.dropLast(4)) : name
      reading = assemble(files, fallbackID: id, &defects)
    }
    reading.defects = defects.all
    guard !reading.submissions.isEmpty else {
      let none = Defect(
        .fatal, file: Endpoint.submissions.fileName,
        problem: reading.skipped.isEmpty
          ? "there are no submissions"
          : "not one of \(reading.skipped.count) submissions can be judged",
        remedy: "mend what is listed here, or add submissions.json and submissions/<id>/files.zip")
      throw ContestUnreadable(path: path, defects: reading.defects + [none])
    }
    return reading
  }

  /// Which members of a zipped archive are read, and how large each may be.
  private static func wantedSize(_ path: String) -> Int? {
    if path.hasPrefix("submissions/") { return zipLimit }
    if path == RecordSet.feedName { return RecordSet.feedLimit }
    return Endpoint.allCases.contains { $0.fileName == path } ? RecordSet.endpointLimit : nil
  }

  private static func assemble(
    _ files: some PackageFiles, fallbackID: String, _ defects: inout DefectList
  ) -> ContestReading {
    let records = RecordSet.read(files, &defects)
    noteAbsent(records, files, &defects)
    var reading = ContestReading(
      contest: ContestObjects.contest(records, fallbackID: fallbackID, &defects))
    reading.problems = ContestObjects.problems(records[.problems], &defects)
    reading.languages = ContestObjects.languages(records[.languages], &defects)
    reading.teams = ContestObjects.teams(records[.teams], &defects)
    reading.judgementTypes = ContestObjects.judgementTypes(records[.judgementTypes], &defects)
    var submissions = SubmissionReader(
      files: files, reading: reading, problemsAreKnown: !reading.problems.isEmpty)
    submissions.read(records[.submissions], &defects)
    reading.submissions = submissions.judgeable
    reading.skipped = submissions.skipped
    if reading.problems.isEmpty {
      reading.problems = problems(of: reading.submissions)
    }
    let known = Set(submissions.judgeable.map(\.id) + submissions.skipped.map(\.id))
    var judgements = JudgementReader(types: reading.judgementTypes, submissions: known)
    judgements.read(records[.judgements], &defects)
    reading.judgements = judgements.current
    reading.runs = judgements.runs(records[.runs], &defects)
    return reading
  }

  /// Where the archive has no list of problems, those that somebody submitted for.
  static func problems(of submissions: [ContestSubmission]) -> [ContestProblem] {
    Set(submissions.map(\.problem)).sorted(by: idPrecedes).map { ContestProblem(id: $0) }
  }

  private static func noteAbsent(
    _ records: RecordSet, _ files: some PackageFiles, _ defects: inout DefectList
  ) {
    let root = Set(files.entries(in: "").map(\.name))
    for endpoint in Endpoint.allCases where records.absent.contains(endpoint) {
      // Without old runs a report says less; that is no defect.
      if endpoint == .runs { continue }
      let consequence =
        switch endpoint {
        case .submissions: "so there is nothing to judge"
        case .judgements: "so there are no old verdicts to compare with"
        case .problems: "so problems are known by their ids alone"
        default: "so its names are missing from the report"
        }
      let yaml = [".yaml", ".yml"].map { endpoint.rawValue + $0 }.first { root.contains($0) }
      defects.note(
        endpoint.fileName, "", "", "is not there and no event feed replaces it, \(consequence)",
        remedy: yaml.map { "convert \($0) to \(endpoint.fileName)" }
          ?? "export \(endpoint.fileName) or event-feed.ndjson from the contest system")
    }
  }
}
