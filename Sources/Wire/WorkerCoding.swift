internal import JudgeModel
internal import Messages

extension WorkerHello {
  init(from wire: Assize_V1_WorkerHello) throws(WireError) {
    self.init(
      protocolVersion: wire.protocolVersion,
      token: try boundedText(wire.token, "worker_hello.token", atMost: WireBounds.nameBytes),
      worker: WorkerID(try identifier(wire.worker, "worker_hello.worker")),
      instance: wire.instance,
      programVersion: try boundedText(
        wire.programVersion, "worker_hello.program_version", atMost: WireBounds.nameBytes),
      host: try boundedText(wire.host, "worker_hello.host", atMost: WireBounds.nameBytes),
      slots: Int32(clamping: wire.slots),
      languages: try bounded(wire.languages, "worker_hello.languages", atMost: 1_000)
        .decoded(LanguageSupport.init(from:)),
      labels: try bounded(wire.labels, "worker_hello.labels", atMost: Label.countLimit)
        .decoded(Label.init(from:)),
      sandbox: try boundedText(wire.sandbox, "worker_hello.sandbox", atMost: WireBounds.nameBytes),
      held: try bounded(wire.held, "worker_hello.held", atMost: WireBounds.listCount)
        .decoded(HeldLease.init(from:)),
      cache: try CacheReport(from: wire.cache), load: LoadReport(from: wire.load),
      creditLimit: wire.creditLimit, takesWarm: wire.takesWarm,
      takesRetract: wire.takesRetract, takesParts: wire.takesParts)
    guard (1...4_096).contains(slots) else {
      throw WireError("worker_hello.slots", "\(wire.slots) is not between 1 and 4096")
    }
  }
  var wire: Assize_V1_WorkerHello {
    var wire = Assize_V1_WorkerHello()
    wire.protocolVersion = protocolVersion
    wire.token = token
    wire.worker = worker.value
    wire.instance = instance
    wire.programVersion = programVersion
    wire.host = host
    wire.slots = UInt32(clamping: slots)
    wire.languages = languages.map(\.wire)
    wire.labels = labels.map(\.wire)
    wire.sandbox = sandbox
    wire.held = held.map(\.wire)
    wire.cache = cache.wire
    wire.load = load.wire
    wire.creditLimit = creditLimit
    wire.takesWarm = takesWarm
    wire.takesRetract = takesRetract
    wire.takesParts = takesParts
    return wire
  }
}

extension LanguageSupport {
  init(from wire: Assize_V1_Language) throws(WireError) {
    self.init(
      language: LanguageID(try identifier(wire.id, "language.id")),
      version: try boundedText(wire.version, "language.version", atMost: WireBounds.nameBytes))
  }
  var wire: Assize_V1_Language {
    var wire = Assize_V1_Language()
    wire.id = language.value
    wire.version = version
    return wire
  }
}

extension Label {
  init(from wire: Assize_V1_Label) throws(WireError) {
    self.init(
      key: try identifier(wire.key, "label.key"),
      value: try boundedText(wire.value, "label.value", atMost: WireBounds.nameBytes))
  }
  /// What a judging asks of its worker: sorted, each once.
  static func demanded(
    _ wire: [Assize_V1_Label], _ field: String
  ) throws(WireError) -> [Label] {
    let labels = try bounded(wire, field, atMost: countLimit).decoded(Label.init(from:))
    for label in labels where Label(parsing: label.description) != label {
      throw WireError(field, usage)
    }
    return Set(labels).sorted()
  }
  var wire: Assize_V1_Label {
    var wire = Assize_V1_Label()
    wire.key = key
    wire.value = value
    return wire
  }
}

extension HeldLease {
  init(from wire: Assize_V1_HeldLease) throws(WireError) {
    let name = LeaseName(from: wire.lease)
    let phase: Phase
    switch wire.phase {
    case .waiting: phase = .waiting
    case .running: phase = .running
    case .finished: phase = .finished
    case .UNRECOGNIZED(let number):
      throw WireError("held_lease.phase", "\(number) is not a phase")
    }
    let time = try natural(wire.remainingNanoseconds, "held_lease.remaining_nanoseconds")
    self.init(
      judging: name.judging, epoch: name.epoch, phase: phase,
      shared: try bounded(wire.shared, "held_lease.shared", atMost: WireBounds.listCount),
      remaining: wire.remainingTestcases > 0
        ? RemainingWork(testcases: wire.remainingTestcases, time: .nanoseconds(time)) : nil)
  }
  var wire: Assize_V1_HeldLease {
    var wire = Assize_V1_HeldLease()
    wire.lease = LeaseName(judging: judging, epoch: epoch).wire
    wire.phase =
      switch phase {
      case .waiting: .waiting
      case .running: .running
      case .finished: .finished
      }
    wire.shared = shared
    if let remaining {
      wire.remainingTestcases = remaining.testcases
      wire.remainingNanoseconds = remaining.time.nanoseconds
    }
    return wire
  }
}

extension CacheReport {
  init(from wire: Assize_V1_CacheReport) throws(WireError) {
    self.init(
      packages: try Digest.list(from: wire.packages, "cache_report.packages"),
      usedBytes: try natural(wire.usedBytes, "cache_report.used_bytes"),
      budgetBytes: try natural(wire.budgetBytes, "cache_report.budget_bytes"))
  }
  var wire: Assize_V1_CacheReport {
    var wire = Assize_V1_CacheReport()
    wire.packages = Digest.wire(packages)
    wire.usedBytes = usedBytes
    wire.budgetBytes = budgetBytes
    return wire
  }
}

extension LoadReport {
  init(from wire: Assize_V1_LoadReport) {
    self.init(
      loadThousandths: wire.loadThousandths, processors: wire.processors,
      memoryTotalBytes: wire.memoryTotalBytes, memoryAvailableBytes: wire.memoryAvailableBytes,
      diskFreeBytes: wire.diskFreeBytes)
  }
  var wire: Assize_V1_LoadReport {
    var wire = Assize_V1_LoadReport()
    wire.loadThousandths = loadThousandths
    wire.processors = processors
    wire.memoryTotalBytes = memoryTotalBytes
    wire.memoryAvailableBytes = memoryAvailableBytes
    wire.diskFreeBytes = diskFreeBytes
    return wire
  }
}

extension WorkerSync {
  init(from wire: Assize_V1_WorkerSync) throws(WireError) {
    self.init(
      session: SessionID(wire.session), sequence: wire.sequence, creditLimit: wire.creditLimit,
      grantsSeen: wire.grantsSeen,
      held: try bounded(wire.held, "worker_sync.held", atMost: WireBounds.listCount)
        .decoded(HeldLease.init(from:)),
      cache: wire.hasCache ? try CacheReport(from: wire.cache) : nil,
      load: LoadReport(from: wire.load),
      warming: try Digest.list(from: wire.warming, "worker_sync.warming"))
  }
  var wire: Assize_V1_WorkerSync {
    var wire = Assize_V1_WorkerSync()
    wire.session = session.value
    wire.sequence = sequence
    wire.creditLimit = creditLimit
    wire.grantsSeen = grantsSeen
    wire.held = held.map(\.wire)
    if let cache { wire.cache = cache.wire }
    wire.load = load.wire
    wire.warming = Digest.wire(warming)
    return wire
  }
}

extension ReturnReason {
  init(from wire: Assize_V1_Returned) throws(WireError) {
    let reason = try boundedText(wire.reason, "returned.reason")
    switch wire.fault {
    case .judgeError: self = .judgeError(reason)
    case .worker: self = .workerFault(reason)
    case .draining: self = .draining
    case .retracted: self = .retracted
    case .UNRECOGNIZED(let number): throw WireError("returned.fault", "\(number) is not a fault")
    }
  }
}

extension Grant {
  init(from wire: Assize_V1_Grant) throws(WireError) {
    self.init(
      order: GrantOrder(
        name: LeaseName(from: wire.lease), sequence: wire.sequence,
        package: try Digest(from: wire.package, "grant.package"),
        archiveBytes: try natural(wire.archiveBytes, "grant.archive_bytes"),
        unpackedBytes: try natural(wire.unpackedBytes, "grant.unpacked_bytes"),
        mode: try choice(wire.mode, "grant.mode"),
        part: wire.partOf == 0
          ? nil : PartOrder(judging: JudgingID(wire.partOf), ordinals: wire.ordinals)),
      program: try Program(from: wire.program))
  }
  var wire: Assize_V1_Grant {
    var wire = Assize_V1_Grant()
    wire.lease = order.name.wire
    wire.sequence = order.sequence
    wire.package = order.package.wire
    wire.archiveBytes = order.archiveBytes
    wire.unpackedBytes = order.unpackedBytes
    wire.mode = order.mode.rawValue
    wire.program = program.wire
    if let part = order.part {
      wire.partOf = part.judging.value
      wire.ordinals = part.ordinals
    }
    return wire
  }
}
