import Dispatch
import JudgeModel
import Synchronization
import Testing

@testable import Evaluation

/// Threads that wait at the gate, and what wakes them.
@Suite struct MemberGateTests {
  private let package = digest(1)
  private let file = PackageFile(path: "data/1.in", size: 3, digest: digest(2), role: .input)

  private static func digest(_ n: UInt8) -> Digest {
    Digest(bytes: Array(repeating: n, count: 32)) ?? MemberGateTests.digest(0)
  }

  /// Calls from the gate, and a place to wait for them.
  private final class Calls: Sendable {
    let wanted = DispatchSemaphore(value: 0)
    let vanished = Mutex(0)
    func gate() -> MemberGate {
      MemberGate(
        onWanted: { [wanted] _, _ in wanted.signal() },
        onVanished: { _ in self.vanished.withLock { $0 += 1 } })
    }
  }

  /// What a thread that waits for the file comes to, when `wake` is done once it waits.
  private func outcome(
    _ calls: Calls, _ gate: MemberGate, recovering: Bool = false,
    _ wake: (Cancellation) -> Void
  ) -> EvaluationError? {
    let cancellation = Cancellation()
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<EvaluationError?>(nil)
    DispatchQueue.global().async { [package, file] in
      do throws(EvaluationError) {
        if recovering {
          try gate.recover(file, of: package, cancellation)
        } else {
          try gate.wait(for: file, of: package, cancellation)
        }
      } catch {
        result.withLock { $0 = error }
      }
      done.signal()
    }
    calls.wanted.wait()
    wake(cancellation)
    done.wait()
    return result.withLock { $0 }
  }

  @Test func whatIsHereIsNotWaitedFor() throws {
    let gate = MemberGate()
    try gate.wait(for: file, of: package, Cancellation())
    gate.begin(package, here: [file.digest])
    try gate.wait(for: file, of: package, Cancellation())
    gate.begin(package, here: [])
    gate.arrived(file.digest, of: package)
    try gate.wait(for: file, of: package, Cancellation())
    gate.begin(package, here: [])
    gate.complete(package)
    try gate.wait(for: file, of: package, Cancellation())
  }

  @Test func arrivalCompletionFailureAndCancellationEndTheWait() {
    let calls = Calls()
    let gate = calls.gate()
    let package = package
    let digest = file.digest
    gate.begin(package, here: [Self.digest(9)])
    #expect(
      outcome(calls, gate) { _ in
        gate.arrived(Self.digest(8), of: package)
        gate.arrived(digest, of: Self.digest(7))
        gate.arrived(digest, of: package)
      } == nil)
    gate.begin(package, here: [])
    #expect(outcome(calls, gate) { _ in gate.complete(package) } == nil)
    gate.begin(package, here: [])
    #expect(outcome(calls, gate) { $0.cancel() } == .cancelled)
    #expect(
      outcome(calls, gate) { _ in gate.fail(package, reason: "no route") }
        == .machine("data/1.in did not arrive: no route"))
    // Whoever comes later hears it too, until there is another transfer.
    #expect(throws: EvaluationError.self) {
      try gate.wait(for: file, of: package, Cancellation())
    }
    gate.begin(package, here: [digest])
    #expect(throws: Never.self) { try gate.wait(for: file, of: package, Cancellation()) }
  }

  @Test func whatVanishedIsReportedOnceAndWaitedFor() {
    let calls = Calls()
    let gate = calls.gate()
    let package = package
    let digest = file.digest
    #expect(outcome(calls, gate, recovering: true) { $0.cancel() } == .cancelled)
    #expect(
      outcome(calls, gate, recovering: true) { _ in
        gate.begin(package, here: [])
        gate.arrived(digest, of: package)
      } == nil)
    #expect(calls.vanished.withLock { $0 } == 1)
    // A package that is not whole has nothing to fail with.
    gate.complete(package)
    gate.fail(package, reason: "late")
    #expect(throws: Never.self) { try gate.wait(for: file, of: package, Cancellation()) }
  }
}
