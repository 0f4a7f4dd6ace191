/// A package as lists show it and as the scheduler keeps it on record; what it holds says its
/// manifest.
public struct PackageSummary: Hashable, Sendable {
  public var digest: Digest
  public var problem: String
  public var title: String
  /// Of the archive file, as it travels.
  public var archiveBytes: Int64
  /// Of the files, unpacked.
  public var unpackedBytes: Int64

  public init(
    digest: Digest, problem: String, title: String, archiveBytes: Int64, unpackedBytes: Int64
  ) {
    self.digest = digest
    self.problem = problem
    self.title = title
    self.archiveBytes = archiveBytes
    self.unpackedBytes = unpackedBytes
  }
}
