import JudgeModel
import Messages
import Testing

@testable import Wire

/// Every message survives its bytes; bytes that are no message are refused by field.
@Suite struct ControlCodecTests {
  static let digest = Digest(bytes: (0..<32).map { UInt8($0) })!
  static let epoch = LeaseEpoch(generation: 3, counter: 77)

  static let origins = ["http://a/p.tar.zst", "https://b:9000/q?signature=x"]
    .compactMap { try? Origin($0) }

  static var run: Run {
    var facts = RunFacts()
    facts.cpuTime = .milliseconds(12)
    facts.wallTime = .milliseconds(14)
    facts.memoryPeakBytes = 1 << 20
    facts.exitCode = 0
    facts.validatorExit = 43
    facts.interactorEndedFirst = true
    facts.stop = .cpuLimit
    return Run(
      ordinal: 2, testcase: "secret/02", verdict: .wrongAnswer, detail: .noOutput,
      score: Score("0.25"), facts: facts, message: "line 1: expected 3")
  }

  static var result: JudgingResult {
    JudgingResult(
      verdict: .wrongAnswer, score: .zero,
      compilation: Compilation(succeeded: true, cpuTime: .seconds(1), output: "warning"),
      runs: [run], message: "secret/02")
  }

  static let workerMessages: [WorkerMessage] = [
    .hello(
      WorkerHello(
        token: "secret", worker: WorkerID("lab-1"), instance: 9, programVersion: "0.1",
        host: "lab", slots: 4,
        languages: [LanguageSupport(language: LanguageID("cpp"), version: "g++ 12")],
        labels: [Label(key: "room", value: "a")], sandbox: "cgroup v1",
        held: [
          HeldLease(
            judging: JudgingID(5), epoch: epoch, phase: .running, shared: [3, 4],
            remaining: RemainingWork(testcases: 6, time: .seconds(7)))
        ],
        cache: CacheReport(packages: [digest], usedBytes: 5, budgetBytes: 9),
        load: LoadReport(loadThousandths: 1500, processors: 2), creditLimit: 4)),
    .sync(
      WorkerSync(
        session: SessionID(8), sequence: 2, creditLimit: 10, grantsSeen: 6,
        held: [HeldLease(judging: JudgingID(5), epoch: epoch, phase: .finished)], cache: nil,
        load: LoadReport(), warming: [digest])),
    .runs(SessionID(8), JudgingID(5), epoch, [run]),
    .finished(SessionID(8), JudgingID(5), epoch, result),
    .returned(SessionID(8), JudgingID(5), epoch, .judgeError("validator crashed")),
    .returned(SessionID(8), JudgingID(5), epoch, .workerFault("disk full")),
    .returned(SessionID(8), JudgingID(5), epoch, .retracted),
    .cancelled(SessionID(8), JudgingID(5), epoch),
    .goodbye(SessionID(8)),
    .wishEnded(SessionID(8), digest, reason: "no room"),
  ]

  /// A later scheduler may name places that this client cannot read: the list counts all the same.
  @Test func originsThatCannotBeUsedAreLeftOutOfLists() throws {
    let listed = ListedPackage(
      package: PackageSummary(
        digest: Self.digest, problem: "p", title: "P", archiveBytes: 1, unpackedBytes: 2),
      ownBytes: 3, isNewest: true, workers: [], addedMilliseconds: 4, origins: Self.origins)
    var wire = listed.wire
    wire.origins.insert("ipfs://a/b", at: 1)
    #expect(try ListedPackage(from: wire) == listed)
    wire.origins = [String](repeating: "http://a/", count: Origin.countLimit + 1)
    #expect(try ListedPackage(from: wire).origins.count == Origin.countLimit)
  }

  @Test(arguments: workerMessages) func workerMessagesSurvive(_ message: WorkerMessage) throws {
    let bytes = ControlCodec.encode(message)
    let decoded = try bytes.withUnsafeBytes { try ControlCodec.decodeInbound($0) }
    #expect(decoded == .worker(message))
  }

  static var program: Program {
    Program(
      language: LanguageID("python3"), entryPoint: "main.py",
      files: [SourceFile(name: "main.py", contents: [1, 0, 255])])
  }

  static let schedulerMessages: [SchedulerMessage] = [
    .welcome(
      Welcome(
        session: SessionID(1 << 33), programVersion: "0.1", heartbeat: .seconds(2),
        bulkPort: 7879)),
    .who,
    .refused("wrong token"),
    .grant([
      Grant(
        order: GrantOrder(
          name: LeaseName(judging: JudgingID(5), epoch: epoch), sequence: 3, package: digest,
          archiveBytes: 100, unpackedBytes: 200, mode: .full),
        program: program)
    ]),
    .cancel(JudgingID(5), epoch),
    .retract(JudgingID(5), epoch),
    .share(JudgingID(5), epoch, parts: 3),
    .helped(JudgingID(5), epoch, [run]),
    .unshare(JudgingID(5), epoch, [7, 9]),
    .grant([
      Grant(
        order: GrantOrder(
          name: LeaseName(judging: .part(generation: 3, counter: 2), epoch: epoch), sequence: 4,
          package: digest, archiveBytes: 100, unpackedBytes: 200, mode: .lazy,
          part: PartOrder(judging: JudgingID(5), ordinals: [2, 4])),
        program: program)
    ]),
    .acknowledge([LeaseName(judging: JudgingID(5), epoch: epoch)]),
    .acknowledge([]),
    .unreadable("message field run.verdict"),
    .warm(WarmOrder(package: digest, archiveBytes: 100, unpackedBytes: 200)),
  ]

  @Test(arguments: schedulerMessages)
  func schedulerMessagesSurvive(_ message: SchedulerMessage) throws {
    let bytes = ControlCodec.encode(message)
    let decoded = try bytes.withUnsafeBytes { try ControlCodec.decodeForWorker($0) }
    #expect(decoded == message)
  }

  static let clientMessages: [ClientMessage] = [
    .hello(protocolVersion: 1, token: "t", programVersion: "0.1"),
    .offerPackages(1, [digest, digest]),
    .findPackage(2, problem: "hello"),
    .createBatch(3, name: "regrade"),
    .judge(
      4,
      [
        JudgingRequest(
          key: "17", team: "team 1", program: program, package: digest, mode: .full,
          priority: .regrade, batch: BatchID(3),
          requires: [Label(key: "class", value: "fast"), Label(key: "room", value: "a")])
      ]),
    .watch(5, .batch(BatchID(3))),
    .watch(6, .judging(JudgingID(4))),
    .cancel(7, .judging(JudgingID(4))),
    .status(8),
    .explain(14, JudgingID(4)),
    .listPackages(9),
    .collectPackages(10, isRehearsal: true),
    .collectPackages(11, isRehearsal: false),
    .warm(12, digest, workers: nil),
    .warm(13, digest, workers: 4),
    .setOrigins(12, package: digest, []),
    .setOrigins(13, package: digest, origins),
  ]

  @Test(arguments: clientMessages) func clientMessagesSurvive(_ message: ClientMessage) throws {
    let bytes = ControlCodec.encode(message)
    let decoded = try bytes.withUnsafeBytes { try ControlCodec.decodeInbound($0) }
    #expect(decoded == .client(message))
  }

  private static func explanation(isWaiting: Bool) -> Explanation {
    Explanation(
      judging: JudgingID(4), state: isWaiting ? .queued : .judged, problem: "hello",
      package: digest, language: LanguageID("cpp"),
      requires: isWaiting ? [Label(key: "room", value: "a")] : [], priority: .regrade, mode: .full,
      batch: isWaiting ? BatchID(3) : nil, worker: isWaiting ? nil : WorkerID("a"), returns: 1,
      verdict: isWaiting ? nil : .wrongAnswer, message: "secret/2",
      course: Explanation.Course(
        createdMilliseconds: 1, leasedMilliseconds: isWaiting ? nil : 2,
        finishedMilliseconds: isWaiting ? nil : 3,
        spans: isWaiting
          ? nil : WorkerSpans(waiting: .milliseconds(4), judging: .milliseconds(5)),
        compiling: isWaiting ? nil : .zero, running: .milliseconds(6), testcases: 7),
      waiting: isWaiting
        ? Explanation.Waiting(
          reason: "every slot is busy", ahead: 2,
          candidates: [
            Explanation.Candidate(
              worker: WorkerID("a"), free: 0, warmth: .arriving, obstacle: "every slot is busy")
          ], unlisted: 3)
        : nil)
  }

  static let replies: [ClientReply] = [
    .welcome(programVersion: "0.1", bulkPort: 1, knowsWarm: true),
    .explanation(18, explanation(isWaiting: true)),
    .explanation(19, explanation(isWaiting: false)),
    .warmth(
      17,
      Warmth(
        wanted: 3, here: [WorkerID("a")], coming: [WorkerID("b")],
        obstacles: [Warmth.Obstacle(worker: WorkerID("c"), reason: "too small")])),
    .refused("no"),
    .who,
    .failed(1, "no such batch"),
    .missingPackages(2, [digest]),
    .package(3, nil),
    .package(
      4,
      PackageSummary(
        digest: digest, problem: "hello", title: "Hello", archiveBytes: 1, unpackedBytes: 2)),
    .batch(5, BatchID(6)),
    .judgings(6, [JudgingID(1), JudgingID(2)]),
    .done(7),
    .packageList(
      9,
      [
        ListedPackage(
          package: PackageSummary(
            digest: digest, problem: "hello", title: "", archiveBytes: 9, unpackedBytes: 99),
          ownBytes: 7, isNewest: true, workers: [WorkerID("lab-1"), WorkerID("lab-2")],
          addedMilliseconds: 1_790_000_000_000, origins: origins)
      ]),
    .packagesCollected(
      10,
      PackageCollection(
        packages: [
          PackageSummary(
            digest: digest, problem: "hello", title: "", archiveBytes: 9, unpackedBytes: 99)
        ], freedBytes: 4, keptBytes: 3, note: "it cannot")),
    .status(
      8,
      ClusterStatus(
        programVersion: "0.1", uptime: .seconds(5), queued: 1, leased: 2, judged: 3, cancelled: 4,
        quarantined: 5,
        workers: [
          WorkerStatus(
            worker: WorkerID("w"), session: SessionID(1), state: .suspect, host: "h",
            programVersion: "0.1", sandbox: "s", slots: 2, busySlots: 1, languages: [], labels: [],
            cache: CacheReport(packages: [], usedBytes: 0, budgetBytes: 1), load: LoadReport(),
            lastSeenAgo: .seconds(1), judged: 9)
        ], waiting: [WaitingNote(count: 2, reason: "no worker is connected")])),
    .happened(9, .queued(JudgingID(1), key: "17", note: "")),
    .happened(9, .started(JudgingID(1), key: "17", worker: WorkerID("w"))),
    .happened(9, .run(JudgingID(1), key: "17", run)),
    .happened(9, .judged(JudgingID(1), key: "17", worker: WorkerID("w"), result)),
    .happened(9, .ended(JudgingID(1), key: "17", .quarantined, reason: "twice")),
    .caughtUp(9),
  ]

  @Test(arguments: replies) func repliesSurvive(_ reply: ClientReply) throws {
    var reader = ReplyReader()
    let bytes = ControlCodec.encode(reply)
    let decoded = try bytes.withUnsafeBytes { try reader.take($0) }
    #expect(decoded == reply)
  }

  @Test func hostileFieldsAreNamed() {
    var hello = Assize_V1_ToScheduler()
    hello.workerHello.worker = "a\u{1b}[2J"
    hello.workerHello.slots = 1
    var slots = Assize_V1_ToScheduler()
    slots.workerHello.worker = "w"
    var digests = Assize_V1_ToScheduler()
    digests.offerPackages.packages = .init(repeating: 1, count: 33)
    var huge = Assize_V1_ToScheduler()
    var request = Assize_V1_JudgingRequest()
    request.key = "k"
    request.program.language = "c"
    var file = Assize_V1_SourceFile()
    file.name = "a.c"
    file.contents = .init(repeating: 0, count: Program.byteLimit + 1)
    request.program.files = [file]
    huge.judge.judgings = [request]
    digests.offerPackages.request = 4
    huge.judge.request = 5
    let lease = LeaseName(judging: JudgingID(5), epoch: Self.epoch)
    var finished = Assize_V1_ToScheduler()
    finished.finished.session = 8
    finished.finished.lease = lease.wire
    finished.finished.result.verdict = "MAYBE"
    var runs = Assize_V1_ToScheduler()
    runs.runs.session = 8
    runs.runs.runs = [Assize_V1_Run()]
    var places = Assize_V1_ToScheduler()
    places.setOrigins.request = 6
    places.setOrigins.package = .init(repeating: 1, count: 32)
    places.setOrigins.urls = ["http://a/", "file:///etc/passwd"]
    var many = places
    many.setOrigins.urls = [String](repeating: "http://a/", count: 9)
    let expected: [(Assize_V1_ToScheduler, String, UnreadableMessage.Subject)] = [
      (places, "set_origins.urls", .request(6)),
      (many, "set_origins.urls", .request(6)),
      (hello, "worker_hello.worker", .hello(protocolVersion: 0)),
      (slots, "worker_hello.slots", .hello(protocolVersion: 0)),
      (digests, "offer_packages.packages", .request(4)),
      (huge, "program.files", .request(5)),
      (finished, "result.verdict", .outcome(SessionID(8), lease)),
      (runs, "run.stop", .runs(SessionID(8))),
      (Assize_V1_ToScheduler(), "body", .connection),
    ]
    for (message, field, subject) in expected {
      let error = #expect(throws: UnreadableMessage.self) {
        try serialized(message).withUnsafeBytes { try ControlCodec.decodeInbound($0) }
      }
      #expect(error?.error.field == field)
      #expect(error?.subject == subject)
    }
  }

  /// As long as the readers of packages and contests take them, and no longer.
  @Test func namesOfFilesAndTestcases() throws {
    func field(_ names: [String]) -> String? {
      var program = Assize_V1_Program()
      program.language = "c"
      program.files = names.map { name in
        var file = Assize_V1_SourceFile()
        file.name = name
        return file
      }
      do throws(WireError) {
        _ = try Program(from: program)
        return nil
      } catch {
        return error.field
      }
    }
    let long = String(repeating: "n", count: 1024)
    #expect(field([long]) == nil)
    #expect(field([long + "n"]) == "program.files.name")
    #expect(field([String(repeating: "d/", count: 31) + "a.c"]) == nil)
    #expect(field([String(repeating: "d/", count: 32) + "a.c"]) == "program.files.name")
    #expect(field((0..<32).map { _ in long }) == nil)
    #expect(field((0..<33).map { _ in long }) == "program.files.name")
    var longest = Self.run
    longest.testcase = long
    #expect(try Run(from: longest.wire) == longest)
  }

  /// Truncated and mutated messages either decode to something or throw; they never trap.
  @Test func mutatedBytesNeverTrap() {
    var seed: UInt64 = 42
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % UInt64(bound))
    }
    var refused = 0
    for message in Self.workerMessages {
      let bytes = ControlCodec.encode(message)
      for _ in 0..<500 {
        var mutated = Array(bytes.prefix(random(bytes.count + 1)))
        for _ in 0..<3 where !mutated.isEmpty {
          mutated[random(mutated.count)] = UInt8(random(256))
        }
        let result = Result {
          try mutated.withUnsafeBytes { try ControlCodec.decodeInbound($0) }
        }
        if case .failure = result { refused += 1 }
      }
    }
    #expect(refused > 1_000)
  }
}
