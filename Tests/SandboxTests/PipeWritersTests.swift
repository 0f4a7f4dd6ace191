import Foundation
import Testing

@testable import Sandbox

/// In its turn, because others look whether this process has children.
extension SandboxTests {
  @Suite struct PipeWritersTests {
    /// A program that has one descriptor of ours, under the number `target`.
    private func spawn(_ arguments: [String], _ descriptor: Int32, as target: Int32) throws -> pid_t
    {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, descriptor, target)
      var words = arguments.map { strdup($0) } + [nil]
      defer { for word in words { free(word) } }
      var pid: pid_t = 0
      try #require(posix_spawn(&pid, arguments[0], &actions, nil, &words, nil) == 0)
      return pid
    }

    private func end(_ pid: pid_t) {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }

    @Test func elsewhereIsAnotherProcess() throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      // A reader is no writer, and this process does not count.
      let reader = try spawn(["/bin/sleep", "600"], ends[0], as: 0)
      defer { end(reader) }
      eventuallyNot { PipeWriters.exist(elsewhere: ends[1]) }
      let writer = try spawn(["/bin/sleep", "600"], ends[1], as: 1)
      #expect(PipeWriters.exist(elsewhere: ends[1]))
      #expect(PipeWriters.exist(elsewhere: ends[0]), "either end names the pipe")
      end(writer)
      eventuallyNot { PipeWriters.exist(elsewhere: ends[1]) }
    }

    /// Other tests start processes too, which have copies of everything until they are what they will be.
    private func eventuallyNot(_ condition: () -> Bool) {
      for _ in 0..<6_000 {
        if !condition() { return }
        usleep(10_000)
      }
      Issue.record("there is still a writer")
    }
  }
}
