internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Transport

/// Messages on their way out, and what becomes of peers that do not take them.
extension SchedulerServer {
  /// - Parameter mayDrop: false keeps the message for a peer that is slow.
  func transmit(_ bytes: [UInt8], to peer: RoutingID, mayDrop: Bool) {
    if outbox.isWaiting(peer) { return keep(bytes, for: peer) }
    guard let control, !control.isClosed else { return }
    do {
      switch try control.send(bytes, to: peer) {
      case .sent: break
      case .unreachable: lost(peer)
      case .wouldBlock: if !mayDrop { keep(bytes, for: peer) }
      }
    } catch {
      log.error("cannot send", metadata: ["peer": "\(peer)", "error": "\(error)"])
    }
  }

  private func keep(_ bytes: [UInt8], for peer: RoutingID) {
    if !outbox.append(bytes, for: peer) {
      log.warning("dropped a peer that does not read", metadata: ["peer": "\(peer)"])
      lost(peer)
    }
  }

  private func lost(_ peer: RoutingID) {
    outbox.remove(peer)
    if let session = links.session(of: peer) {
      log.notice("worker left", metadata: ["session": "\(session.value)"])
      handle(.disconnected(session))
    }
    if links.isClient(peer) {
      links.removeClient(peer)
      watchers.remove(peer)
    }
  }

  func flushOutbox() {
    guard let control, !control.isClosed else { return }
    for peer in outbox.peers {
      while let bytes = outbox.first(for: peer) {
        guard let result = try? control.send(bytes, to: peer) else { break }
        if case .wouldBlock = result { break }
        if case .unreachable = result {
          lost(peer)
          break
        }
        outbox.removeFirst(for: peer)
      }
    }
  }
}
