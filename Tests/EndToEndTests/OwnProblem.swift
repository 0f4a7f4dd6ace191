import Foundation
import Testing

/// A problem package made for a test: the answer to each test is the number of bytes of its input.
struct OwnProblem {
  var name: String
  var timeLimitSeconds = 1
  /// Bytes of the one big input.
  var bytes = 16
  /// Makes one package different from the next.
  var seed: UInt8 = 1

  func write(in directory: String) throws {
    let place = "\(directory)/\(name)"
    let data = place + "/data/secret"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let text = """
      problem_format_version: "2025-09"
      type: pass-fail
      name: \(name)
      uuid: 00000000-0000-4000-8000-0000000000\(String(format: "%02x", seed))
      license: cc0
      limits:
        time_limit: \(timeLimitSeconds)

      """
    try text.write(toFile: place + "/problem.yaml", atomically: false, encoding: .utf8)
    // Not compressible, so that archive and unpacked files are of one size.
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    let input = (0..<bytes).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    for (test, bytes) in [("1-short", Array("abc".utf8)), ("2-long", input)] {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(data)/\(test).in"))
      try "\(bytes.count)\n".write(
        toFile: "\(data)/\(test).ans", atomically: false, encoding: .utf8)
    }
  }

  static let solution = """
    #include <stdio.h>
    int main(void) {
      long count = 0;
      while (getchar() != EOF) count++;
      printf("%ld\\n", count);
      return 0;
    }

    """
}
