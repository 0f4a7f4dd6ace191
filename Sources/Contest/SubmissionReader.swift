import JudgeModel

/// Reads the list of submissions and finds the source text of each.
struct SubmissionReader<Files: PackageFiles> {
  private(set) var judgeable: [ContestSubmission] = []
  private(set) var skipped: [SkippedSubmission] = []

  /// Bytes that the scheduler takes.
  private static var languageLimit: Int { 64 }
  private static var teamLimit: Int { 512 }

  private let files: Files
  private let problems: Set<String>?
  private let languages: Set<String>
  private let teams: Set<String>
  private let contestStart: Int64?
  private let inSubmissions: Set<PackageFileEntry>

  init(files: Files, reading: ContestReading, problemsAreKnown: Bool) {
    self.files = files
    problems = problemsAreKnown ? Set(reading.problems.map(\.id)) : nil
    languages = Set(reading.languages.map(\.id))
    teams = Set(reading.teams.map(\.id))
    contestStart = reading.contest.startTime.flatMap(ClicsTime.milliseconds(ofTime:))
    inSubmissions = Set(files.entries(in: "submissions"))
  }

  mutating func read(_ records: [Record], _ defects: inout DefectList) {
    var groups: [String: [Record]] = [:]
    var order: [String] = []
    for record in records {
      guard let id = record.text("id", &defects) else {
        skip(record, id: "(\(record.label))", field: "id", "is missing", "give it an id", &defects)
        continue
      }
      if groups[id] == nil { order.append(id) }
      groups[id, default: []].append(record)
    }
    for id in order {
      guard let same = groups[id], let record = same.first else { continue }
      if same.count > 1 {
        guard same.allSatisfy({ $0.members == record.members }) else {
          // The files are named by the id, so nobody can say whose they are.
          skip(
            record, id: id, field: "id", "\(same.count) different submissions have this id",
            "give each its own id", &defects)
          continue
        }
        defects.note(
          record.file, record.label, "id", "is listed \(same.count) times, always the same",
          remedy: "list it once")
      }
      one(record, id: id, &defects)
    }
    let before = { (a: (ContestTime?, String), b: (ContestTime?, String)) in
      let (x, y) = (a.0?.milliseconds ?? .max, b.0?.milliseconds ?? .max)
      return x == y ? idPrecedes(a.1, b.1) : x < y
    }
    judgeable.sort { before(($0.contestTime, $0.id), ($1.contestTime, $1.id)) }
    skipped.sort { before(($0.contestTime, $0.id), ($1.contestTime, $1.id)) }
  }

  private mutating func skip(
    _ record: Record, id: String, file: String? = nil, field: String, _ problem: String,
    _ remedy: String, _ defects: inout DefectList
  ) {
    defects.add(
      Defect(
        .skipped, file: file ?? record.file, object: record.label, field: field, problem: problem,
        remedy: remedy))
    let reason = (field.isEmpty ? "" : field + " ") + problem
    // One submission may have several; they come one after the other.
    if let last = skipped.indices.last, skipped[last].id == id {
      skipped[last].reason += "; " + reason
      return
    }
    // Read quietly: what is wrong with these fields has been said or does not matter any more.
    var ignored = DefectList()
    skipped.append(
      SkippedSubmission(
        id: id, team: record.text("team_id", &ignored),
        problem: record.text("problem_id", &ignored),
        language: record.text("language_id", &ignored),
        contestTime: record.text("contest_time", &ignored).flatMap(ContestTime.init),
        reason: reason))
  }

  private mutating func one(_ record: Record, id: String, _ defects: inout DefectList) {
    var isUsable = true
    let problem = record.text("problem_id", &defects)
    if problem == nil {
      isUsable = false
      skip(
        record, id: id, field: "problem_id", "is missing", "name the problem", &defects)
    } else if let problem, let problems, !problems.contains(problem) {
      isUsable = false
      skip(
        record, id: id, field: "problem_id",
        "names no problem (\(problem.plainLine(limit: 60)))",
        "add the problem to problems.json or correct the id", &defects)
    }
    let language = record.text("language_id", &defects)
    if let language {
      if !languages.isEmpty, !languages.contains(language) {
        defects.note(
          record.file, record.label, "language_id",
          "\"\(language.plainLine(limit: 60))\" is not in languages.json",
          remedy: "add the language to languages.json")
      }
    } else {
      isUsable = false
      skip(
        record, id: id, field: "language_id", "is missing", "name the language", &defects)
    }
    let team = record.text("team_id", &defects)
    let entryPoint = record.text("entry_point", &defects)
    // What a scheduler refuses would be refused together with everybody else's submissions.
    for (field, text, limit) in [
      ("language_id", language, Self.languageLimit), ("team_id", team, Self.teamLimit),
      ("entry_point", entryPoint, SourceFiles.nameLimit),
    ] {
      guard let text, text.utf8.count > limit || text.unicodeScalars.contains(where: \.isControl)
      else { continue }
      isUsable = false
      skip(
        record, id: id, field: field, "is not printable text of at most \(limit) bytes",
        "correct or shorten it", &defects)
    }
    if let team, !teams.isEmpty, !teams.contains(team) {
      defects.note(
        record.file, record.label, "team_id", "names no team (\(team.plainLine(limit: 60)))",
        remedy: "add the team to teams.json; the submission is judged all the same")
    }
    let time = contestTime(record, &defects)
    guard let sources = sources(record, id: id, &defects), isUsable, let problem, let language
    else { return }
    judgeable.append(
      ContestSubmission(
        id: id, team: team, problem: problem, language: language, contestTime: time,
        program: Program(
          language: LanguageID(language),
          // A file that got a plainer name keeps being the one to run.
          entryPoint: entryPoint.map { entry in
            let plain = SourceFiles.plainName(entry)
            return sources.files.contains { $0.name == plain } ? plain : entry
          },
          files: sources.files)))
  }

  private func contestTime(_ record: Record, _ defects: inout DefectList) -> ContestTime? {
    let text = record.text("contest_time", &defects)
    if let time = text.flatMap(ContestTime.init) { return time }
    let absolute = record.text("time", &defects).flatMap(ClicsTime.milliseconds(ofTime:))
    let computed: ContestTime? =
      if let absolute, let contestStart {
        ContestTime(milliseconds: absolute - contestStart)
      } else {
        nil
      }
    defects.note(
      record.file, record.label, "contest_time",
      (text.map { "\"\($0.plainLine(limit: 40))\" is not a time" } ?? "is missing")
        + (computed == nil ? "" : "; it is computed from time and start_time"),
      remedy: "write h:mm:ss.uuu")
    return computed
  }

  private mutating func sources(
    _ record: Record, id: String, _ defects: inout DefectList
  ) -> SourceFiles? {
    guard Self.isPathComponent(id) else {
      skip(
        record, id: id, field: "id", "cannot be the name of a folder",
        "use letters, digits, _ . and - only, not starting with . or -", &defects)
      return nil
    }
    let place = locate(record, id: id)
    do throws(ArchiveTrouble) {
      guard let sources = try load(place), !sources.files.isEmpty else {
        throw ArchiveTrouble(
          problem: place == nil ? "has no files" : "there are no files inside")
      }
      for note in sources.notes {
        defects.note(
          place?.path ?? "", record.label, "", note, remedy: "nothing, unless it does not compile")
      }
      return sources
    } catch {
      skip(
        record, id: id, file: place?.path ?? "submissions/\(id)/files.zip", field: "",
        error.problem,
        place == nil
          ? "add submissions/\(id)/files.zip (URLs in the archive are never followed)"
          : "export the files of this submission again", &defects)
      return nil
    }
  }

  private enum Place: Equatable {
    case zip(String)
    case folder(String)
    var path: String {
      switch self {
      case .zip(let path), .folder(let path): path
      }
    }
  }

  /// The places exporters use, the format's own first.
  private func locate(_ record: Record, id: String) -> Place? {
    let folder = "submissions/" + id
    let inside = files.entries(in: folder)
    var names: [String] = ["files.zip"]
    if case .array(let references)? = record.members["files"] {
      for case .object(let reference) in references {
        guard case .string(let name)? = reference["filename"], Self.isPathComponent(name) else {
          continue
        }
        names.append(name)
      }
    }
    for name in names where name.lowercased().hasSuffix(".zip") {
      if inside.contains(PackageFileEntry(name: name, isFolder: false)) {
        return .zip(folder + "/" + name)
      }
    }
    if inSubmissions.contains(PackageFileEntry(name: id + ".zip", isFolder: false)) {
      return .zip(folder + ".zip")
    }
    if inside.count == 1, let only = inside.first, !only.isFolder,
      only.name.lowercased().hasSuffix(".zip")
    {
      return .zip(folder + "/" + only.name)
    }
    return inside.isEmpty ? nil : .folder(folder)
  }

  private func load(_ place: Place?) throws(ArchiveTrouble) -> SourceFiles? {
    switch place {
    case nil: return nil
    case .zip(let path):
      let bytes: [UInt8]?
      do throws(FileTrouble) {
        bytes = try files.contents(path, limit: ContestPackage.zipLimit)
      } catch {
        throw ArchiveTrouble(problem: error.problem)
      }
      return try bytes.map { bytes throws(ArchiveTrouble) in
        try SourceFiles.unpacked(zip: bytes)
      }
    case .folder(let path):
      var sources = SourceFiles()
      try sources.addFolder(path, in: files)
      return sources
    }
  }

  /// The format's rule for ids, except that longer ones than 36 characters do no harm.
  private static func isPathComponent(_ id: String) -> Bool {
    let bytes = id.utf8
    return (1...128).contains(bytes.count) && bytes.first != UInt8(ascii: ".")
      && bytes.first != UInt8(ascii: "-")
      && bytes.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
      }
  }
}

extension SourceFiles {
  /// Everything below a folder that can be source text, sorted by name.
  mutating func addFolder(
    _ folder: String, in files: some PackageFiles
  ) throws(ArchiveTrouble) {
    var pending = [""]
    var visited = 0
    while let prefix = pending.popLast() {
      let here = prefix.isEmpty ? folder : folder + "/" + prefix
      for entry in files.entries(in: here) {
        visited += 1
        guard visited <= 4 * Self.countLimit else {
          throw ArchiveTrouble(problem: "more than \(4 * Self.countLimit) files and folders")
        }
        let name = prefix.isEmpty ? entry.name : prefix + "/" + entry.name
        // `reaction` is a video of the team, which the format keeps beside the source text.
        if prefix.isEmpty, entry.name.hasPrefix("reaction") || Self.isDebris(name) { continue }
        if entry.isFolder {
          pending.append(name)
          continue
        }
        let contents: [UInt8]
        do throws(FileTrouble) {
          guard let bytes = try files.contents(folder + "/" + name, limit: remainingBytes) else {
            throw .unreadable("a link to nothing")
          }
          contents = bytes
        } catch .tooLarge {
          throw Self.tooLarge
        } catch {
          throw ArchiveTrouble(problem: "\"\(name.plainLine(limit: 80))\" \(error.problem)")
        }
        try add(name: name, contents: contents)
      }
    }
  }
}
