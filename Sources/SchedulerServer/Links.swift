internal import JudgeModel
internal import Messages
internal import Transport

/// Which connection is which worker session or client. A reconnect is a new connection with a new
/// routing id, so an entry never changes its meaning.
struct Links {
  private var sessions: [RoutingID: SessionID] = [:]
  private var peers: [SessionID: RoutingID] = [:]
  private var clients: Set<RoutingID> = []

  func session(of peer: RoutingID) -> SessionID? { sessions[peer] }
  func peer(of session: SessionID) -> RoutingID? { peers[session] }
  func isClient(_ peer: RoutingID) -> Bool { clients.contains(peer) }

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

  mutating func addClient(_ peer: RoutingID) { clients.insert(peer) }
  mutating func removeClient(_ peer: RoutingID) { clients.remove(peer) }
}
