internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Transport
internal import Wire

/// Messages on their way out, and what becomes of peers that do not take them.
extension SchedulerServer {
  /// A reply above the bound of a frame goes out in parts: see `ControlCodec.frames`.
  func reply(_ message: ClientReply, to peer: RoutingID) {
    let limit = SocketOptions.control.maximumMessageBytes
    for frame in ControlCodec.frames(message, atMost: limit) {
      transmit(frame, to: peer, mayDrop: false)
    }
  }

  /// - Parameter mayDrop: false keeps the message for a peer that is slow.
  func transmit(_ bytes: [UInt8], to peer: RoutingID, mayDrop: Bool) {
    if outbox.isWaiting(peer) {
      if !mayDrop { keep(bytes, for: peer) }
      return
    }
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
    guard !outbox.append(bytes, for: peer) else { return }
    log.warning("gave up a peer that does not read", metadata: ["peer": "\(peer)"])
    lost(peer)
    // Should it wake up, this makes it say hello and ask again; it would wait for ever for what it
    // has missed.
    _ = outbox.append(ControlCodec.encode(SchedulerMessage.who), for: peer)
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

  /// Sends what the connections have room for by now. At the end of every turn: nobody says when a
  /// connection has room again, because a router is writable as soon as any of its peers is, so on a
  /// busy server the turns are the signal and on an idle one the deadline that makes a turn.
  func flushOutbox() {
    guard let control, !control.isClosed else { return }
    for peer in outbox.peers { flush(peer, through: control) }
  }

  private func flush(_ peer: RoutingID, through control: Socket) {
    while let bytes = outbox.first(for: peer) {
      do {
        switch try control.send(bytes, to: peer) {
        case .sent: outbox.sentFirst(for: peer)
        case .wouldBlock: return
        case .unreachable: return lost(peer)
        }
      } catch {
        // It would fail again and hold up everything behind it, and without it what follows may make
        // no sense. Whoever waits for it has to ask again.
        log.error("cannot send", metadata: ["peer": "\(peer)", "error": "\(error)"])
        lost(peer)
        return transmit(ControlCodec.encode(SchedulerMessage.who), to: peer, mayDrop: true)
      }
    }
  }
}
