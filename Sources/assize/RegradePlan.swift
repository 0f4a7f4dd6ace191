import Contest
import Evaluation
import JudgeModel
import Messages

/// Which submission of a contest is judged with which package, and which cannot be judged and why.
struct RegradePlan {
  struct Item {
    var submission: ContestSubmission
    var package: RegradePackages.Package
    var program: Program
  }
  private(set) var items: [Item] = []
  /// Reason by submission id.
  private(set) var notJudged: [String: String] = [:]

  init(
    _ reading: ContestReading, _ matching: ProblemMatching, _ packages: RegradePackages,
    _ languages: LanguageTable
  ) {
    var packageOf: [String: RegradePackages.Package] = [:]
    var reasonOf: [String: String] = [:]
    for row in matching.rows {
      if let name = row.package?.name, let package = packages.byName[name] {
        packageOf[row.problem.id] = package
      } else if packages.broken[row.problem.id] != nil {
        reasonOf[row.problem.id] = "its problem package has errors: `assize pack check` lists them"
      } else {
        reasonOf[row.problem.id] = row.reason
      }
    }
    let known = LanguageMatching(table: languages, contest: reading.languages)
    for submission in reading.submissions {
      guard let package = packageOf[submission.problem] else {
        notJudged[submission.id] =
          reasonOf[submission.problem] ?? "there is no package for problem \(submission.problem)"
        continue
      }
      guard let language = known.language(of: submission) else {
        notJudged[submission.id] =
          "the language table has no language for \(submission.language): add it with --languages"
        continue
      }
      var program = submission.program
      program.language = language.id
      items.append(Item(submission: submission, package: package, program: program))
    }
  }

  /// Takes out what no worker here can judge.
  mutating func exclude(
    languagesOtherThan available: Set<LanguageID>, reason: (LanguageID) -> String
  ) {
    for item in items where !available.contains(item.program.language) {
      notJudged[item.submission.id] = reason(item.program.language)
    }
    items.removeAll { !available.contains($0.program.language) }
  }

  /// Packages that are needed, each once, by name.
  var packages: [RegradePackages.Package] {
    var seen: Set<Digest> = []
    return items.map(\.package).filter { seen.insert($0.digest).inserted }
      .sorted { $0.manifest.problem < $1.manifest.problem }
  }

  /// On how many of the workers each package is worth having: about its share of the judgings, and at
  /// least one. Those with most judgings first.
  func replicas(onWorkers workers: Int) -> [(package: Digest, workers: Int32)] {
    guard workers > 0 else { return [] }
    var counts: [Digest: Int] = [:]
    for item in items { counts[item.package.digest, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { package, count in
      let share = (count * workers + items.count / 2) / items.count
      return (package, Int32(clamping: max(1, share)))
    }
  }

  /// - Parameter requires: labels that the workers must have.
  func requests(batch: BatchID, requires: [Label]) -> [JudgingRequest] {
    items.map { item in
      JudgingRequest(
        key: item.submission.id, team: item.submission.team ?? "", program: item.program,
        package: item.package.digest, mode: .full, priority: .regrade, batch: batch,
        requires: requires)
    }
  }
}

/// Finds our language for what a contest archive calls one: contests name them freely (`cpp17`,
/// `1-java`, `py3`).
struct LanguageMatching {
  let table: LanguageTable
  let contest: [ContestLanguage]

  private static let aliases: [String: String] = [
    "c++": "cpp", "cc": "cpp", "py": "python3", "py3": "python3", "python": "python3",
    "pypy3": "python3", "js": "javascript", "node": "javascript", "nodejs": "javascript",
    "golang": "go", "rs": "rust",
  ]

  func language(of submission: ContestSubmission) -> Language? {
    let id = submission.language.lowercased()
    if let exact = table[LanguageID(id)] { return exact }
    if let alias = Self.aliases[id], let language = table[LanguageID(alias)] { return language }
    // `cpp17`, `java-11`: the name without its version.
    let stem = String(id.prefix { $0.isLetter || $0 == "+" })
    if let language = table[LanguageID(Self.aliases[stem] ?? stem)] { return language }
    let extensions = contest.first { $0.id == submission.language }?.extensions ?? []
    if let language = table.languages.first(where: {
      !Set($0.extensions).isDisjoint(with: extensions)
    }) {
      return language
    }
    return table.detect(submission.program.files.map(\.name))
  }
}
