import Glibc

/// The files of a package directory as the formats want them seen: hidden and badly named entries
/// gone, symbolic links followed when they stay inside, every listing in byte order.
///
/// Taken once and then only looked at, so that no reader depends on the order of a file system.
struct PackageTree {
  struct File {
    /// In the package.
    var path: String
    var size: Int64
    var isExecutable: Bool
  }
  let root: String
  /// The last component of the directory's real path, whatever it was called on the command line.
  private(set) var realName = ""
  private(set) var files: [String: File] = [:]
  private var children: [String: [String]] = [:]

  /// More entries than any real package has; bounds what a hostile directory can cost.
  static let entryLimit = 200_000
  /// Larger members could not have one frame each in the archive.
  static let fileLimit: Int64 = 1 << 30

  /// Parts of a package whose files judging or checking uses; what lies elsewhere may have any name.
  private static let judgingRoots: Set<Substring> = [
    "data", "submissions", "output_validators", "output_validator", "output_checker",
    "static_validator", "graders", "include", "input_validators", "input_format_validators",
  ]

  init(root: String, findings: Findings) {
    self.root = root
    var status = stat()
    guard let real = Self.real(root), stat(real, &status) == 0, status.st_mode & S_IFMT == S_IFDIR
    else {
      findings.error("", "there is no directory \(root)")
      return
    }
    realName = real.lastComponent
    var entries = 0
    walk("", real: real, rootPrefix: real == "/" ? "/" : real + "/", &entries, findings)
  }

  /// Names in a directory, in byte order; empty when there is no such directory.
  func names(in directory: String) -> [String] { children[directory] ?? [] }
  func isDirectory(_ path: String) -> Bool { children[path] != nil }
  func file(_ path: String) -> File? { files[path] }

  /// All files below a directory, in byte order of their paths.
  func files(below directory: String) -> [File] {
    var found: [File] = []
    for name in names(in: directory) {
      let path = directory.joined(name)
      if let file = files[path] { found.append(file) } else { found += files(below: path) }
    }
    return found.sorted { PathRules.byteOrder($0.path, $1.path) }
  }

  /// The bytes of a small text file; a finding when it cannot be had.
  func contents(_ path: String, limit: Int, _ findings: Findings) -> [UInt8]? {
    do { return try Disk.contents(root + "/" + path, limit: limit) } catch {
      findings.error(path, "\(error)")
      return nil
    }
  }

  private mutating func walk(
    _ directory: String, real: String, rootPrefix: String, _ entries: inout Int,
    _ findings: Findings
  ) {
    children[directory] = []
    guard directory.split(separator: "/").count < PathRules.depthLimit else {
      findings.error(directory, "more than \(PathRules.depthLimit) directories deep; flatten it")
      return
    }
    let names: [String]
    do { names = try Disk.names(in: real).sorted(by: PathRules.byteOrder) } catch {
      findings.error(directory, "\(error)")
      return
    }
    var kept: [String] = []
    for name in names where isKept(name, in: directory, findings) {
      entries += 1
      guard entries <= Self.entryLimit else {
        findings.error("", "more than \(Self.entryLimit) files; remove what is not part of it")
        return
      }
      let path = directory.joined(name)
      var status = stat()
      guard lstat(real + "/" + name, &status) == 0 else { continue }
      var target = real + "/" + name
      if status.st_mode & S_IFMT == S_IFLNK {
        guard let resolved = resolve(target, path, real, rootPrefix, findings),
          stat(resolved, &status) == 0
        else { continue }
        target = resolved
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG:
        files[path] = File(
          path: path, size: Int64(status.st_size), isExecutable: status.st_mode & 0o100 != 0)
        kept.append(name)
      case S_IFDIR:
        kept.append(name)
        walk(path, real: target, rootPrefix: rootPrefix, &entries, findings)
      default:
        findings.warning(path, "neither a file nor a directory; ignored")
      }
    }
    children[directory] = kept
  }

  private func isKept(_ name: String, in directory: String, _ findings: Findings) -> Bool {
    if name.hasPrefix(".") || name == "__pycache__" { return false }
    if PathRules.isComponent(name) { return true }
    if let top = directory.split(separator: "/").first, Self.judgingRoots.contains(top) {
      // A contest with one test fewer than its author thinks is worse than a package that is refused.
      if top == "data", [".in", ".ans"].contains(where: { name.hasSuffix($0) }) {
        findings.error(
          directory.joined(name),
          "test data whose name cannot be used; rename it with letters, digits, `_`, `.` and `-` only"
        )
        return false
      }
      findings.warning(
        directory.joined(name),
        "ignored: names may have letters, digits, `_`, `.` and `-` only and not start with `-`; "
          + "rename it if it is part of the problem")
    }
    return false
  }

  /// Where a link leads, when that is inside the package and not a directory around the link.
  private func resolve(
    _ link: String, _ path: String, _ real: String, _ rootPrefix: String, _ findings: Findings
  ) -> String? {
    guard let resolved = Self.real(link) else {
      findings.error(path, "symbolic link to nothing; remove it or restore its target")
      return nil
    }
    guard resolved.hasPrefix(rootPrefix) else {
      findings.error(path, "symbolic link leaves the package; copy the file into it")
      return nil
    }
    guard !(real + "/").hasPrefix(resolved + "/") else {
      findings.error(path, "symbolic link to a directory around it; remove it")
      return nil
    }
    return resolved
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
