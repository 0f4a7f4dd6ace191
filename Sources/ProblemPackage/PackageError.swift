import Glibc
public import JudgeModel

/// Why a package could not be written, read or installed.
///
/// Whoever catches one decides by the case: `.refused` and `.manifest` speak about what somebody
/// sent, `.system` and `.library` about this machine, `.changed` about a directory that was edited
/// while it was being packed.
public enum PackageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A call to the operating system failed.
  case system(operation: String, path: String, errno: Int32)
  /// libarchive failed although nothing was wrong with its input.
  case library(String)
  /// The text of a manifest breaks a rule; says where in it.
  case manifest(String)
  /// An archive breaks a rule; says which member.
  case refused(String)
  /// A file is no longer what the manifest says.
  case changed(path: String)
  /// A package or a blob that is not in the store.
  case absent(Digest)

  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    case .library(let text): "libarchive: \(text)"
    case .manifest(let text): "manifest: \(text)"
    case .refused(let text): "package archive refused: \(text)"
    case .changed(let path):
      "\(path) is not what the manifest says: it changed after the package was read; read it again"
    case .absent(let digest): "\(digest.hex) is not in the store; fetch it first"
    }
  }

  /// The calling thread's `errno`, taken at once.
  static func last(_ operation: String, _ path: String) -> PackageError {
    .system(operation: operation, path: path, errno: errno)
  }
}
