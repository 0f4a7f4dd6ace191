public import JudgeModel

/// A package that the scheduler has, and who has it besides.
public struct ListedPackage: Hashable, Sendable {
  public var package: PackageSummary
  /// Bytes of its archive that no other package shares: about what dropping it would free.
  public var ownBytes: Int64
  /// Whether its problem's submissions are judged with it.
  public var isNewest: Bool
  /// Workers that are connected and hold it.
  public var workers: [WorkerID]
  /// When it was first pushed, since 1970.
  public var addedMilliseconds: Int64
  /// Where its archive lies besides, in the order in which they are to be tried.
  public var origins: [Origin]
  public init(
    package: PackageSummary, ownBytes: Int64, isNewest: Bool, workers: [WorkerID],
    addedMilliseconds: Int64, origins: [Origin] = []
  ) {
    self.package = package
    self.ownBytes = ownBytes
    self.isNewest = isNewest
    self.workers = workers
    self.addedMilliseconds = addedMilliseconds
    self.origins = origins
  }
}

/// What was dropped, or what would be.
public struct PackageCollection: Hashable, Sendable {
  public var packages: [PackageSummary]
  public var freedBytes: Int64
  /// Bytes that nothing needs and that are on the disk all the same; `note` says why.
  public var keptBytes: Int64
  /// For people; empty when there is nothing to say.
  public var note: String
  public init(
    packages: [PackageSummary], freedBytes: Int64, keptBytes: Int64 = 0, note: String = ""
  ) {
    self.packages = packages
    self.freedBytes = freedBytes
    self.keptBytes = keptBytes
    self.note = note
  }
}
