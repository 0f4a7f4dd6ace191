/// A stream of bytes that is read once, front to back.
public protocol ByteSource: ~Copyable {
  /// What reading can fail with. It should name the file: the comparer hands it on as it is.
  associatedtype Failure: Error

  /// Writes up to `buffer.count` bytes (at least one place is offered) and returns how many;
  /// 0 means the end. After the end it is not called again.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

/// Bytes that are already here.
public struct MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0
  private let chunk: Int

  /// - Parameter chunk: most bytes that one read gives, at least 1.
  public init(_ bytes: [UInt8], chunk: Int = .max) {
    self.bytes = bytes
    self.chunk = max(1, chunk)
  }

  public init(_ text: String, chunk: Int = .max) {
    self.init(Array(text.utf8), chunk: chunk)
  }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(Never) -> Int {
    let count = min(buffer.count, bytes.count - position, chunk)
    guard count > 0 else { return 0 }
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
