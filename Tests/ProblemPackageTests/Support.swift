import Foundation
import Glibc
import JudgeModel
import ProblemPackage

/// A directory that goes away with the value.
final class Scratch {
  let path: String
  init() throws {
    var template = Array("/tmp/problem-package-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes a directory of files; returns its path.
  func package(_ name: String, _ files: [String: String]) throws -> String {
    for (file, text) in files { try write("\(name)/\(file)", text) }
    return "\(path)/\(name)"
  }

  func write(_ file: String, _ text: String) throws {
    let full = "\(path)/\(file)"
    try FileManager.default.createDirectory(
      atPath: String(full[..<full.lastIndex(of: "/")!]), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: full))
  }

  func read(_ file: String, of package: [String: String]) throws -> PackageReading {
    PackageReader.read(directory: try self.package(file, package))
  }

  /// Regular files below a directory.
  func files(below directory: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: "\(path)/\(directory)")
    return (all?.compactMap { $0 as? String } ?? []).filter {
      var isDirectory = ObjCBool(false)
      _ = FileManager.default.fileExists(
        atPath: "\(path)/\(directory)/\($0)", isDirectory: &isDirectory)
      return !isDirectory.boolValue
    }.sorted()
  }
}

/// Runs a program and returns what it printed; a non-zero exit is an error.
@discardableResult
func shell(_ command: String) throws -> String {
  struct Failed: Error {
    var command: String
    var output: String
  }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", command]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw Failed(command: command, output: output) }
  return output
}

func bytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The folder `Fixtures` beside this file.
let fixtures = String(#filePath[..<#filePath.lastIndex(of: "/")!]) + "/Fixtures"

/// Testcases of one directory, answers equal to inputs.
func cases(_ directory: String, _ names: String...) -> [String: String] {
  var files: [String: String] = [:]
  for name in names {
    files["data/\(directory)/\(name).in"] = name + "\n"
    files["data/\(directory)/\(name).ans"] = name + "\n"
  }
  return files
}

extension [String: String] {
  static func + (a: Self, b: Self) -> Self { a.merging(b) { $1 } }
}

let accepted = ["submissions/accepted/a.py": "print(1)\n"]
let legacyYAML = ["problem.yaml": "name: Sum\n", ".timelimit": "2\n"]
func modernYAML(_ more: String = "", type: String = "pass-fail") -> [String: String] {
  [
    "problem.yaml": """
    problem_format_version: 2025-09
    type: \(type)
    name: Sum
    uuid: 3c6a6b52-6d54-4c35-9a42-2b0c39f4a901
    limits:
      time_limit: 2

    """ + more
  ]
}

extension PackageReading {
  var texts: [String] { diagnostics.map(\.description) }
}

extension TestGroup {
  func group(_ name: String) -> TestGroup? {
    for case .group(let group) in children {
      if group.name == name { return group }
      if let found = group.group(name) { return found }
    }
    return nil
  }
}

/// An enum has another case than the test is about.
struct AnotherCase: Error {}
