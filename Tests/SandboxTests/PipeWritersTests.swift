import Foundation
import Testing

@testable import Sandbox

@Suite struct PipeWritersTests {
  @Test func elsewhereIsAnotherProcess() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { for end in ends { close(end) } }
    // A reader is no writer, and this process does not count.
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/cat")
    reader.standardInput = FileHandle(fileDescriptor: ends[0])
    reader.standardOutput = FileHandle.nullDevice
    try reader.run()
    defer {
      reader.terminate()
      reader.waitUntilExit()
    }
    try eventuallyNot { PipeWriters.exist(elsewhere: ends[1]) }
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/bin/sleep")
    writer.arguments = ["600"]
    writer.standardOutput = FileHandle(fileDescriptor: ends[1])
    try writer.run()
    #expect(PipeWriters.exist(elsewhere: ends[1]))
    #expect(PipeWriters.exist(elsewhere: ends[0]), "either end names the pipe")
    writer.terminate()
    writer.waitUntilExit()
    try eventuallyNot { PipeWriters.exist(elsewhere: ends[1]) }
  }

  /// Other tests start processes too, which have copies of everything until they are what they will be.
  private func eventuallyNot(_ condition: () -> Bool) throws {
    for _ in 0..<6_000 {
      if !condition() { return }
      usleep(10_000)
    }
    Issue.record("there is still a writer")
  }
}
