import CArchive
import Foundation
import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

/// A folder that goes away with the value.
final class Folder {
  let path: String

  init() throws {
    var template = Array("/tmp/assize-import-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes files below a folder of this one; returns its path.
  func source(_ files: [String: String], named name: String = "source") throws -> String {
    for (file, text) in files {
      let url = URL(fileURLWithPath: "\(path)/\(name)/\(file)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return "\(path)/\(name)"
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Imports into `out` and reads what was written.
  func imported(
    _ kind: ImportKind, _ source: String, _ options: ImportOptions = .limits,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> PackageReading {
    let plan = ProblemImporter.plan(kind, source: source, options: options)
    try #require(!plan.hasErrors, "\(plan.diagnostics)", sourceLocation: sourceLocation)
    _ = try plan.write(to: path + "/out")
    #expect(names.allSatisfy { !$0.hasPrefix(".") }, sourceLocation: sourceLocation)
    return PackageReader.read(directory: path + "/out")
  }

  /// What is in the way of an import, which then writes nothing.
  func errors(
    _ kind: ImportKind, _ source: String, _ options: ImportOptions = .limits,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [String] {
    let plan = ProblemImporter.plan(kind, source: source, options: options)
    #expect(plan.hasErrors, sourceLocation: sourceLocation)
    #expect(throws: ImportError.self, sourceLocation: sourceLocation) {
      _ = try plan.write(to: path + "/out")
    }
    #expect(!names.contains("out"), sourceLocation: sourceLocation)
    return plan.diagnostics.filter { $0.severity == .error }.map(\.description)
  }
}

extension ImportOptions {
  static var limits: ImportOptions {
    var options = ImportOptions()
    options.timeLimit = .seconds(2)
    options.memoryBytes = 128 << 20
    return options
  }
}

func contents(_ path: String) -> String {
  (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
}

func contains(_ texts: [String], _ parts: String...) -> Bool {
  texts.contains { text in parts.allSatisfy { text.contains($0) } }
}

/// One member of a zip file, as hostile as wanted.
struct Member {
  var name: String
  var contents: [UInt8] = Array("x\n".utf8)
  var link: String?
}

/// Writes a zip file with exactly these members.
func writeZip(_ path: String, _ members: [Member]) throws {
  let handle = try #require(archive_write_new())
  defer { archive_write_free(handle) }
  archive_write_set_format_zip(handle)
  try #require(archive_write_open_filename(handle, path) == ARCHIVE_OK)
  for member in members {
    let entry = try #require(archive_entry_new())
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, member.name)
    let type: mode_t = member.link == nil ? S_IFREG : S_IFLNK
    archive_entry_set_filetype(entry, UInt32(type))
    archive_entry_set_perm(entry, 0o644)
    if let link = member.link {
      archive_entry_set_symlink(entry, link)
    } else {
      archive_entry_set_size(entry, Int64(member.contents.count))
    }
    try #require(archive_write_header(handle, entry) == ARCHIVE_OK)
    if member.link == nil {
      _ = member.contents.withUnsafeBytes { archive_write_data(handle, $0.baseAddress, $0.count) }
    }
  }
  try #require(archive_write_close(handle) == ARCHIVE_OK)
}

func writeZip(_ path: String, _ files: [String: String]) throws {
  try writeZip(
    path,
    files.sorted { $0.key < $1.key }.map { Member(name: $0.key, contents: Array($0.value.utf8)) })
}

/// Programs of the tests' problem: add two numbers.
enum Sum {
  static let good =
    "#include <stdio.h>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);printf(\"%d\\n\",a+b);}\n"
  static let bad =
    "#include <stdio.h>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);printf(\"%d\\n\",a-b);}\n"
  static let slow = "int main(){for(volatile int i=0;;)i=i;}\n"
  /// A checker by testlib's protocol that does not need testlib.
  static let checker = """
    #include <stdio.h>
    #include "numbers.h"
    int main(int argc, char **argv) {
      int got = number(argv[2]), wanted = number(argv[3]);
      fprintf(stderr, "%d instead of %d", got, wanted);
      return got == wanted ? 0 : 1;
    }

    """
  static let header = """
    static int number(const char *path) {
      FILE *file = fopen(path, "r");
      int n = -1;
      if (file && fscanf(file, "%d", &n) != 1) n = -1;
      return n;
    }

    """
}
