public import JudgeModel

/// A file of any number of packages, as the cache counts it.
public struct CachedBlob: Hashable, Sendable {
  public var digest: Digest
  /// Bytes.
  public var size: Int64
  public init(digest: Digest, size: Int64) {
    self.digest = digest
    self.size = size
  }
}

/// A package, or a part of one, that a scan found on the disk.
public struct FoundPackage: Hashable, Sendable {
  public var package: Digest
  public var isComplete: Bool
  /// What it is made of.
  public var blobs: [CachedBlob]
  /// Those that are there.
  public var held: [CachedBlob]

  /// - Parameter held: nil when the package is complete.
  public init(package: Digest, blobs: [CachedBlob], held: [CachedBlob]? = nil) {
    self.package = package
    self.blobs = blobs
    self.held = held ?? blobs
    isComplete = held == nil
  }
}

/// How many packages hold each blob, and the bytes of all of them, each counted once.
struct BlobCounts: Hashable, Sendable {
  private struct Count: Hashable {
    var size: Int64
    var holders: Int
  }
  private var counts: [Digest: Count] = [:]
  private(set) var bytes: Int64 = 0

  mutating func add(_ blobs: [CachedBlob]) {
    for blob in blobs {
      if counts[blob.digest] == nil {
        counts[blob.digest] = Count(size: max(0, blob.size), holders: 0)
        bytes = bytes.plus(max(0, blob.size))
      }
      counts[blob.digest]?.holders += 1
    }
  }

  mutating func remove(_ blobs: [CachedBlob]) {
    for blob in blobs {
      guard let count = counts[blob.digest] else { continue }
      if count.holders == 1 {
        counts[blob.digest] = nil
        bytes -= count.size
      } else {
        counts[blob.digest]?.holders -= 1
      }
    }
  }

  /// Bytes of those that nobody holds.
  func missing(_ blobs: [CachedBlob]) -> Int64 {
    blobs.reduce(0) { counts[$1.digest] == nil ? $0.plus($1.size) : $0 }
  }
}

extension Int64 {
  /// Saturating: sizes are numbers from the network.
  func plus(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}

extension [CachedBlob] {
  /// Each digest once, the first counts.
  var uniqued: [CachedBlob] {
    var seen = Set<Digest>(minimumCapacity: count)
    return filter { seen.insert($0.digest).inserted }
  }
}
