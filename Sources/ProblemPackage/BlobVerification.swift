import Glibc
public import JudgeModel

/// Rereading what lies in a store, for disks that forget.
extension BlobStore {
  /// What `verify` found.
  public struct Verification: Hashable, Sendable {
    public var blobs = 0
    /// Bytes that were read.
    public var byteCount: Int64 = 0
    public var damaged: [Damage] = []
  }

  /// A blob that was not what its name says, and is gone now.
  public struct Damage: Hashable, Sendable {
    public var blob: Digest
    public var path: String
    public var reason: String
    /// Packages that lack it now, sorted, and are unfinished.
    public var packages: [Digest]
  }

  /// Reads every blob of every package, and removes those that are damaged, so that they are fetched
  /// again.
  /// - Parameter onBlob: called with the bytes that were read so far and those of all blobs.
  public func verify(
    onBlob: (Int64, Int64) -> Void = { _, _ in }
  ) throws(PackageError) -> Verification {
    var report = Verification()
    var owners: [Digest: (size: Int64, packages: [Digest])] = [:]
    for entry in list() {
      for blob in entry.held {
        owners[blob.digest, default: (blob.size, [])].packages.append(entry.package)
      }
    }
    let total = byteCount
    for (blob, owner) in owners.sorted(by: { $0.key < $1.key }) {
      report.blobs += 1
      let reason: String
      do throws(PackageError) {
        let found = try SHA256.digest(file: path(of: blob))
        report.byteCount += found.size
        onBlob(report.byteCount, total)
        if found.digest == blob { continue }
        reason = "its SHA-256 is \(found.digest.hex)"
      } catch {
        reason = "\(error)"
      }
      let path = path(of: blob)
      guard unlink(path) == 0 || errno == ENOENT else { throw .last("remove", path) }
      report.damaged.append(
        Damage(blob: blob, path: path, reason: reason, packages: owner.packages.sorted()))
    }
    if !report.damaged.isEmpty { try scan() }
    return report
  }
}
