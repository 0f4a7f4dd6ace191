import Foundation
import JudgeModel
import ProblemPackage
import Sandbox
import Testing

@testable import Evaluation

/// Every test judges real programs in real sandboxes and asserts that none is left, so they run one
/// after the other.
@Suite(.serialized) struct EvaluationTests {}

/// A machine to judge on.
enum Bench {
  /// Not the default, so that a worker on the same machine is not disturbed.
  static let uidBase = 62_000
  static let stateDirectory = NSTemporaryDirectory() + "assize-evaluation-tests-\(getpid())"

  static let host = Result { () throws -> SandboxHost in
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return try SandboxHost.probe(
      SandboxConfiguration(
        helperPath: (own as NSString).deletingLastPathComponent + "/assize-box",
        stateDirectory: stateDirectory, uidBase: uidBase))
  }

  static func languages() throws -> LanguageTable { try LanguageTable.builtIn() }

  static func workshop(
    _ table: LanguageTable? = nil, paths: [Digest: String] = [:], slot: Int = 0
  ) throws -> Workshop {
    let table = try table ?? languages()
    return Workshop(host: try host.get(), languages: table, slot: slot) { paths[$0] ?? "" }
  }

  /// Ids of processes that run under the numbers of our slots.
  static func processes() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard Int(name) != nil,
        let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8)
      else { return false }
      let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") } ?? ""
      let uid = line.split(separator: "\t").dropFirst().first.flatMap { Int($0) } ?? 0
      return (uidBase..<uidBase + 100).contains(uid)
    }
  }

  static func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(processes().isEmpty, sourceLocation: sourceLocation)
    let left = (try? FileManager.default.contentsOfDirectory(atPath: stateDirectory)) ?? []
    #expect(left.isEmpty, sourceLocation: sourceLocation)
    rmdir(stateDirectory)
  }
}

/// A package in a temporary directory, and a slot that judges submissions to it.
final class TestPackage {
  let directory: String
  let manifest: PackageManifest
  let paths: [Digest: String]

  /// - Parameters:
  ///   - type: the types of problem.yaml
  ///   - limits: lines of its `limits`, beside a time limit of a second and 64 MiB
  ///   - cases: inputs and answers, by name below `data/`
  ///   - files: further files
  init(
    type: String = "pass-fail", limits: [String] = [], cases: [String: (String, String)],
    files: [String: String] = [:], executables: [String] = []
  ) throws {
    var template = Array("/tmp/assize-evaluation-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = root + "/problem"
    var all = files
    var limits = limits
    for (key, line) in [
      ("time_limit", "time_limit: 1"), ("memory", "memory: 64"), ("output", "output: 1"),
    ] where !limits.contains(where: { $0.hasPrefix(key + ":") }) {
      limits.append(line)
    }
    all["problem.yaml"] = """
      problem_format_version: 2025-09
      name: Problem
      uuid: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
      type: \(type)
      limits:
      \(limits.map { "  " + $0 }.joined(separator: "\n"))

      """
    for (name, texts) in cases {
      all["data/\(name).in"] = texts.0
      all["data/\(name).ans"] = texts.1
    }
    for (name, text) in all {
      let path = directory + "/" + name
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      if executables.contains(name) { chmod(path, 0o755) }
    }
    let reading = PackageReader.read(directory: directory)
    let findings = reading.diagnostics.filter { $0.severity == .error }
    try #require(findings.isEmpty, "\(findings)")
    let read = try #require(reading.manifest)
    manifest = read
    let base = directory
    paths = Dictionary(read.files.map { ($0.digest, base + "/" + $0.path) }) { first, _ in first }
  }

  deinit {
    try? FileManager.default.removeItem(
      atPath: (directory as NSString).deletingLastPathComponent)
  }

  /// One test, `1 2` to `3`.
  static func sum(limits: [String] = []) throws -> TestPackage {
    try TestPackage(limits: limits, cases: ["secret/1": ("1 2\n", "3\n")])
  }

  func evaluator(_ table: LanguageTable? = nil) throws -> Evaluator {
    Evaluator(try Bench.workshop(table, paths: paths))
  }

  /// Judges a program of one file in a slot of its own.
  func judge(
    _ language: String, _ text: String, mode: JudgingMode = .full,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JudgingResult {
    let names = ["c": "a.c", "cpp": "a.cpp", "python3": "a.py", "java": "Main.java"]
    let name = names[language] ?? "a"
    return try judge(
      program(language, [name: text]), mode: mode, sourceLocation: sourceLocation)
  }

  func judge(
    _ program: Program, mode: JudgingMode = .full,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JudgingResult {
    let evaluator = try evaluator()
    defer {
      evaluator.forgetValidators()
      Bench.expectNothingLeft(sourceLocation: sourceLocation)
    }
    return try evaluator.judge(
      program, package: manifest, mode: mode, cancellation: Cancellation(), onRun: { _ in })
  }

  /// What judging throws; nil when it gives a verdict.
  func failure(
    _ language: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String? {
    do {
      _ = try judge(language, text, sourceLocation: sourceLocation)
      return nil
    } catch EvaluationError.judge(let text) {
      return text
    }
  }
}

func program(
  _ language: String, _ files: [String: String], entryPoint: String? = nil
) -> Program {
  Program(
    language: LanguageID(language), entryPoint: entryPoint,
    files: files.sorted { $0.key < $1.key }.map {
      SourceFile(name: $0.key, contents: Array($0.value.utf8))
    })
}

/// C programs that do one thing.
enum C {
  static func main(_ body: String) -> String {
    """
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    int main(int argc, char **argv) { \(body) }
    """
  }
  static let sum = main("int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); return 0;")
  static let spin = main("for (volatile long i = 0;; i++); return 0;")
}
