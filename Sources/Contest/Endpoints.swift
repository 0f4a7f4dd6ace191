/// The lists of objects that a contest archive consists of.
enum Endpoint: String, CaseIterable {
  case contest
  case judgementTypes = "judgement-types"
  case languages
  case problems
  case teams
  case submissions
  case judgements
  case runs

  var fileName: String { rawValue + ".json" }
  /// What one of its objects is called in a message.
  var singular: String {
    switch self {
    case .contest: "contest"
    case .judgementTypes: "judgement type"
    case .languages: "language"
    case .problems: "problem"
    case .teams: "team"
    case .submissions: "submission"
    case .judgements: "judgement"
    case .runs: "run"
    }
  }

  /// The event feed's name for it; old feeds say `contests`.
  init?(eventType: String) {
    self.init(rawValue: eventType == "contests" ? "contest" : eventType)
  }
}

/// One object of an endpoint, and where it was found.
struct Record {
  var members: [String: JSONValue]
  /// `submissions.json` or `event-feed.ndjson`.
  var file: String
  /// `submission 17`, or `entry 3` when it has no usable id.
  var label: String

  /// A string; a number is taken as its text, because some exporters write ids so. Blank is absent.
  /// Another type is a defect and absent.
  func text(_ field: String, _ defects: inout DefectList) -> String? {
    switch members[field] {
    case nil, .null: return nil
    case .string(let value):
      let trimmed = value.trimmingBlanks
      return trimmed.isEmpty ? nil : trimmed
    case .number(let value): return value
    case let other?:
      wrongType(field, other, wanted: "a string", &defects)
      return nil
    }
  }

  func flag(_ field: String, _ defects: inout DefectList) -> Bool? {
    switch members[field] {
    case nil, .null: return nil
    case .bool(let value): return value
    case .number("0"), .string("false"): return false
    case .number("1"), .string("true"): return true
    case let other?:
      wrongType(field, other, wanted: "true or false", &defects)
      return nil
    }
  }

  func integer(_ field: String, _ defects: inout DefectList) -> Int64? {
    switch members[field] {
    case nil, .null: return nil
    case .number(let text), .string(let text):
      if let value = Int64(text) { return value }
      defects.note(
        file, label, field, "\"\(text.plainLine(limit: 40))\" is not an integer",
        remedy: "write a whole number")
      return nil
    case let other?:
      wrongType(field, other, wanted: "an integer", &defects)
      return nil
    }
  }

  /// A time in seconds as a decimal number, to milliseconds.
  func seconds(_ field: String, _ defects: inout DefectList) -> Int64? {
    switch members[field] {
    case nil, .null: return nil
    case .number(let text), .string(let text):
      if let value = ClicsTime.milliseconds(ofSeconds: text) { return value }
      defects.note(
        file, label, field, "\"\(text.plainLine(limit: 40))\" is not a number of seconds",
        remedy: "write a decimal number such as 0.123")
      return nil
    case let other?:
      wrongType(field, other, wanted: "a number", &defects)
      return nil
    }
  }

  private func wrongType(
    _ field: String, _ value: JSONValue, wanted: String, _ defects: inout DefectList
  ) {
    defects.note(
      file, label, field, "is \(value.kind) where \(wanted) belongs", remedy: "write \(wanted)")
  }
}

/// All records of an archive, from `<endpoint>.json` where there is one and else from the event feed.
struct RecordSet {
  private(set) var records: [Endpoint: [Record]] = [:]
  /// Endpoints that neither a file nor the feed has.
  private(set) var absent: Set<Endpoint> = []

  /// Bytes of one endpoint file. The largest real ones, the runs of a world final, have some ten.
  static let endpointLimit = 128 << 20
  static let feedLimit = 512 << 20
  static let feedName = "event-feed.ndjson"

  subscript(endpoint: Endpoint) -> [Record] { records[endpoint] ?? [] }

  static func read(_ files: some PackageFiles, _ defects: inout DefectList) -> RecordSet {
    var set = RecordSet()
    var unusable: Set<Endpoint> = []
    for endpoint in Endpoint.allCases {
      switch Self.file(endpoint.fileName, files, limit: endpointLimit, &defects) {
      case nil: set.absent.insert(endpoint)
      case .some(let bytes):
        set.records[endpoint] = bytes.flatMap { list(endpoint, bytes: $0, &defects) }
        if set.records[endpoint] == nil { unusable.insert(endpoint) }
      }
    }
    let wanted = set.absent.union(unusable)
    guard !wanted.isEmpty,
      case .some(let feed?) = Self.file(feedName, files, limit: feedLimit, &defects)
    else { return set }
    var replay = EventFeed(wanted: wanted)
    replay.read(feed, &defects)
    for endpoint in Endpoint.allCases where wanted.contains(endpoint) {
      guard let objects = replay.objects(of: endpoint) else { continue }
      set.records[endpoint] = records(endpoint, objects, file: feedName, &defects)
      set.absent.remove(endpoint)
    }
    return set
  }

  /// nil: absent. `.some(nil)`: there, but of no use; a defect says why.
  private static func file(
    _ path: String, _ files: some PackageFiles, limit: Int, _ defects: inout DefectList
  ) -> [UInt8]?? {
    do throws(FileTrouble) {
      return try files.contents(path, limit: limit).map { .some($0) }
    } catch {
      defects.note(
        path, "", "", error.problem, remedy: "put a plain file of reasonable size in its place")
      return .some(nil)
    }
  }

  private static func list(
    _ endpoint: Endpoint, bytes: [UInt8], _ defects: inout DefectList
  ) -> [Record]? {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONParser.parse(bytes)
    } catch {
      defects.note(
        endpoint.fileName, "line \(error.line), column \(error.column)", "",
        "not JSON: \(error.problem.plainLine(limit: 120))",
        remedy: bytes.isEmpty
          ? "export it again or remove the empty file" : "mend or export it again")
      return nil
    }
    switch value {
    case .array(let elements):
      return records(endpoint, elements, file: endpoint.fileName, &defects)
    case .object where endpoint == .contest:
      return records(endpoint, [value], file: endpoint.fileName, &defects)
    default:
      let wanted = endpoint == .contest ? "an object" : "an array of objects"
      defects.note(
        endpoint.fileName, "", "", "holds \(value.kind) where \(wanted) belongs",
        remedy: "write \(wanted)")
      return nil
    }
  }

  private static func records(
    _ endpoint: Endpoint, _ values: [JSONValue], file: String, _ defects: inout DefectList
  ) -> [Record] {
    var out: [Record] = []
    out.reserveCapacity(values.count)
    for (i, value) in values.enumerated() {
      guard case .object(let members) = value else {
        // Even then it may have been somebody's submission, and is counted as one.
        defects.note(
          file, "entry \(i + 1)", "", "is \(value.kind) where an object belongs",
          remedy: "write one \(endpoint.singular) as an object")
        if endpoint == .submissions {
          out.append(Record(members: [:], file: file, label: "entry \(i + 1)"))
        }
        continue
      }
      var label = "entry \(i + 1)"
      switch members["id"] {
      case .string(let id), .number(let id):
        label = endpoint.singular + " " + id.plainLine(limit: 60)
      default: break
      }
      out.append(Record(members: members, file: file, label: label))
    }
    return out
  }
}
