internal import JudgeModel

/// Which file of a submission to a submit-answer problem answers which testcase.
///
/// The package format does not say how such a submission is handed in. Here it is one file for each
/// testcase, named like it: `secret/group1/03.out`, or without `secret/`, or only `03.out` when no
/// other secret testcase is called so. `.ans`, `.txt` and no ending do as well. A single file
/// answers the only secret testcase there is, whatever its name.
struct AnswerFiles {
  /// By testcase name, the file that answers it.
  private var files: [String: String] = [:]

  private static let endings = [".out", ".ans", ".txt"]

  init(of program: Program, testcases: [Testcase]) {
    var byStem: [String: String] = [:]
    for file in program.files {
      let stem = Self.stem(of: file.name)
      // Of `1.out` and `1.txt` the first by name, so that the order of an archive does not matter.
      byStem[stem] = min(byStem[stem] ?? file.name, file.name)
    }
    let secret = testcases.filter { !$0.name.hasPrefix("sample/") }
    var bearers: [Substring: Int] = [:]
    for testcase in secret { bearers[Self.last(testcase.name), default: 0] += 1 }
    for testcase in testcases {
      let last = Self.last(testcase.name)
      let isSecret = testcase.name.hasPrefix("secret/")
      var names = [testcase.name]
      if isSecret { names.append(String(testcase.name.dropFirst("secret/".count))) }
      // The short name belongs to a secret testcase before it belongs to a sample.
      if bearers[last, default: 0] == (isSecret ? 1 : 0) { names.append(String(last)) }
      files[testcase.name] = names.lazy.compactMap { byStem[$0] }.first
    }
    if secret.count == 1, program.files.count == 1, let only = secret.first,
      files.isEmpty
    {
      files[only.name] = program.files[0].name
    }
  }

  /// Nil: nothing was handed in for this testcase.
  func file(for testcase: String) -> String? { files[testcase] }

  private static func stem(of name: String) -> String {
    for ending in endings where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count {
      return String(name.dropLast(ending.count))
    }
    return name
  }

  private static func last(_ name: String) -> Substring { name.split(separator: "/").last ?? "" }
}

extension Language {
  /// What prints the files of a submission that is no program. An ordinary run, so that the limits
  /// on output and everything behind it are the same as for programs.
  static let answers = Language(
    id: .answers, name: "answers", extensions: [], headers: [], entry: .none, compile: nil,
    run: ["/bin/cat"], version: ["/bin/cat", "--version"], environment: [], mounts: [],
    memoryOverheadBytes: 16 << 20, probe: Probe(name: "", text: ""))
}
