internal import Dispatch
internal import JudgeModel
internal import ProblemPackage
internal import Transport
internal import WorkerCore

/// Members on their way from the socket's thread to the one that unpacks them.
///
/// The socket's side never blocks; the other side does, until bytes come or the transfer ends. Bytes
/// that lie in between are counted, and who asks for more looks at that count.
final class MemberPipe: ByteSource, Sendable {
  private struct Chunk {
    var member: Int
    var isLast: Bool
    var bytes: ArraySlice<UInt8>
  }
  private struct State {
    var chunks: [Chunk] = []
    /// Of `chunks`, those before are taken.
    var head = 0
    var backlog = 0
    /// The member that is being read, until its last byte was taken.
    var current: Int?
    var end: End?
  }
  private enum End {
    case complete
    case failed(PackageError)
  }
  private let state = Lock(State())
  private let signal = DispatchSemaphore(value: 0)
  private let onDrained: @Sendable () -> Void

  /// - Parameter onDrained: what one piece brought was taken. Called on the reading thread.
  init(onDrained: @escaping @Sendable () -> Void) { self.onDrained = onDrained }

  /// Bytes that came and were not taken yet.
  var backlog: Int { state.withLock { $0.backlog } }

  // MARK: The socket's side

  /// - Parameter parts: of members, in their order, together all of `bytes`; what is of no member is
  ///   dropped.
  func push(_ parts: [FetchPlan.Part], _ bytes: [UInt8]) {
    var at = 0
    let chunks = parts.compactMap { part in
      let end = min(bytes.count, at + Int(clamping: part.length))
      defer { at = end }
      return part.member.map { Chunk(member: $0, isLast: part.isLast, bytes: bytes[at..<end]) }
    }
    state.withLock { state in
      state.chunks += chunks
      for chunk in chunks { state.backlog += chunk.bytes.count }
    }
    signal.signal()
  }

  /// Nothing more will come. The first end counts.
  func finish(_ failure: PackageError? = nil) {
    state.withLock { state in
      if state.end == nil { state.end = failure.map { .failed($0) } ?? .complete }
    }
    signal.signal()
  }

  // MARK: The side that unpacks

  /// The next member, as soon as its first bytes are here; nil when all were taken.
  func next() throws(PackageError) -> Int? {
    while true {
      let found: Result<Int?, PackageError>? = state.withLock { state in
        if case .failed(let error) = state.end { return .failure(error) }
        if state.head < state.chunks.count {
          state.current = state.chunks[state.head].member
          return .success(state.current)
        }
        return state.end == nil ? nil : .success(nil)
      }
      if let found { return try found.get() }
      signal.wait()
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(PackageError) -> Int {
    while true {
      let (taken, isDrained): (Result<Int, PackageError>?, Bool) = state.withLock { state in
        if case .failed(let error) = state.end { return (.failure(error), false) }
        guard state.current != nil else { return (.success(0), false) }
        guard state.head < state.chunks.count else {
          // Somebody ended in the middle of a member: nothing here does.
          return (state.end == nil ? nil : .failure(.refused("a member was cut off")), false)
        }
        return take(&state, buffer)
      }
      if isDrained { onDrained() }
      if let taken { return try taken.get() }
      signal.wait()
    }
  }

  /// - Returns: bytes, and whether a chunk was used up.
  private func take(
    _ state: inout State, _ buffer: UnsafeMutableRawBufferPointer
  ) -> (Result<Int, PackageError>?, Bool) {
    let chunk = state.chunks[state.head]
    let count = min(buffer.count, chunk.bytes.count)
    buffer.copyBytes(from: chunk.bytes.prefix(count))
    state.backlog -= count
    guard count == chunk.bytes.count else {
      state.chunks[state.head].bytes = chunk.bytes.dropFirst(count)
      return (.success(count), false)
    }
    // Its bytes go now, its place in the list some time later.
    state.chunks[state.head].bytes = []
    state.head += 1
    if state.head > 64, state.head * 2 > state.chunks.count {
      state.chunks.removeFirst(state.head)
      state.head = 0
    }
    if chunk.isLast { state.current = nil }
    // An empty chunk is no end.
    return (count == 0 && !chunk.isLast ? nil : .success(count), true)
  }
}

/// A thread of one transfer, which turns what comes through the pipe into verified blobs.
actor Unpacker {
  private nonisolated let thread: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init() throws { thread = try Reactor(name: "unpack") }
  deinit { thread.stop() }

  /// Blocks this thread until the pipe ends.
  /// - Parameter onMember: a member's blob is on the disk under its digest.
  func run(
    _ pipe: MemberPipe, _ files: [PackageFile], directory: String,
    onMember: @Sendable (Int) -> Void
  ) throws(PackageError) {
    var sink = BlobWriter(directory: directory)
    while let member = try pipe.next() {
      try PackageArchive.unpackMember(pipe, files[member], into: &sink)
      onMember(member)
    }
  }
}
