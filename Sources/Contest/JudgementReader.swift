import JudgeModel

/// Finds the judgement that counts for every submission, and its runs.
///
/// The format marks it with `current`, which defaults to true, and many exports leave it out while
/// keeping rejudged ones. So: judgements marked `current: false` (or `valid: false`, as DOMjudge has
/// it) are out; if any of the rest says `current: true`, the ones that do not are out as well; of
/// what remains the one that ended last counts, and the later in the file of two that tie.
struct JudgementReader {
  private(set) var current: [String: OldJudgement] = [:]
  private let types: Set<String>
  private let submissions: Set<String>

  private struct Candidate {
    var record: Record
    var id: String
    var isMarked: Bool
    var endMilliseconds: Int64
    var position: Int
  }

  init(types: [JudgementType], submissions: Set<String>) {
    self.types = Set(types.map(\.id))
    self.submissions = submissions
  }

  mutating func read(_ records: [Record], _ defects: inout DefectList) {
    var candidates: [String: [Candidate]] = [:]
    var order: [String] = []
    var ids: Set<String> = []
    for (position, record) in records.enumerated() {
      guard let id = record.text("id", &defects) else {
        defects.note(record.file, record.label, "id", "is missing", remedy: "give it an id")
        continue
      }
      guard let submission = record.text("submission_id", &defects) else {
        defects.note(
          record.file, record.label, "submission_id", "is missing", remedy: "name the submission")
        continue
      }
      guard submissions.contains(submission) else {
        defects.note(
          record.file, record.label, "submission_id",
          "names no submission (\(submission.plainLine(limit: 60)))",
          remedy: "export submissions and judgements together")
        continue
      }
      guard ids.insert(id).inserted else {
        defects.note(
          record.file, record.label, "id", "is used twice; the first object counts",
          remedy: "give each its own id")
        continue
      }
      let mark = record.flag("current", &defects)
      if mark == false || record.flag("valid", &defects) == false { continue }
      if candidates[submission] == nil { order.append(submission) }
      candidates[submission, default: []].append(
        Candidate(
          record: record, id: id, isMarked: mark == true,
          endMilliseconds: end(of: record, &defects), position: position))
    }
    for submission in order {
      choose(candidates[submission] ?? [], for: submission, &defects)
    }
  }

  private func end(of record: Record, _ defects: inout DefectList) -> Int64 {
    guard let text = record.text("end_time", &defects) else { return .min }
    if let value = ClicsTime.milliseconds(ofTime: text) { return value }
    defects.note(
      record.file, record.label, "end_time", "\"\(text.plainLine(limit: 40))\" is not a time",
      remedy: "write yyyy-mm-ddThh:mm:ss.uuu+zz:mm")
    return .min
  }

  private mutating func choose(
    _ all: [Candidate], for submission: String, _ defects: inout DefectList
  ) {
    let marked = all.filter(\.isMarked)
    if marked.count > 1, let record = marked.last?.record {
      defects.note(
        record.file, record.label, "current",
        "\(marked.count) judgements of submission \(submission) are current; the last one counts",
        remedy: "mark one of them")
    }
    guard
      let chosen = (marked.isEmpty ? all : marked).max(by: {
        ($0.endMilliseconds, $0.position) < ($1.endMilliseconds, $1.position)
      })
    else { return }
    let record = chosen.record
    guard
      let type = record.text("judgement_type_id", &defects)
        ?? record.text("simplified_judgement_type_id", &defects)
    else {
      defects.note(
        record.file, record.label, "judgement_type_id",
        "is null: submission \(submission) had no verdict",
        remedy: "nothing, if the contest ended like this")
      return
    }
    if !types.isEmpty, !types.contains(type) {
      defects.note(
        record.file, record.label, "judgement_type_id",
        "\"\(type.plainLine(limit: 40))\" is not in judgement-types.json", remedy: "add the type")
    }
    var score: Score?
    if case .number(let text)? = record.members["score"] { score = Score(text) }
    current[submission] = OldJudgement(
      id: chosen.id, submission: submission, type: type, score: score,
      startTime: record.text("start_time", &defects), endTime: record.text("end_time", &defects),
      maxRunMilliseconds: record.seconds("max_run_time", &defects))
  }

  /// Runs of the judgements that count, by judgement id.
  func runs(_ records: [Record], _ defects: inout DefectList) -> [String: [OldRun]] {
    let wanted = Set(current.values.map(\.id))
    var out: [String: [OldRun]] = [:]
    var countsFromZero = false
    for record in records {
      guard let judgement = record.text("judgement_id", &defects), wanted.contains(judgement),
        let type = record.text("judgement_type_id", &defects)
      else { continue }
      guard let ordinal = record.integer("ordinal", &defects), (0...1_000_000).contains(ordinal)
      else {
        defects.note(
          record.file, record.label, "ordinal", "is missing or out of range",
          remedy: "number the runs of a judgement from 1")
        continue
      }
      countsFromZero = countsFromZero || ordinal == 0
      out[judgement, default: []].append(
        OldRun(
          ordinal: ordinal, type: type, runMilliseconds: record.seconds("run_time", &defects)))
    }
    return out.mapValues { runs in
      runs.map { run in
        var run = run
        if countsFromZero { run.ordinal += 1 }
        return run
      }.sorted { $0.ordinal < $1.ordinal }
    }
  }
}
