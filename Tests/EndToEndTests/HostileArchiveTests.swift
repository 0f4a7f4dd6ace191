import Foundation
import Testing

/// Hostile archives in processes that may have only so much memory: what is refused must not have
/// been swallowed first.
@Suite struct HostileArchiveProcessTests {
  /// Address space of the whole process, which maps some hundred mebibytes of libraries and stacks.
  static let addressSpaceKiB = 640 << 10

  /// A tar whose only member is `manifest.json` with such contents.
  private static let maker = """
    import sys, tarfile
    name, path = sys.argv[1:]
    info = tarfile.TarInfo("manifest.json")
    chunk = {"wide": b"0,", "blank": b" ", "deep": b"["}[name] * (1 << 19)
    with open(path, "wb") as out:
        info.size = 63 << 20
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        out.write(b'{"format":[')
        left = info.size - 11
        while left > 0:
            out.write(chunk[:left])
            left -= min(left, len(chunk))
        out.write(b"\\0" * 1024)

    """

  @Test(
    "manifests of 63 MiB in a few kilobytes, and windows of 2 GiB",
    arguments: [
      ("wide", "-q", "more than 4000000 values"), ("blank", "-q", "expected a value"),
      ("deep", "-q", "nested too deeply"),
      ("blank", "-q --long=31", "wants a window of 2048 MiB"),
      ("blank", "-q --ultra -22", "wants a window of 128 MiB"),
    ])
  func bounded(contents: String, options: String, reason: String) throws {
    let scratch = try Scratch()
    let script = try scratch.file("make.py", Self.maker)
    let archive = scratch.path + "/bomb.tar.zst"
    // `unpack` of a stream needs no seek table; one that lists the frame lets `diff` come this far.
    let table = """
      import struct, sys
      path = sys.argv[1]
      size = len(open(path, "rb").read())
      frames = [(size, 0), (0, 0)]
      body = b"".join(struct.pack("<II", *f) for f in frames)
      body += struct.pack("<IB", len(frames), 0) + struct.pack("<I", 0x8F92EAB1)
      with open(path, "ab") as out:
          out.write(struct.pack("<II", 0x184D2A5E, len(body)) + body)

      """
    let tabler = try scratch.file("table.py", table)
    let command = """
      python3 \(script) \(contents) \(scratch.path)/bomb.tar || exit 9
      zstd \(options) < \(scratch.path)/bomb.tar > \(archive) || exit 9
      python3 \(tabler) \(archive) || exit 9
      ulimit -v \(Self.addressSpaceKiB)
      exec \(Place.assize) pack diff \(archive) \(archive)
      """
    let child = try ChildProcess(["/bin/sh", "-c", command], logs: scratch.path + "/run")
    let ending = try child.wait()
    #expect(ending == .exited(2), "\(child.output)\(child.errors)")
    #expect(child.errors.contains(reason), "\(child.errors)")
  }
}
