import CCrypto
import Glibc
public import JudgeModel

/// SHA-256 by libcrypto, which uses the processor's own instructions.
///
/// One context is kept for many digests: creating one costs more than hashing a small file.
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  // Fetched once, because an implicit fetch per digest takes three times as long as hashing 64
  // bytes. The pointer is written once, by the initialiser of a static, and libcrypto lets any
  // number of threads use a fetched algorithm.
  private nonisolated(unsafe) static let algorithm: OpaquePointer? =
    EVP_MD_fetch(nil, "SHA2-256", nil)

  public init() {
    guard let context = EVP_MD_CTX_new(), let algorithm = Self.algorithm,
      EVP_DigestInit_ex2(context, algorithm, nil) == 1
    else { preconditionFailure("libcrypto offers no SHA-256; is OpenSSL 3 installed whole?") }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    EVP_DigestUpdate(context, base, bytes.count)
  }

  /// The digest of everything since the last `finish`; the value is then ready for the next one.
  public mutating func finish() -> Digest {
    var out = [UInt8](repeating: 0, count: Digest.byteCount)
    var count: UInt32 = 0
    let ok = EVP_DigestFinal_ex(context, &out, &count)
    precondition(ok == 1 && Int(count) == Digest.byteCount, "libcrypto failed to finish a digest")
    EVP_DigestInit_ex2(context, nil, nil)
    guard let digest = Digest(bytes: out) else { preconditionFailure("a digest has 32 bytes") }
    return digest
  }

  /// Of bytes in memory.
  public static func digest(_ bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  /// Of a regular file, with the number of bytes that were read.
  public static func digest(file path: String) throws(PackageError) -> (digest: Digest, size: Int64)
  {
    let file = try OwnedDescriptor.regularFile(path)
    var hash = SHA256()
    var buffer = ReadBuffer()
    var size: Int64 = 0
    while try buffer.fill(from: file, path) {
      buffer.withBytes { hash.update($0) }
      size += Int64(buffer.count)
    }
    return (hash.finish(), size)
  }
}
