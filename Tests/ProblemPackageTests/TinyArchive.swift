import JudgeModel
import Testing

@testable import ProblemPackage

/// The archive of the smallest fixture, in a folder of its own.
struct TinyArchive {
  let scratch: Scratch
  let manifest: PackageManifest
  let path: String
  let bytes: [UInt8]
  let index: PackageArchive.Index

  init() throws {
    scratch = try Scratch()
    manifest = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
    path = scratch.path + "/tiny.tar.zst"
    try PackageArchive.write(manifest, directory: fixtures + "/tiny", to: path)
    bytes = try ProblemPackageTests.bytes(path)
    index = try PackageArchive.index(path)
  }
}
