internal import Foundation
internal import JudgeModel
public import Messages
internal import SwiftProtobuf

/// Bytes of the control socket. `assize.proto` says what each message means.
public enum ControlCodec {
  /// What a scheduler receives.
  public enum Inbound: Hashable, Sendable {
    case worker(WorkerMessage)
    case client(ClientMessage)
  }

  // MARK: Towards the scheduler

  public static func encode(_ message: WorkerMessage) -> [UInt8] {
    var out = Assize_V1_ToScheduler()
    switch message {
    case .hello(let hello): out.workerHello = hello.wire
    case .sync(let sync): out.workerSync = sync.wire
    case .runs(let session, let judging, let epoch, let runs):
      out.runs.session = session.value
      out.runs.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.runs.runs = runs.map(\.wire)
    case .finished(let session, let judging, let epoch, let result):
      out.finished.session = session.value
      out.finished.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.finished.result = result.wire
    case .returned(let session, let judging, let epoch, let reason):
      out.returned.session = session.value
      out.returned.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.returned.reason = reason.text
      out.returned.fault =
        switch reason {
        case .judgeError: .judgeError
        case .workerFault: .worker
        case .draining: .draining
        case .retracted: .retracted
        }
    case .cancelled(let session, let judging, let epoch):
      out.cancelled.session = session.value
      out.cancelled.lease = LeaseName(judging: judging, epoch: epoch).wire
    case .goodbye(let session): out.goodbyeSession = session.value
    case .wishEnded(let session, let package, let reason):
      out.wishEnded.session = session.value
      out.wishEnded.package = package.wire
      out.wishEnded.reason = reason
    }
    return serialized(out)
  }

  public static func encode(_ message: ClientMessage) -> [UInt8] {
    var out = Assize_V1_ToScheduler()
    switch message {
    case .hello(let version, let token, let program):
      out.clientHello.protocolVersion = version
      out.clientHello.token = token
      out.clientHello.programVersion = program
    case .offerPackages(let request, let digests):
      out.offerPackages.request = request
      out.offerPackages.packages = Digest.wire(digests)
    case .findPackage(let request, let problem):
      out.findPackage.request = request
      out.findPackage.problem = problem
    case .createBatch(let request, let name):
      out.createBatch.request = request
      out.createBatch.name = name
    case .judge(let request, let judgings):
      out.judge.request = request
      out.judge.judgings = judgings.map(\.wire)
    case .watch(let request, let watched): out.watch = watched.wire(request)
    case .cancel(let request, let watched): out.cancel = watched.wire(request)
    case .status(let request): out.statusRequest = request
    case .explain(let request, let judging):
      out.explain.request = request
      out.explain.judging = judging.value
    case .listPackages(let request): out.listPackages = request
    case .collectPackages(let request, let isRehearsal):
      out.collectPackages.request = request
      out.collectPackages.rehearsal = isRehearsal
    case .warm(let request, let package, let workers):
      out.warm.request = request
      out.warm.package = package.wire
      out.warm.workers = workers ?? 0
    case .setOrigins(let request, let package, let origins):
      out.setOrigins.request = request
      out.setOrigins.package = package.wire
      out.setOrigins.urls = origins.map(\.url)
    }
    return serialized(out)
  }

  /// What a scheduler receives.
  public static func decodeInbound(
    _ bytes: UnsafeRawBufferPointer
  ) throws(UnreadableMessage) -> Inbound {
    var subject = UnreadableMessage.Subject.connection
    do throws(WireError) {
      let wire: Assize_V1_ToScheduler = try parsed(bytes)
      guard let body = wire.body else { throw WireError("body", "missing or unknown") }
      subject = UnreadableMessage.Subject(of: body)
      return switch body {
      case .workerHello, .workerSync, .runs, .finished, .returned, .cancelled, .goodbyeSession,
        .wishEnded:
        .worker(try worker(body))
      default: .client(try client(body))
      }
    } catch {
      throw UnreadableMessage(subject, error)
    }
  }

  private static func worker(
    _ body: Assize_V1_ToScheduler.OneOf_Body
  ) throws(WireError) -> WorkerMessage {
    switch body {
    case .workerHello(let hello): return .hello(try WorkerHello(from: hello))
    case .workerSync(let sync): return .sync(try WorkerSync(from: sync))
    case .runs(let report):
      let name = LeaseName(from: report.lease)
      let runs = try bounded(report.runs, "runs", atMost: WireBounds.listCount)
        .decoded(Run.init(from:))
      return .runs(SessionID(report.session), name.judging, name.epoch, runs)
    case .finished(let finished):
      let name = LeaseName(from: finished.lease)
      return .finished(
        SessionID(finished.session), name.judging, name.epoch,
        try JudgingResult(from: finished.result))
    case .returned(let returned):
      let name = LeaseName(from: returned.lease)
      return .returned(
        SessionID(returned.session), name.judging, name.epoch, try ReturnReason(from: returned))
    case .cancelled(let cancelled):
      let name = LeaseName(from: cancelled.lease)
      return .cancelled(SessionID(cancelled.session), name.judging, name.epoch)
    case .goodbyeSession(let session): return .goodbye(SessionID(session))
    case .wishEnded(let ended):
      return .wishEnded(
        SessionID(ended.session), try Digest(from: ended.package, "wish_ended.package"),
        reason: try boundedText(ended.reason, "wish_ended.reason"))
    default: throw WireError("body", "not a worker's message")
    }
  }

  private static func client(
    _ body: Assize_V1_ToScheduler.OneOf_Body
  ) throws(WireError) -> ClientMessage {
    switch body {
    case .clientHello(let hello):
      return .hello(
        protocolVersion: hello.protocolVersion,
        token: try boundedText(hello.token, "client_hello.token", atMost: WireBounds.nameBytes),
        programVersion: try boundedText(
          hello.programVersion, "client_hello.program_version", atMost: WireBounds.nameBytes))
    case .offerPackages(let offer):
      return .offerPackages(
        offer.request, try Digest.list(from: offer.packages, "offer_packages.packages"))
    case .findPackage(let find):
      return .findPackage(
        find.request,
        problem: try identifier(
          find.problem, "find_package.problem", atMost: WireBounds.nameBytes))
    case .createBatch(let create):
      return .createBatch(
        create.request,
        name: try identifier(create.name, "create_batch.name", atMost: WireBounds.nameBytes))
    case .judge(let judge):
      return .judge(
        judge.request,
        try bounded(judge.judgings, "judge.judgings", atMost: 10_000)
          .decoded(JudgingRequest.init(from:)))
    case .watch(let watch): return .watch(watch.request, try Watched(from: watch))
    case .cancel(let cancel): return .cancel(cancel.request, try Watched(from: cancel))
    case .statusRequest(let request): return .status(request)
    case .explain(let explain): return .explain(explain.request, JudgingID(explain.judging))
    case .listPackages(let request): return .listPackages(request)
    case .collectPackages(let collect):
      return .collectPackages(collect.request, isRehearsal: collect.rehearsal)
    case .warm(let warm):
      guard warm.workers >= 0 else {
        throw WireError("warm.workers", "\(warm.workers) is not a number of workers")
      }
      return .warm(
        warm.request, try Digest(from: warm.package, "warm.package"),
        workers: warm.workers == 0 ? nil : warm.workers)
    case .setOrigins(let set):
      return .setOrigins(
        set.request, package: try Digest(from: set.package, "set_origins.package"),
        try decodedOrigins(set.urls, "set_origins.urls"))
    default: throw WireError("body", "not a client's message")
    }
  }

  // MARK: From the scheduler

  public static func encode(_ message: SchedulerMessage) -> [UInt8] {
    var out = Assize_V1_FromScheduler()
    switch message {
    case .welcome(let welcome):
      out.welcome.session = welcome.session.value
      out.welcome.programVersion = welcome.programVersion
      out.welcome.heartbeatNanoseconds = welcome.heartbeat.nanoseconds
      out.welcome.bulkPort = UInt32(welcome.bulkPort)
    case .who: out.who = Assize_V1_Empty()
    case .refused(let reason): out.refused = reason
    case .grant(let grants): out.grants.grants = grants.map(\.wire)
    case .cancel(let judging, let epoch):
      out.cancel = LeaseName(judging: judging, epoch: epoch).wire
    case .retract(let judging, let epoch):
      out.retract = LeaseName(judging: judging, epoch: epoch).wire
    case .share(let judging, let epoch, let parts):
      out.share.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.share.parts = parts
    case .helped(let judging, let epoch, let runs):
      out.helped.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.helped.runs = runs.map(\.wire)
    case .unshare(let judging, let epoch, let ordinals):
      out.unshare.lease = LeaseName(judging: judging, epoch: epoch).wire
      out.unshare.ordinals = ordinals
    case .acknowledge(let names): out.acknowledge.leases = names.map(\.wire)
    case .unreadable(let reason): out.unreadable = reason
    case .warm(let order): out.warm = order.wire
    }
    return serialized(out)
  }

  public static func encode(_ reply: ClientReply) -> [UInt8] {
    var out = Assize_V1_FromScheduler()
    switch reply {
    case .welcome(let version, let port, let knowsWarm):
      out.clientWelcome.programVersion = version
      out.clientWelcome.bulkPort = UInt32(port)
      out.clientWelcome.knowsWarm = knowsWarm
    case .refused(let reason): out.refused = reason
    case .who: out.who = Assize_V1_Empty()
    case .failed(let request, let text):
      out.failed.request = request
      out.failed.text = text
    case .missingPackages(let request, let digests):
      out.missingPackages.request = request
      out.missingPackages.packages = Digest.wire(digests)
    case .package(let request, let package):
      out.foundPackage.request = request
      if let package { out.foundPackage.package = package.wire }
    case .batch(let request, let batch):
      out.batchCreated.request = request
      out.batchCreated.batch = batch.value
    case .judgings(let request, let judgings):
      out.judgings.request = request
      out.judgings.judgings = judgings.map(\.value)
    case .done(let request): out.done = request
    case .status(let request, let status): out.status = status.wire(request)
    case .explanation(let request, let explanation): out.explanation = explanation.wire(request)
    case .packageList(let request, let list):
      out.packageList.request = request
      out.packageList.packages = list.map(\.wire)
    case .packagesCollected(let request, let collection):
      out.packagesCollected = collection.wire(request)
    case .warmth(let request, let warmth): out.warmth = warmth.wire(request)
    case .happened(let request, let event): out.happened = event.wire(request)
    case .caughtUp(let request): out.caughtUp = request
    }
    return serialized(out)
  }

  /// What a worker receives; a message for clients is an error there.
  public static func decodeForWorker(
    _ bytes: UnsafeRawBufferPointer
  ) throws(WireError) -> SchedulerMessage {
    let wire: Assize_V1_FromScheduler = try parsed(bytes)
    switch wire.body {
    case .welcome(let welcome):
      guard let port = UInt16(exactly: welcome.bulkPort) else {
        throw WireError("welcome.bulk_port", "\(welcome.bulkPort) is not a port")
      }
      return .welcome(
        Welcome(
          session: SessionID(welcome.session), programVersion: welcome.programVersion,
          heartbeat: .nanoseconds(
            try natural(welcome.heartbeatNanoseconds, "welcome.heartbeat_nanoseconds")),
          bulkPort: port))
    case .who: return .who
    case .refused(let reason): return .refused(reason)
    case .grants(let list): return .grant(try list.grants.decoded(Grant.init(from:)))
    case .cancel(let lease):
      let name = LeaseName(from: lease)
      return .cancel(name.judging, name.epoch)
    case .retract(let lease):
      let name = LeaseName(from: lease)
      return .retract(name.judging, name.epoch)
    case .share(let share):
      let name = LeaseName(from: share.lease)
      return .share(name.judging, name.epoch, parts: share.parts)
    case .helped(let helped):
      let name = LeaseName(from: helped.lease)
      return .helped(name.judging, name.epoch, try helped.runs.decoded(Run.init(from:)))
    case .unshare(let unshare):
      let name = LeaseName(from: unshare.lease)
      return .unshare(name.judging, name.epoch, unshare.ordinals)
    case .acknowledge(let list): return .acknowledge(list.leases.map(LeaseName.init(from:)))
    case .unreadable(let reason): return .unreadable(reason)
    case .warm(let order): return .warm(try WarmOrder(from: order))
    default: throw WireError("body", "missing, unknown or not for a worker")
    }
  }

  /// What a client receives, once it is whole; a message for workers is an error there.
  static func reply(_ wire: Assize_V1_FromScheduler) throws(WireError) -> ClientReply {
    switch wire.body {
    case .clientWelcome(let welcome):
      guard let port = UInt16(exactly: welcome.bulkPort) else {
        throw WireError("client_welcome.bulk_port", "\(welcome.bulkPort) is not a port")
      }
      return .welcome(
        programVersion: welcome.programVersion, bulkPort: port, knowsWarm: welcome.knowsWarm)
    case .refused(let reason): return .refused(reason)
    case .who: return .who
    case .failed(let failed): return .failed(failed.request, failed.text)
    case .missingPackages(let missing):
      return .missingPackages(
        missing.request, try Digest.list(from: missing.packages, "missing_packages.packages"))
    case .foundPackage(let found):
      return .package(
        found.request, found.hasPackage ? try PackageSummary(from: found.package) : nil)
    case .batchCreated(let created): return .batch(created.request, BatchID(created.batch))
    case .judgings(let list): return .judgings(list.request, list.judgings.map { JudgingID($0) })
    case .done(let request): return .done(request)
    case .status(let status): return .status(status.request, try ClusterStatus(from: status))
    case .explanation(let explanation):
      return .explanation(explanation.request, try Explanation(from: explanation))
    case .packageList(let list):
      return .packageList(list.request, try list.packages.decoded(ListedPackage.init(from:)))
    case .packagesCollected(let collected):
      return .packagesCollected(collected.request, try PackageCollection(from: collected))
    case .warmth(let warmth): return .warmth(warmth.request, try Warmth(from: warmth))
    case .happened(let happened):
      return .happened(happened.request, try JudgingEvent(from: happened))
    case .caughtUp(let request): return .caughtUp(request)
    default: throw WireError("body", "missing, unknown or not for a client")
    }
  }
}

func serialized(_ message: some SwiftProtobuf.Message) -> [UInt8] {
  do {
    return try message.serializedBytes()
  } catch {
    // Our own messages have no required fields and no extensions: this cannot fail.
    preconditionFailure("a message of ours does not serialize: \(error)")
  }
}

func parsed<M: SwiftProtobuf.Message>(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> M {
  try parsed([UInt8](bytes))
}

func parsed<M: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws(WireError) -> M {
  do {
    return try M(serializedBytes: bytes)
  } catch {
    throw WireError("body", "not a message of the Assize protocol (\(error))")
  }
}
