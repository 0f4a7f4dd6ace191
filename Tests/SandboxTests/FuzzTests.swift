import CSandbox
import Fuzzing
import Glibc
import Testing

@testable import Sandbox

extension SandboxTests {
  /// What the helper inside a sandbox says is read as if a program had taken it over.
  @Suite(.enabled(if: geteuid() == 0, "sandboxes need root")) struct FuzzTests {
    @Test func replies() throws {
      let sandbox = try ResidentSandbox(
        host: try Harness.host.get(), options: SandboxOptions(slot: Harness.slot))
      defer { sandbox.close() }
      let size = MemoryLayout<box_reply>.size
      var good = box_reply()
      good.ended_ns = 5
      let corpus = [
        withUnsafeBytes(of: box_reply()) { Array($0) }, withUnsafeBytes(of: good) { Array($0) },
      ]
      let report = Fuzz("box-reply", corpus: corpus).run(5_000) { bytes in
        var reply = box_reply()
        withUnsafeMutableBytes(of: &reply) { $0.copyBytes(from: bytes.prefix(size)) }
        _ = try sandbox.report(reply)
      }
      #expect(report.faults == [])
      #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
    }
  }
}
