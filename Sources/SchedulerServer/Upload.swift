internal import JudgeModel
internal import Messages
internal import ProblemPackage
internal import Transport

/// One archive on its way in.
///
/// An archive is asked for from its end: its last bytes say how long the seek table is, the table
/// where the manifest ends, and the manifest which members there are. Then it is known which of them
/// are on the shelf already, and the others are asked for. So not a byte is asked for twice or in
/// vain, and what is kept in memory is bounded before it is asked for.
final class Upload {
  enum Step {
    /// Go on asking.
    case ask
    /// Find out what is here already, then `begin`.
    case plan([PackageArchive.Frame])
    /// Everything is there.
    case verify(UploadPlan)
  }
  private enum Stage {
    case footer
    case seekTable(footer: [UInt8])
    case head([PackageArchive.Frame])
    case planning
    case members(UploadPlan)
    case verifying
  }

  let size: Int64
  let file: ArchiveFile
  /// Who is asked: the last one that offered it.
  private(set) var peer: RoutingID
  /// Whoever offered it and waits for the end of it.
  private(set) var waiting: Set<RoutingID>
  private(set) var lastHeard = Reactor.now()
  /// Bytes that have come.
  private(set) var receivedBytes: Int64 = 0
  private var stage = Stage.footer
  private var window: PieceWindow
  /// What came of the seek table; everything else goes to the file.
  private var buffer: [UInt8] = []
  /// Of the manifest's frame.
  private var headBytes: Int64 = 0

  static let waitingLimit = 64

  init(size: Int64, file: ArchiveFile, from peer: RoutingID) {
    self.peer = peer
    self.size = size
    self.file = file
    waiting = [peer]
    window = PieceWindow([max(0, size - Int64(PackageArchive.footerBytes))..<size])
  }

  /// Whether it is the client's turn.
  var isWaiting: Bool { !window.isComplete }

  /// Asks for what was on its way once more.
  func restart(from peer: RoutingID) {
    self.peer = peer
    if waiting.count < Self.waitingLimit { waiting.insert(peer) }
    lastHeard = Reactor.now()
    window.restart()
  }

  func nextRequest() -> (offset: Int64, length: Int32)? { window.next() }

  /// Takes a piece; one that is not the next is passed over.
  func take(_ offset: Int64, _ bytes: [UInt8]) throws -> Step {
    guard isWaiting, let at = try window.take(offset, count: bytes.count) else { return .ask }
    lastHeard = Reactor.now()
    receivedBytes += Int64(bytes.count)
    switch stage {
    case .head: try file.write(bytes, at: at)
    case .members: try file.write(bytes, at: headBytes + at)
    case .footer, .seekTable, .planning, .verifying: buffer += bytes
    }
    return window.isComplete ? try finishStage() : .ask
  }

  private func finishStage() throws -> Step {
    let came = buffer
    buffer = []
    switch stage {
    case .footer:
      let tableBytes = Int64(try PackageArchive.seekTableBytes(footer: came))
      guard tableBytes <= size else { throw ServerError("its seek table is cut off") }
      stage = .seekTable(footer: came)
      window = PieceWindow([(size - tableBytes)..<(size - Int64(came.count))])
    case .seekTable(let footer):
      let frames = try PackageArchive.frames(seekTable: came + footer, archiveBytes: size)
      headBytes = Int64(frames.first?.compressed ?? 0)
      guard headBytes > 0, headBytes <= PackageArchive.manifestFrameLimit else {
        throw ServerError(
          "the manifest of the archive takes \(headBytes) bytes, between 1 and "
            + "\(PackageArchive.manifestFrameLimit) are allowed")
      }
      stage = .head(frames)
      window = PieceWindow([0..<headBytes])
    case .head(let frames):
      stage = .planning
      return .plan(frames)
    case .members(let plan):
      stage = .verifying
      return .verify(plan)
    case .planning, .verifying: break
    }
    return .ask
  }

  /// Goes on with the members that are not here.
  func begin(_ plan: UploadPlan) -> Step {
    stage = .members(plan)
    window = PieceWindow(plan.wanted)
    lastHeard = Reactor.now()
    guard window.isComplete else { return .ask }
    stage = .verifying
    return .verify(plan)
  }
}
