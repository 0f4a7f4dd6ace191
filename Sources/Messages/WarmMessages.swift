public import JudgeModel

/// A package that a worker is asked to fetch before a judging needs it: a wish, with all that a
/// transfer needs to know.
public struct WarmOrder: Hashable, Sendable {
  public var package: Digest
  public var archiveBytes: Int64
  public var unpackedBytes: Int64
  public init(package: Digest, archiveBytes: Int64, unpackedBytes: Int64) {
    self.package = package
    self.archiveBytes = archiveBytes
    self.unpackedBytes = unpackedBytes
  }
}

/// How far a package has been brought to workers before it is needed.
public struct Warmth: Hashable, Sendable {
  /// Why a worker will not have it for now.
  public struct Obstacle: Hashable, Sendable {
    public var worker: WorkerID
    /// For people.
    public var reason: String
    public init(worker: WorkerID, reason: String) {
      self.worker = worker
      self.reason = reason
    }
  }
  /// On how many workers it is to be.
  public var wanted: Int32
  /// Those that have all of it.
  public var here: [WorkerID]
  /// Those that are fetching it, or have been asked to.
  public var coming: [WorkerID]
  /// While `here` and `coming` are fewer than wanted: some of those that will not have it.
  public var obstacles: [Obstacle]

  /// Obstacles in one report: people read these.
  public static let obstacleLimit = 32

  public init(wanted: Int32, here: [WorkerID], coming: [WorkerID], obstacles: [Obstacle]) {
    self.wanted = wanted
    self.here = here
    self.coming = coming
    self.obstacles = obstacles
  }
}
