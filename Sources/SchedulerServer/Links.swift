internal import JudgeModel
internal import Messages
internal import Transport

/// Which connection is which worker session or client. A reconnect is a new connection with a new
/// routing id, so an entry never changes its meaning.
struct Links {
  private var sessions: [RoutingID: SessionID] = [:]
  private var peers: [SessionID: RoutingID] = [:]
  /// When each was last heard of, nanoseconds of the monotonic clock.
  private var clients: [RoutingID: Int64] = [:]
  private var complaints = Complaints()

  func session(of peer: RoutingID) -> SessionID? { sessions[peer] }
  func peer(of session: SessionID) -> RoutingID? { peers[session] }
  func isClient(_ peer: RoutingID) -> Bool { clients[peer] != nil }

  /// - Returns: the session that this connection had before, if it said hello twice.
  mutating func bind(_ session: SessionID, to peer: RoutingID) -> SessionID? {
    let old = sessions.updateValue(session, forKey: peer)
    if let old { peers[old] = nil }
    peers[session] = peer
    return old
  }

  mutating func close(_ session: SessionID) {
    if let peer = peers.removeValue(forKey: session), sessions[peer] == session {
      sessions[peer] = nil
    }
  }

  mutating func isFirstComplaint(about peer: RoutingID) -> Bool { complaints.isFirst(about: peer) }

  var hasClients: Bool { !clients.isEmpty }
  mutating func addClient(_ peer: RoutingID, at now: Int64) { clients[peer] = now }
  mutating func removeClient(_ peer: RoutingID) { clients[peer] = nil }

  /// False when it is not a client.
  mutating func touch(_ peer: RoutingID, at now: Int64) -> Bool {
    guard clients[peer] != nil else { return false }
    clients[peer] = now
    return true
  }

  func clients(silentSince instant: Int64) -> [RoutingID] {
    clients.filter { $0.value <= instant }.map(\.key)
  }
}

/// Connections that something was logged about. What a peer does wrong it does a thousand times a second,
/// and a log that tells it each time is a way to fill the disk.
struct Complaints {
  private var peers: Set<RoutingID> = []
  /// When there are so many, the list starts again, and so do the complaints.
  private static let limit = 4_096

  /// True once for each connection.
  mutating func isFirst(about peer: RoutingID) -> Bool {
    if peers.count >= Self.limit { peers = [] }
    return peers.insert(peer).inserted
  }
}
