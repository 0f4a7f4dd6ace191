internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Transport
internal import Wire

/// Answers to what is wrong: whoever waits for an answer that never comes cannot tell a mistake of his
/// own from a scheduler that is down.
///
/// The answer is as narrow as what could be read allows. A client's bad request fails by itself. A
/// worker's bad outcome costs it that judging and not its session: it may be the submission that
/// makes workers say such things, and then it would stop one after the other. Only what cannot be
/// told apart from a wrong program ends the connection.
extension SchedulerServer {
  func refuse(_ message: UnreadableMessage, from peer: RoutingID) {
    let reason =
      "this scheduler (\(settings.programVersion)) cannot read \(message). Are both of one version?"
    complain("a message cannot be read", of: peer, ["error": "\(message)"])
    switch message.subject {
    case .hello(let version) where version != ProtocolVersion.current:
      refuse(peer, wrongVersion(version))
    case .hello, .connection: refuse(peer, reason)
    case .request(let request):
      guard links.touch(peer, at: Reactor.now()) else {
        return transmit(ControlCodec.encode(ClientReply.who), to: peer, mayDrop: true)
      }
      reply(.failed(request, reason), to: peer)
    case .runs(let session):
      guard isCurrent(session, of: peer) else { return }
      transmit(ControlCodec.encode(.unreadable(reason)), to: peer, mayDrop: true)
    case .outcome(let session, let name):
      guard isCurrent(session, of: peer) else { return }
      transmit(ControlCodec.encode(.unreadable(reason)), to: peer, mayDrop: true)
      let fault = ReturnReason.workerFault("the worker's outcome cannot be read: \(message)")
      handle(.returned(session, name.judging, name.epoch, fault))
    }
  }

  /// A message of several frames, such as REQ sockets send.
  func refuseFrames(of peer: RoutingID) {
    complain("a message is not one frame", of: peer)
    refuse(
      peer,
      "a message to this scheduler (\(settings.programVersion)) is one frame, without a delimiter: "
        + "use a DEALER socket")
  }

  func refuse(_ peer: RoutingID, _ reason: String) {
    transmit(ControlCodec.encode(SchedulerMessage.refused(reason)), to: peer, mayDrop: true)
  }

  /// Whether the worker on this connection has this session. If not, it is told to say hello.
  func isCurrent(_ session: SessionID?, of peer: RoutingID) -> Bool {
    if let session, links.session(of: peer) == session { return true }
    transmit(ControlCodec.encode(SchedulerMessage.who), to: peer, mayDrop: true)
    return false
  }

  func wrongVersion(_ version: UInt32) -> String {
    "this scheduler (\(settings.programVersion)) speaks protocol \(ProtocolVersion.current), not "
      + "\(version): install the same version on both"
  }

  static let wrongToken = "the enrolment token is wrong: use the scheduler's current join line"

  /// Logs what a peer does wrong, the first time it does.
  func complain(_ what: Logger.Message, of peer: RoutingID, _ particulars: Logger.Metadata = [:]) {
    guard links.isFirstComplaint(about: peer) else { return }
    log.warning(what, metadata: particulars.merging(["peer": "\(peer)"]) { $1 })
  }
}
