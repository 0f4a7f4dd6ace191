import Glibc
public import JudgeModel
import Synchronization

/// Writes members into the store of a directory, each published under its digest as soon as it is
/// verified, so that a run can use it before the rest of the package is here.
///
/// Needs only the directory: any thread may have a writer, beside the thread that owns the store.
public struct BlobWriter: BlobSink {
  private let directory: String
  private let temporary: String
  private var current: OpenBlob?
  /// Blobs that were not in the store before.
  public private(set) var published: [Digest] = []

  private static let count = Atomic<UInt64>(0)

  private final class OpenBlob {
    let file: OwnedDescriptor
    let digest: Digest
    init(_ file: consuming OwnedDescriptor, _ digest: Digest) {
      self.file = file
      self.digest = digest
    }
  }

  /// - Parameter directory: of a store, whose folders are there.
  public init(directory: String) {
    self.directory = directory
    let number = Self.count.add(1, ordering: .relaxed).newValue
    temporary = "\(directory)/tmp/blob-\(getpid())-\(number)"
  }

  public mutating func begin(_ file: PackageFile) throws(PackageError) {
    // Already here: the content is still checked on its way past, and not written again.
    guard access(BlobStore.path(of: file.digest, in: directory), F_OK) != 0 else { return }
    current = OpenBlob(try .create(temporary, mode: 0o444), file.digest)
  }

  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(PackageError) {
    try current?.file.write(bytes, temporary)
  }

  public mutating func finish(isVerified: Bool) throws(PackageError) {
    guard let blob = current else { return }
    current = nil
    let path = BlobStore.path(of: blob.digest, in: directory)
    do throws(PackageError) {
      guard isVerified else {
        unlink(temporary)
        return
      }
      try Disk.makeDirectory(Disk.directoryOf(path))
      try Disk.move(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
    published.append(blob.digest)
  }
}
