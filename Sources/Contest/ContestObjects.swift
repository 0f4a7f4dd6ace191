/// The plain lists of a contest: what can be wrong with them costs a name in the report, never a
/// submission.
enum ContestObjects {
  static func contest(
    _ records: RecordSet, fallbackID: String, _ defects: inout DefectList
  ) -> ContestInfo {
    guard let record = records[.contest].first else {
      return ContestInfo(id: fallbackID, name: fallbackID)
    }
    let id = record.text("id", &defects)
    if id == nil {
      defects.note(
        record.file, "", "id", "is missing", remedy: "add it; until then \"\(fallbackID)\" is used")
    }
    let name = record.text("formal_name", &defects) ?? record.text("name", &defects)
    return ContestInfo(
      id: id ?? fallbackID, name: name ?? id ?? fallbackID,
      startTime: record.text("start_time", &defects),
      duration: record.text("duration", &defects))
  }

  static func problems(_ records: [Record], _ defects: inout DefectList) -> [ContestProblem] {
    let problems = unique(records, &defects).map { id, record in
      ContestProblem(
        id: id,
        label: record.text("label", &defects) ?? record.text("short_name", &defects),
        name: record.text("name", &defects),
        shortName: record.text("short_name", &defects),
        uuid: record.text("uuid", &defects),
        ordinal: record.integer("ordinal", &defects),
        timeLimitMilliseconds: record.seconds("time_limit", &defects),
        testcaseCount: record.integer("test_data_count", &defects))
    }
    return problems.sorted { a, b in
      if a.ordinal != b.ordinal { return (a.ordinal ?? .max) < (b.ordinal ?? .max) }
      return a.label == b.label ? idPrecedes(a.id, b.id) : idPrecedes(a.label, b.label)
    }
  }

  static func languages(_ records: [Record], _ defects: inout DefectList) -> [ContestLanguage] {
    unique(records, &defects).map { id, record in
      var extensions: [String] = []
      if case .array(let values)? = record.members["extensions"] {
        for case .string(let text) in values { extensions.append(text) }
      }
      return ContestLanguage(
        id: id, name: record.text("name", &defects), extensions: extensions)
    }.sorted { idPrecedes($0.id, $1.id) }
  }

  static func teams(_ records: [Record], _ defects: inout DefectList) -> [ContestTeam] {
    unique(records, &defects).map { id, record in
      ContestTeam(
        id: id, name: record.text("display_name", &defects) ?? record.text("name", &defects))
    }.sorted { idPrecedes($0.id, $1.id) }
  }

  static func judgementTypes(
    _ records: [Record], _ defects: inout DefectList
  ) -> [JudgementType] {
    unique(records, &defects).map { id, record in
      JudgementType(
        id: id, name: record.text("name", &defects),
        solved: record.flag("solved", &defects) ?? (id == "AC"),
        penalty: record.flag("penalty", &defects) ?? false,
        simplified: record.text("simplified_judgement_type_id", &defects))
    }.sorted { idPrecedes($0.id, $1.id) }
  }

  /// Records with an id, the first of each.
  private static func unique(
    _ records: [Record], _ defects: inout DefectList
  ) -> [(id: String, record: Record)] {
    var seen: Set<String> = []
    var out: [(id: String, record: Record)] = []
    for record in records {
      guard let id = record.text("id", &defects) else {
        defects.note(record.file, record.label, "id", "is missing", remedy: "give it an id")
        continue
      }
      if seen.insert(id).inserted {
        out.append((id, record))
      } else {
        defects.note(
          record.file, record.label, "id", "is used twice; the first object counts",
          remedy: "give each its own id")
      }
    }
    return out
  }
}
