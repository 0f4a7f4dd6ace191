import JudgeModel
import Testing

@Suite struct SizeTextTests {
  @Test(
    arguments: [
      (0, "0 B", "0 B"), (1023, "1023 B", "1023 B"), (1024, "1 KiB", "1 KiB"),
      (1025, "1.1 KiB", "1 KiB"), (1536, "1.5 KiB", "1.5 KiB"), (612 << 20, "612 MiB", "612 MiB"),
      (-1, "0 B", "0 B"), (Int64.max, "8192 PiB", "8191.9 PiB"),
    ] as [(Int64, String, String)])
  func readsWell(bytes: Int64, up: String, down: String) {
    #expect(sizeText(bytes, rounded: .up) == up)
    #expect(sizeText(bytes, rounded: .down) == down)
  }

  @Test func aNeedNeverLooksLikeWhatIsTooLittle() {
    for bytes in [1 << 20, (1 << 20) + 1, 5_000_000_000, 999_999] as [Int64] {
      #expect(sizeText(bytes + 1, rounded: .up) != sizeText(bytes, rounded: .down))
    }
  }
}
