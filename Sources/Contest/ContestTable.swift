import JudgeModel

/// The archive that every site can make: a table of submissions beside a directory of sources.
///
/// First line: the names of the columns, in any order. Required are `submission_id`, `problem`,
/// `language` and `path` (a file, a folder or a zip file, relative to the table); `team_id`,
/// `contest_time`, `old_verdict` and `entry_point` may be there. Comma or semicolon, quotes as in
/// RFC 4180, UTF-8.
enum ContestTable {
  static let sizeLimit = 64 << 20

  static func read(_ path: String) throws(ContestUnreadable) -> ContestReading {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.last.map(String.init) ?? path
    let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "."
    var defects = DefectList()
    let fatal = { (problem: String, remedy: String, defects: DefectList) in
      ContestUnreadable(
        path: path,
        defects: defects.all + [Defect(.fatal, file: name, problem: problem, remedy: remedy)])
    }
    var bytes: [UInt8]?
    let files = DirectoryFiles(folder)
    do throws(FileTrouble) {
      bytes = try files?.contents(name, limit: sizeLimit)
    } catch {
      throw fatal(error.problem, "name a plain .csv file", defects)
    }
    guard let files, let bytes else {
      throw fatal("there is no such file", "name a .csv file or a contest package", defects)
    }
    var rows = Self.rows(bytes)
    guard let header = rows.first?.cells.map({ $0.trimmingBlanks.lowercased() }) else {
      throw fatal("is empty", "write the column names into the first line", defects)
    }
    rows.removeFirst()
    let columns = Dictionary(zip(header, header.indices), uniquingKeysWith: { first, _ in first })
    let absent = ["submission_id", "problem", "language", "path"].filter { columns[$0] == nil }
    guard absent.isEmpty else {
      throw fatal(
        "has no column \(absent.joined(separator: ", "))",
        "write the column names into the first line", defects)
    }
    var reader = RowReader(files: files, file: name, columns: columns)
    for row in rows where !row.cells.allSatisfy({ $0.trimmingBlanks.isEmpty }) {
      reader.read(row, &defects)
    }
    guard !reader.submissions.isEmpty else {
      throw fatal("not one submission in it can be judged", "mend what is listed here", defects)
    }
    let id = name.lowercased().hasSuffix(".csv") ? String(name.dropLast(4)) : name
    return ContestReading(
      contest: ContestInfo(id: id, name: id),
      problems: ContestPackage.problems(of: reader.submissions),
      teams: Set(reader.submissions.compactMap(\.team)).sorted(by: idPrecedes).map {
        ContestTeam(id: $0)
      },
      submissions: reader.submissions.sorted {
        let (x, y) = ($0.contestTime?.milliseconds ?? .max, $1.contestTime?.milliseconds ?? .max)
        return x == y ? idPrecedes($0.id, $1.id) : x < y
      },
      skipped: reader.skipped, judgements: reader.judgements, defects: defects.all)
  }

  struct Row {
    var line: Int
    var cells: [String]
  }

  /// RFC 4180 without complaints: a quote that never ends takes the rest of the file, and the row
  /// will then have a wrong number of cells.
  static func rows(_ bytes: [UInt8]) -> [Row] {
    var text = bytes[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    let firstLine = text.prefix { $0 != 10 }
    let count = { (c: UInt8) in firstLine.count { $0 == c } }
    let separator = count(UInt8(ascii: ";")) > count(UInt8(ascii: ",")) ? UInt8(ascii: ";") : 44
    var rows: [Row] = []
    var cells: [String] = []
    var cell: [UInt8] = []
    var line = 1
    var rowLine = 1
    var isQuoted = false
    var at = text.startIndex
    let endCell = { (cells: inout [String], cell: inout [UInt8]) in
      cells.append(String(decoding: cell, as: UTF8.self))
      cell = []
    }
    while at < text.endIndex {
      let byte = text[at]
      at += 1
      if byte == 10 { line += 1 }
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          cell.append(byte)
        } else if at < text.endIndex, text[at] == UInt8(ascii: "\"") {
          cell.append(byte)
          at += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), cell.isEmpty {
        isQuoted = true
      } else if byte == separator {
        endCell(&cells, &cell)
      } else if byte == 10 {
        if cell.last == 13 { cell.removeLast() }
        endCell(&cells, &cell)
        rows.append(Row(line: rowLine, cells: cells))
        cells = []
        rowLine = line
      } else {
        cell.append(byte)
      }
    }
    if !cell.isEmpty || !cells.isEmpty {
      endCell(&cells, &cell)
      rows.append(Row(line: rowLine, cells: cells))
    }
    return rows
  }

  private struct RowReader {
    let files: DirectoryFiles
    let file: String
    let columns: [String: Int]
    var submissions: [ContestSubmission] = []
    var skipped: [SkippedSubmission] = []
    var judgements: [String: OldJudgement] = [:]
    private var seen: Set<String> = []

    init(files: DirectoryFiles, file: String, columns: [String: Int]) {
      self.files = files
      self.file = file
      self.columns = columns
    }

    private func cell(_ row: Row, _ column: String) -> String? {
      guard let index = columns[column], index < row.cells.count else { return nil }
      let text = row.cells[index].trimmingBlanks
      return text.isEmpty ? nil : text
    }

    mutating func read(_ row: Row, _ defects: inout DefectList) {
      let label = "line \(row.line)"
      let id = cell(row, "submission_id")
      let time = cell(row, "contest_time")
      let contestTime = time.flatMap(ContestTime.init)
      if let time, contestTime == nil {
        defects.note(
          file, label, "contest_time", "\"\(time.plainLine(limit: 40))\" is not a time",
          remedy: "write h:mm:ss")
      }
      do throws(ArchiveTrouble) {
        guard let id else { throw ArchiveTrouble(problem: "submission_id is missing") }
        guard seen.insert(id).inserted else {
          throw ArchiveTrouble(problem: "submission_id \(id) is used twice")
        }
        guard let problem = cell(row, "problem") else {
          throw ArchiveTrouble(problem: "problem is missing")
        }
        guard let language = cell(row, "language") else {
          throw ArchiveTrouble(problem: "language is missing")
        }
        guard let path = cell(row, "path") else {
          throw ArchiveTrouble(problem: "path is missing")
        }
        let sources = try load(path)
        for note in sources.notes {
          defects.note(file, label, "path", note, remedy: "nothing, unless it does not compile")
        }
        submissions.append(
          ContestSubmission(
            id: id, team: cell(row, "team_id"), problem: problem, language: language,
            contestTime: contestTime,
            program: Program(
              language: LanguageID(language), entryPoint: cell(row, "entry_point"),
              files: sources.files)))
        if let verdict = cell(row, "old_verdict") {
          judgements[id] = OldJudgement(id: "old-" + id, submission: id, type: verdict)
        }
      } catch {
        defects.add(
          Defect(
            .skipped, file: file, object: label, problem: error.problem,
            remedy: "correct the line or the file it names"))
        skipped.append(
          SkippedSubmission(
            id: id ?? "(\(label))", team: cell(row, "team_id"), problem: cell(row, "problem"),
            language: cell(row, "language"), contestTime: contestTime, reason: error.problem))
      }
    }

    private func load(_ path: String) throws(ArchiveTrouble) -> SourceFiles {
      let shown = "path \"\(path.plainLine(limit: 80))\""
      if let reason = SourceFiles.hostility(of: path) {
        throw ArchiveTrouble(problem: "\(shown) \(reason)")
      }
      var sources = SourceFiles()
      let isZip = path.lowercased().hasSuffix(".zip")
      do throws(FileTrouble) {
        guard
          let bytes = try files.contents(
            path, limit: isZip ? ContestPackage.zipLimit : Program.byteLimit)
        else { throw .unreadable("there is no such file") }
        if isZip {
          sources = try unpack(bytes)
        } else {
          let name = path.split(separator: "/").last.map(String.init) ?? path
          try add(name, bytes, to: &sources)
        }
      } catch .notAFile {
        try sources.addFolder(path, in: files)
      } catch {
        throw ArchiveTrouble(problem: "\(shown) \(error.problem)")
      }
      guard !sources.files.isEmpty else {
        throw ArchiveTrouble(problem: "\(shown) holds no files")
      }
      return sources
    }

    private func unpack(_ bytes: [UInt8]) throws(FileTrouble) -> SourceFiles {
      do throws(ArchiveTrouble) {
        return try SourceFiles.unpacked(zip: bytes)
      } catch {
        throw .unreadable(error.problem)
      }
    }

    private func add(
      _ name: String, _ bytes: [UInt8], to sources: inout SourceFiles
    ) throws(FileTrouble) {
      do throws(ArchiveTrouble) {
        try sources.add(name: name, contents: bytes)
      } catch {
        throw .unreadable(error.problem)
      }
    }
  }
}
