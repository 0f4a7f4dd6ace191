/// What each target may import: the architecture as a table. Sources/README.md says why.
enum Layers {
  enum Layer: Int {
    /// No file, socket, clock, thread or random source, and so nothing that offers one.
    case pure
    /// Each owns one outside thing.
    case hand
    /// Loops that obey the cores.
    case shell
    case program
  }

  struct Target {
    var layer: Layer
    var imports: Set<String>

    init(_ layer: Layer, _ imports: String...) {
      self.layer = layer
      self.imports = Set(imports)
    }
  }

  /// By folder of `Sources`.
  static let table: [String: Target] = [
    "JudgeModel": Target(.pure),
    "Messages": Target(.pure, "JudgeModel"),
    "Grading": Target(.pure, "JudgeModel"),
    "SchedulerCore": Target(.pure, "JudgeModel", "Messages", "DequeModule", "HeapModule"),
    "WorkerCore": Target(.pure, "JudgeModel", "Messages", "DequeModule", "HeapModule"),
    "Simulation": Target(
      .pure, "JudgeModel", "Messages", "SchedulerCore", "WorkerCore", "DequeModule", "HeapModule"),
    // Foundation because the generated code speaks of Data.
    "Wire": Target(
      .pure, "JudgeModel", "Messages", "SwiftProtobuf", "Foundation", "FoundationEssentials"),

    "Transport": Target(.hand, "CZeroMQ"),
    "WebRanges": Target(.hand, "CCurl"),
    "Store": Target(.hand, "JudgeModel", "GRDB", "GRDBSQLite"),
    "ProblemPackage": Target(.hand, "JudgeModel", "Grading", "CArchive", "CCrypto", "Yams"),
    // Polygon describes its problems in XML.
    "ProblemImport": Target(
      .hand, "JudgeModel", "ProblemPackage", "CArchive", "FoundationXML"),
    "Contest": Target(.hand, "JudgeModel", "CArchive"),
    "Sandbox": Target(.hand, "CSandbox"),
    "Evaluation": Target(.hand, "JudgeModel", "Grading", "ProblemPackage", "Sandbox", "Yams"),

    "SchedulerServer": Target(
      .shell, "JudgeModel", "Messages", "SchedulerCore", "Wire", "Transport", "Store",
      "ProblemPackage", "DequeModule", "Logging"),
    "WorkerAgent": Target(
      .shell, "JudgeModel", "Messages", "WorkerCore", "Wire", "Transport", "WebRanges",
      "Evaluation", "ProblemPackage", "Sandbox", "Logging"),
    "SchedulerClient": Target(
      .shell, "JudgeModel", "Messages", "Wire", "Transport", "ProblemPackage"),

    "Bench": Target(
      .shell, "JudgeModel", "Messages", "Grading", "WorkerCore", "Wire", "Transport", "Evaluation",
      "Sandbox"),

    "assize": Target(
      .program, "Bench", "JudgeModel", "Messages", "Grading", "SchedulerCore", "WorkerCore",
      "Simulation", "Contest", "ProblemImport",
      "Evaluation", "ProblemPackage", "Sandbox", "Transport", "SchedulerServer", "WorkerAgent",
      "SchedulerClient", "ArgumentParser", "Logging"),
  ]

  /// Folders without Swift: module maps and C.
  static let foreign: Set<String> = ["CArchive", "CBox", "CCrypto", "CCurl", "CSandbox", "CZeroMQ"]

  /// What comes with the system, for all but the pure.
  static let system: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
  ]

  static func complaints(about file: RepositoryFile) -> [Complaint] {
    guard let name = file.target, let target = table[name] else {
      return [Complaint(path: file.path, text: "its target stands in no row of Layers.table")]
    }
    let allowed = target.layer == .pure ? target.imports : target.imports.union(system)
    return imports(of: file.text).filter { !allowed.contains($0.module) }.map {
      Complaint(
        path: file.path, line: $0.line,
        text: "\(name) is \(target.layer) and may not import \($0.module)")
    }
  }

  /// Rows of the table that import upwards, or something that does not exist.
  static func complaints(aboutTable table: [String: Target]) -> [Complaint] {
    table.sorted { $0.key < $1.key }.flatMap { name, target in
      target.imports.sorted().compactMap { module in
        guard let imported = table[module], imported.layer.rawValue > target.layer.rawValue else {
          return nil
        }
        return Complaint(
          path: "Sources/\(name)",
          text: "\(name) is \(target.layer), \(module) is \(imported.layer): imports run downwards")
      }
    }
  }

  static func imports(of text: String) -> [(line: Int, module: String)] {
    SwiftLines.split(text).compactMap { line in
      guard line.code.contains("import ") else { return nil }
      var words = line.code.split(separator: " ")[...]
      let before: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
      while let word = words.first, word.hasPrefix("@") || before.contains(word) {
        words.removeFirst()
      }
      guard words.popFirst() == "import" else { return nil }
      // `import struct Foundation.Data`
      if words.count > 1 { words.removeFirst() }
      return words.first.map { (line.number, String($0.prefix { $0 != "." && $0 != ";" })) }
    }
  }
}
