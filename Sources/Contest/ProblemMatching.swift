public import JudgeModel

/// A problem package that is at hand, as far as matching needs to know it.
public struct AvailablePackage: Hashable, Sendable {
  /// Short name, usually that of its directory.
  public var name: String
  public var title: String
  public var uuid: String?
  public var digest: Digest?
  public init(name: String, title: String = "", uuid: String? = nil, digest: Digest? = nil) {
    self.name = name
    self.title = title
    self.uuid = uuid
    self.digest = digest
  }
  public init(_ manifest: PackageManifest, digest: Digest) {
    self.init(
      name: manifest.problem, title: manifest.title, uuid: manifest.uuid, digest: digest)
  }
}

/// Which package judges which problem of a contest.
///
/// Rules are tried from the surest to the weakest, each for all problems before the next, and a
/// package that a surer rule has given away is not available to a weaker one. Where one rule finds
/// several packages for a problem, or one package for several problems, nothing is guessed: the row
/// says so, and the person names the package (`assigned`).
public struct ProblemMatching: Hashable, Sendable {
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    /// Somebody said so.
    case assigned
    case uuid
    /// The contest's problem id is the package's name (the rule of the format).
    case id
    /// The same, ignoring case and everything but letters and digits.
    case similarID = "id, ignoring case"
    case shortName = "short name"
    case label
    /// `a-hello` or `A_hello` for problem A with id or name `hello`.
    case labelAndName = "label and name"
    case title
  }

  public struct Row: Hashable, Sendable {
    public var problem: ContestProblem
    public var package: AvailablePackage?
    /// Set together with `package`.
    public var rule: Rule?
    /// Why there is no package; empty when there is one.
    public var reason: String
  }

  /// In the order of the contest's problems.
  public private(set) var rows: [Row]
  /// Packages that no problem of the contest uses, by name.
  public private(set) var unused: [AvailablePackage]

  public var unmatched: [Row] { rows.filter { $0.package == nil } }

  /// - Parameter assigned: package names by problem id or label, as a person gave them.
  public init(
    problems: [ContestProblem], packages: [AvailablePackage], assigned: [String: String] = [:]
  ) {
    var rows = problems.map { Row(problem: $0, package: nil, rule: nil, reason: "") }
    let packages = packages.sorted { idPrecedes($0.name, $1.name) }
    var isTaken = packages.map { _ in false }
    for rule in Rule.allCases {
      var claims: [Int: [Int]] = [:]
      for (r, row) in rows.enumerated() where row.package == nil && row.reason.isEmpty {
        let found = packages.indices.filter {
          (rule == .assigned || !isTaken[$0])
            && Self.fits(row.problem, packages[$0], rule, assigned)
        }
        if found.count > 1 {
          rows[r].reason =
            "several packages fit by \(rule.rawValue): "
            + found.map { packages[$0].name }.joined(separator: ", ")
        } else if let only = found.first {
          claims[only, default: []].append(r)
        } else if rule == .assigned, let name = Self.assignment(row.problem, assigned) {
          rows[r].reason = "it is assigned to package \(name), which is not there"
        }
      }
      for (p, claimants) in claims.sorted(by: { $0.key < $1.key }) {
        // A person may well judge two problems by one package; a rule may not.
        if claimants.count > 1 && rule != .assigned {
          let names = claimants.map { rows[$0].problem.id }.joined(separator: ", ")
          for r in claimants {
            rows[r].reason =
              "package \(packages[p].name) fits problems \(names) by \(rule.rawValue)"
          }
          continue
        }
        isTaken[p] = true
        for r in claimants {
          rows[r].package = packages[p]
          rows[r].rule = rule
        }
      }
    }
    for r in rows.indices where rows[r].package == nil && rows[r].reason.isEmpty {
      let problem = rows[r].problem
      rows[r].reason =
        "no package is named \(problem.id)"
        + (problem.label == problem.id ? "" : " or \(problem.label)")
        + (packages.isEmpty ? " (there are no packages)" : "")
    }
    self.rows = rows
    unused = packages.indices.filter { !isTaken[$0] }.map { packages[$0] }
  }

  private static func assignment(
    _ problem: ContestProblem, _ assigned: [String: String]
  ) -> String? {
    assigned[problem.id] ?? assigned[problem.label]
  }

  private static func fits(
    _ problem: ContestProblem, _ package: AvailablePackage, _ rule: Rule,
    _ assigned: [String: String]
  ) -> Bool {
    let name = plain(package.name)
    switch rule {
    case .assigned: return assignment(problem, assigned) == package.name
    case .uuid:
      guard let a = problem.uuid, let b = package.uuid else { return false }
      return a.lowercased() == b.lowercased()
    case .id: return problem.id == package.name
    case .similarID: return !name.isEmpty && plain(problem.id) == name
    case .shortName: return !name.isEmpty && problem.shortName.map(plain) == name
    case .label: return !name.isEmpty && plain(problem.label) == name
    case .labelAndName:
      let label = plain(problem.label)
      return !label.isEmpty && [problem.id, problem.name].contains { name == label + plain($0) }
    case .title:
      let title = plain(problem.name)
      return !title.isEmpty && (title == plain(package.title) || title == name)
    }
  }

  private static func plain(_ text: String) -> String {
    text.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
