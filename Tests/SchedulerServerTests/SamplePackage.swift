import Foundation
import JudgeModel
import ProblemPackage
import Testing

/// A directory that goes away with the value.
final class Scratch: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "/shelf-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func files(_ directory: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/" + directory).sorted()
  }
}

/// A package made for a test, and archives of it.
struct SamplePackage {
  /// Bytes of each test's input, which cannot be compressed.
  var sizes = [30_000, 30_000, 30_000, 30_000]
  /// Of each input; another seed is another content.
  var seeds: [UInt64] = [1, 2, 3, 4]
  var problem = "sample"
  /// Makes the manifest longer.
  var title = "Sample"

  func input(_ test: Int) -> [UInt8] {
    var state = seeds[test] &* 0x9E37_79B9_7F4A_7C15
    return (0..<sizes[test]).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  struct Built {
    var manifest: PackageManifest
    var archive: String
    var digest: Digest { manifest.digest }
    var index: PackageArchive.Index { get throws { try PackageArchive.index(archive) } }
    var bytes: [UInt8] { get throws { try contents(of: archive) } }
    /// Bytes of these members' frames.
    func frameBytes(_ paths: [String]) throws -> Int64 {
      try index.members.filter { paths.contains($0.path) }.reduce(0) { $0 + Int64($1.range.count) }
    }
  }

  func build(in scratch: Scratch, _ name: String) throws -> Built {
    let directory = "\(scratch.path)/\(name)/\(problem)"
    let data = directory + "/data/secret"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try "name: \(title)\n".write(
      toFile: directory + "/problem.yaml", atomically: false, encoding: .utf8)
    try "2\n".write(toFile: directory + "/.timelimit", atomically: false, encoding: .utf8)
    for test in sizes.indices {
      try Data(input(test)).write(to: URL(fileURLWithPath: "\(data)/\(test).in"))
      try Data("\(test)\n".utf8).write(to: URL(fileURLWithPath: "\(data)/\(test).ans"))
    }
    let manifest = try #require(PackageReader.read(directory: directory).manifest)
    let archive = "\(scratch.path)/\(name).tar.zst"
    try PackageArchive.write(manifest, directory: directory, to: archive)
    return Built(manifest: manifest, archive: archive)
  }
}

func contents(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// What a program prints.
func output(of command: String) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", command]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(command)")
  return String(decoding: bytes, as: UTF8.self)
}
