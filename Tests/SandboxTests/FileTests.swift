import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  @Suite struct Files {
    @Test func filesGoInAndOut() throws {
      try Harness.withSandbox { sandbox in
        let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try sandbox.put(.scratch, path: "a/b/data", contents: contents, mode: 0o600, owner: .runner)
        try sandbox.makeDirectory(.scratch, path: "a/empty", owner: .runner)
        let seen = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "wc -c < a/b/data; touch a/empty/x && echo made > result"],
          keepScratch: true)
        #expect(seen.output == "300000\n")
        let result = try sandbox.open(.scratch, path: "result")
        guard let result else {
          Issue.record("no result")
          return
        }
        #expect(try result.readAll(limit: 100) == Array("made\n".utf8))
        let data = try sandbox.open(.scratch, path: "a/b/data")
        guard let data else {
          Issue.record("no data")
          return
        }
        #expect(try data.readAll(limit: 1 << 20) == contents)
        let absent = try sandbox.open(.scratch, path: "a/c")
        #expect(absent == nil ? true : false)
        try sandbox.wipeScratch()
        #expect(try Harness.perform(sandbox, ["/app/program", "count"]).output == "0\n")
      }
    }

    /// A path with a name of its own where it is too long to be one.
    struct OddPath: CustomTestStringConvertible, Sendable {
      var text: String
      var testDescription: String {
        text.utf8.count < 40 ? text.debugDescription : "\(text.utf8.count) bytes"
      }
    }

    @Test(
      arguments: [
        "", "/", "/etc/x", ".", "..", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", "a\0b",
        String(repeating: "x", count: 300), String(repeating: "x/", count: 600) + "x",
        String(repeating: "y", count: 70_000),
      ].map(OddPath.init))
    func pathsThatLeadElsewhereAreRefused(odd: OddPath) throws {
      let path = odd.text
      try Harness.withSandbox { sandbox in
        for area in [Area.scratch, .program] {
          #expect(throws: SandboxError.self) { try sandbox.put(area, path: path, contents: [1]) }
          #expect(throws: SandboxError.self) { try sandbox.makeDirectory(area, path: path) }
          #expect(throws: SandboxError.self) { _ = try sandbox.open(area, path: path) }
        }
        // The refusals cost nothing.
        try sandbox.put(.scratch, path: "fine", contents: [1])
      }
    }

    @Test func plantedLinksAreNotFollowed() throws {
      try Harness.withSandbox { sandbox in
        let script = """
          ln -s /usr dir; ln -s /usr/bin/env file; ln -s ../../../etc up; mkfifo fifo; mkdir real
          ln -s real inner; ln /box/fifo hard
          """
        _ = try Harness.perform(sandbox, ["/bin/sh", "-c", script], keepScratch: true)
        for path in ["file", "dir/bin/env", "up/ld.so.cache", "fifo", "hard", "real", "inner/x"] {
          #expect(throws: SandboxError.self) { _ = try sandbox.open(.scratch, path: path) }
        }
        for path in ["file", "fifo", "real", "dir/x", "inner/x", "fifo/x"] {
          #expect(throws: SandboxError.self) {
            try sandbox.put(.scratch, path: path, contents: [1])
          }
        }
        for path in ["file/x", "fifo/x", "dir/x", "up/x/y", "inner/x"] {
          #expect(throws: SandboxError.self) { try sandbox.makeDirectory(.scratch, path: path) }
        }
      }
    }

    @Test func anExistingFileIsNotReplaced() throws {
      try Harness.withSandbox { sandbox in
        #expect(throws: SandboxError.file(operation: "put", path: "program", errno: EEXIST)) {
          try sandbox.put(.program, path: "program", contents: [1])
        }
      }
    }

    @Test func theProgramAreaCloses() throws {
      try Harness.withSandbox { sandbox in
        try sandbox.put(.program, path: "before", contents: [1])
        _ = try Harness.perform(sandbox, ["/bin/true"])
        #expect(throws: SandboxError.file(operation: "put", path: "after", errno: EROFS)) {
          try sandbox.put(.program, path: "after", contents: [1])
        }
        #expect(try sandbox.open(.program, path: "before") != nil ? true : false)
        try sandbox.seal()
      }
    }

    @Test func memoryFilesKeepWhatTheyHold() throws {
      let file = try MemoryFile(Array("abcdef".utf8))
      #expect(file.size == 6)
      #expect(try file.readAll(limit: 3) == Array("abc".utf8))
      let appending = try file.appendingDescriptor()
      #expect(write(appending.borrowed.rawValue, "g", 1) == 1)
      #expect(ftruncate(appending.borrowed.rawValue, 0) == -1)
      let reading = try file.readingDescriptor()
      #expect(write(reading.borrowed.rawValue, "x", 1) == -1)
      #expect(try reading.readAll(limit: 100) == Array("abcdefg".utf8))
    }
  }
}
