import Glibc
public import JudgeModel

/// Looks at the bytes of the test data for what is allowed and hardly ever meant: line ends of
/// another system, inputs that occur twice, answers without anything in them.
public enum DataLint {
  /// Bytes of one file from which on its author is asked whether it was meant.
  static let largeFile: Int64 = 64 << 20

  /// - Parameters:
  ///   - manifest: nil when the package has errors; then some rules cannot be applied.
  ///   - onProgress: bytes looked at, of how many, and the file that comes next.
  public static func findings(
    directory: String, manifest: PackageManifest?,
    onProgress: (_ done: Int64, _ total: Int64, _ path: String) -> Void = { _, _, _ in }
  ) -> [Diagnostic] {
    let findings = Findings()
    let tree = PackageTree(root: directory, findings: Findings())
    let files = ["data/sample", "data/secret"].flatMap { tree.files(below: $0) }
      .filter { $0.path.hasSuffix(".in") || $0.path.hasSuffix(".ans") }
    let total = files.reduce(0) { $0 + $1.size }
    var done: Int64 = 0
    var twins = Twins(manifest: manifest)
    for file in files {
      onProgress(done, total, file.path)
      done += file.size
      do throws(PackageError) {
        let look = try TextLook.at(directory + "/" + file.path)
        if file.path.hasSuffix(".in") {
          report(look, file.path, findings)
          twins.add(file.path, look.digest, findings)
        } else {
          reportAnswer(look, file, manifest, findings)
        }
      } catch {
        findings.error(file.path, "\(error)")
      }
      if file.size > largeFile {
        findings.warning(
          file.path,
          "is unusually large (over \(largeFile >> 20) MiB): every worker fetches and keeps it; "
            + "see whether a smaller one shows as much")
      }
    }
    onProgress(total, total, "")
    return findings.all
  }

  private static func report(_ look: TextLook, _ path: String, _ findings: Findings) {
    reportText(look, path, findings)
    if look.size > 0, !look.endsInLineFeed {
      findings.warning(
        path, line: look.lines, "does not end in a newline; some programs then miss the last line")
    }
  }

  private static func reportText(_ look: TextLook, _ path: String, _ findings: Findings) {
    if look.hasByteOrderMark {
      findings.warning(
        path, line: 1,
        "starts with a byte-order mark, which programs read as part of the first token; save it "
          + "without")
    }
    if let line = look.firstCarriageReturn {
      findings.warning(
        path, line: line,
        "has line ends of Windows (CR LF), which some programs read as part of the text; convert "
          + "it with `dos2unix`")
    }
    if let line = look.firstControl {
      findings.warning(path, line: line, "has control characters; if it is text, remove them")
    }
  }

  /// Validators of a package may keep anything in an answer: only the built-in comparer's are text.
  private static func reportAnswer(
    _ look: TextLook, _ file: PackageTree.File, _ manifest: PackageManifest?,
    _ findings: Findings
  ) {
    guard let manifest, case .tokens = manifest.check else { return }
    if look.isBlank {
      findings.warning(
        file.path, "is empty, so only an empty output is right; write the answer if there is one")
    }
    reportText(look, file.path, findings)
    if file.size > manifest.limits.outputBytes.amount {
      findings.warning(
        file.path,
        "is larger than the output limit (\(manifest.limits.outputBytes.amount) bytes), so that "
          + "printing it is an error; raise `limits.output`")
    }
  }
}

/// Finds inputs that occur twice. Groups of a scoring problem share testcases on purpose, so there
/// only those of one group are compared.
private struct Twins {
  private var first: [String: String] = [:]
  private let isScoring: Bool
  /// What else distinguishes testcases with the same input.
  private let context: [String: String]

  init(manifest: PackageManifest?) {
    isScoring = manifest?.kind.isScoring ?? false
    var context: [String: String] = [:]
    for testcase in manifest?.testcases ?? [] {
      let files = testcase.files.map { file in
        file.name + "=" + (manifest?.file(file.path)?.digest.hex ?? "")
      }
      // A validator may find its task in the answer; for the comparer it follows from the input.
      var answer: [String] = []
      if let manifest, case .validator = manifest.check {
        answer = [manifest.file(testcase.answer)?.digest.hex ?? ""]
      }
      let parts = [testcase.arguments, testcase.validatorArguments, files, answer]
      context[testcase.input] = parts.map { $0.joined(separator: "\u{0}") }
        .joined(separator: "\u{1}")
    }
    self.context = context
  }

  mutating func add(_ path: String, _ digest: Digest, _ findings: Findings) {
    let group = isScoring ? path.parentPath : ""
    let key = digest.hex + group + "\u{2}" + (context[path] ?? "")
    guard let other = first[key] else {
      first[key] = path
      return
    }
    findings.warning(
      path, "has the same contents as \(other), so it tests nothing new; remove one of them")
  }
}

/// One pass over a file: what an editor would show of it, and its digest.
struct TextLook {
  var size: Int64 = 0
  var lines = 1
  var hasByteOrderMark = false
  var endsInLineFeed = false
  var isBlank = true
  /// Lines, from 1.
  var firstCarriageReturn: Int?
  var firstControl: Int?
  var digest: Digest

  static func at(_ path: String) throws(PackageError) -> TextLook {
    let file = try OwnedDescriptor.regularFile(path)
    var hash = SHA256()
    var buffer = ReadBuffer()
    var scan = Scan()
    while try buffer.fill(from: file, path) {
      buffer.withBytes {
        hash.update($0)
        scan.add($0)
      }
    }
    return TextLook(
      size: scan.size, lines: max(1, scan.last == 10 ? scan.line - 1 : scan.line),
      hasByteOrderMark: scan.head == [0xEF, 0xBB, 0xBF], endsInLineFeed: scan.last == 10,
      isBlank: scan.isBlank, firstCarriageReturn: scan.carriageReturn,
      firstControl: scan.control, digest: hash.finish())
  }

  private struct Scan {
    var size: Int64 = 0
    var line = 1
    var head: [UInt8] = []
    var last: UInt8 = 0
    var isBlank = true
    var carriageReturn: Int?
    var control: Int?

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
      if head.count < 3 { head += bytes.prefix(3 - head.count) }
      size += Int64(bytes.count)
      for byte in bytes {
        // Most bytes are neither blank nor control.
        if byte > 32 && byte != 127 {
          isBlank = false
        } else if byte == 10 {
          if last == 13, carriageReturn == nil { carriageReturn = line }
          line += 1
        } else if byte != 32, byte != 9, byte != 13, byte != 12 {
          isBlank = false
          if control == nil { control = line }
        }
        last = byte
      }
    }
  }
}
