import Testing

@testable import ProblemPackage

@Suite struct ZstdFramesTests {
  private func follow(_ bytes: [UInt8], pieces: Int) throws -> ZstdFrames {
    var frames = ZstdFrames()
    var at = 0
    while at < bytes.count {
      let piece = Array(bytes[at..<min(bytes.count, at + pieces)])
      try piece.withUnsafeBytes { try frames.follow($0) }
      at += pieces
    }
    return frames
  }

  /// Magic, a header with a window of 1 KiB and no size, one last raw block `ab`.
  static let small: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x00, 0x11, 0x00, 0x00, 0x61, 0x62]
  static let skippable: [UInt8] = [0x5E, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9]
  /// A checksum, one segment with its size in one byte, a block that repeats a byte.
  static let repeated: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x24, 0x05, 0x2B, 0x00, 0x00, 0x61, 1, 2, 3, 4,
  ]

  @Test(arguments: [1, 2, 3, 5, 7, 1000])
  func framesInAnyPieces(pieces: Int) throws {
    let stream = Self.small + Self.skippable + Self.repeated + Self.small
    #expect(try follow(stream, pieces: pieces).isBetweenFrames)
    let boundaries: Set = [0, 11, 21, 35, 46]
    for count in 0...stream.count {
      let frames = try follow(Array(stream[..<count]), pieces: pieces)
      #expect(frames.isBetweenFrames == boundaries.contains(count), "\(count)")
    }
  }

  @Test func whatRealFilesHave() throws {
    let scratch = try Scratch()
    for options in ["-1", "-19", "--no-check", "--content-size", "--rsyncable"] {
      try shell(
        "head -c 3000000 /dev/urandom > \(scratch.path)/a; head -c 3000000 /dev/zero >> "
          + "\(scratch.path)/a; zstd -q -f \(options) \(scratch.path)/a")
      #expect(try follow(bytes(scratch.path + "/a.zst"), pieces: 4096).isBetweenFrames)
    }
  }

  /// A changed byte of `small` and the words of the refusal.
  @Test(arguments: [
    (0, UInt8(0), "no zstd stream"), (4, 0x08, "reserved"), (4, 0x01, "dictionary"),
    (5, 0xF8, "window of 2097152 MiB"), (5, 0x69, "window of 9 MiB"), (6, 0x17, "reserved kind"),
  ]) func refusals(at: Int, value: UInt8, expected: String) throws {
    var changed = Self.small
    changed[at] = value
    if at == 4, value == 1 { changed.insert(7, at: 6) }
    let error = #expect(throws: PackageError.self) { try follow(changed, pieces: 100) }
    #expect(error?.description.contains(expected) == true, "\(error!)")
  }

  @Test func theLargestWindowThatIsAllowed() throws {
    var changed = Self.small
    changed[5] = 0x68
    #expect(try follow(changed, pieces: 100).isBetweenFrames)
  }
}
