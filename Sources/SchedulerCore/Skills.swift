internal import JudgeModel
internal import Messages

/// What a worker can do, packages apart.
struct Skills: Hashable {
  var languages: Set<LanguageID>
  var labels: Set<Label>

  init(languages: Set<LanguageID> = [], labels: Set<Label> = []) {
    self.languages = languages
    self.labels = labels
  }

  init(_ hello: WorkerHello) {
    self.init(languages: Set(hello.languages.map(\.language)), labels: Set(hello.labels))
  }

  func meet(_ demand: Demand) -> Bool {
    languages.contains(demand.language) && demand.labels.allSatisfy { labels.contains($0) }
  }
}

/// What a judging asks of a worker, the package apart.
struct Demand: Hashable {
  var language: LanguageID
  /// Sorted.
  var labels: [Label]
}

extension JudgingOrder {
  var demand: Demand { Demand(language: language, labels: requires) }
}

/// Gives equal values the same small number.
struct Numbering<Value: Hashable & Sendable> {
  private var numbers: [Value: Int] = [:]
  private var values: [Value] = []
  var count: Int { values.count }
  subscript(number: Int) -> Value { values[number] }

  mutating func number(_ value: Value) -> Int {
    if let known = numbers[value] { return known }
    numbers[value] = values.count
    values.append(value)
    return values.count - 1
  }
}

/// Which skills meet which demands, worked out once: it is asked for each kind of waiting work whenever
/// a worker looks for some.
struct Abilities {
  /// By the number of the skills, then by that of the demand.
  private var meets: [[Bool]] = []

  mutating func catchUp(_ skills: Numbering<Skills>, _ demands: Numbering<Demand>) {
    while meets.count < skills.count { meets.append([]) }
    guard meets.contains(where: { $0.count < demands.count }) else { return }
    for set in meets.indices {
      for demand in meets[set].count..<demands.count {
        meets[set].append(skills[set].meet(demands[demand]))
      }
    }
  }

  /// Nil when it was not worked out yet.
  func isAble(_ skillSet: Int, to demand: Int) -> Bool? {
    guard skillSet < meets.count, demand < meets[skillSet].count else { return nil }
    return meets[skillSet][demand]
  }
}
