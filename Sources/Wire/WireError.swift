/// Bytes that are not a message of this protocol. Names the field, so that whoever writes a worker in
/// another language finds the mistake.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
  public let field: String
  public let problem: String
  init(_ field: String, _ problem: String) {
    self.field = field
    self.problem = problem
  }
  public var description: String { "message field \(field): \(problem)" }
}

/// Bounds on what one message may claim. They are far above what the program itself sends and exist
/// for peers that mean harm: decoding allocates what a message asks for.
enum WireBounds {
  static let identifierBytes = 64
  static let nameBytes = 512
  /// Paths: names of source files and of testcases. What the readers of problem packages and of
  /// contest archives take, so that nothing they took is refused on its way.
  static let pathBytes = 1024
  /// Components of the name of a source file, and bytes of all names of a program: a compiler gets
  /// them in one command, and the sandbox carries 64 KiB of it.
  static let pathDepth = 32
  static let programNameBytes = 32 << 10
  static let textBytes = 64 << 10
  static let listCount = 100_000
  static let sourceFiles = 1_000
}
