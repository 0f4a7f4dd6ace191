public import JudgeModel
public import Messages

/// A message to the scheduler that cannot be read, with what of it could: enough to answer its sender.
public struct UnreadableMessage: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whom or what the answer is about.
  public enum Subject: Hashable, Sendable {
    /// Nothing smaller than the connection itself.
    case connection
    /// An introduction; the version it claims may be why it cannot be read.
    case hello(protocolVersion: UInt32)
    /// A client's request.
    case request(UInt64)
    /// Runs of a worker's session, whose judging goes on.
    case runs(SessionID)
    /// How a lease ended, as far as the session that says so is concerned.
    case outcome(SessionID, LeaseName)
  }
  public let subject: Subject
  public let error: WireError
  public var description: String { error.description }

  init(_ subject: Subject, _ error: WireError) {
    self.subject = subject
    self.error = error
  }
}

extension UnreadableMessage.Subject {
  init(of body: Assize_V1_ToScheduler.OneOf_Body) {
    self =
      switch body {
      case .workerHello(let hello): .hello(protocolVersion: hello.protocolVersion)
      case .clientHello(let hello): .hello(protocolVersion: hello.protocolVersion)
      case .workerSync, .cancelled, .goodbyeSession, .wishEnded: .connection
      case .runs(let report): .runs(SessionID(report.session))
      case .finished(let finished):
        .outcome(SessionID(finished.session), LeaseName(from: finished.lease))
      case .returned(let returned):
        .outcome(SessionID(returned.session), LeaseName(from: returned.lease))
      case .offerPackages(let offer): .request(offer.request)
      case .findPackage(let find): .request(find.request)
      case .createBatch(let create): .request(create.request)
      case .judge(let judge): .request(judge.request)
      case .watch(let watch), .cancel(let watch): .request(watch.request)
      case .statusRequest(let request), .listPackages(let request): .request(request)
      case .explain(let explain): .request(explain.request)
      case .collectPackages(let collect): .request(collect.request)
      case .warm(let warm): .request(warm.request)
      case .setOrigins(let set): .request(set.request)
      }
  }
}
