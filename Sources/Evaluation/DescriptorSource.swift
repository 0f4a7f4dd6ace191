internal import Glibc
public import Grading
public import Sandbox

/// A file from its start, for the comparer. The descriptor stays its owner's.
public struct DescriptorSource: ByteSource {
  public struct ReadError: Error, CustomStringConvertible {
    public var code: Int32
    public var description: String { "cannot read a file: \(String(cString: strerror(code)))" }
  }
  private let descriptor: BorrowedDescriptor
  private var offset: off_t = 0

  public init(_ descriptor: BorrowedDescriptor) { self.descriptor = descriptor }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    while true {
      let got = pread(descriptor.rawValue, buffer.baseAddress, buffer.count, offset)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw ReadError(code: errno) }
      offset += got
      return got
    }
  }
}
