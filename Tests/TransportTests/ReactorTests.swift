import Glibc
import Testing

@testable import Transport

/// An actor on a reactor that counts what it is called for.
private actor Owner {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private(set) var log: [String] = []
  private(set) var fired: [Int64] = []
  private(set) var turns = 0
  private var deadline: Deadline?
  private var registration: Registration?

  init(_ reactor: Reactor) { self.reactor = reactor }

  func note(_ text: String) { log.append(text) }

  func countTurns() {
    reactor.afterTurn { self.turns += 1 }
  }

  /// Fires `times` times, each after the one before.
  func arm(times: Int, every nanoseconds: Int64) {
    let deadline = reactor.makeDeadline {
      self.fired.append(Reactor.now())
      if self.fired.count < times { self.deadline?.instant = Reactor.now() + nanoseconds }
    }
    deadline.instant = Reactor.now() + nanoseconds
    self.deadline = deadline
  }

  func rearm() { deadline?.instant = Reactor.now() }
  func cancelDeadline() { deadline?.cancel() }

  func watch(_ descriptor: Int32) {
    registration = reactor.register(descriptor: descriptor) { readiness in
      self.read(descriptor, readiness)
    }
  }

  private func read(_ descriptor: Int32, _ readiness: Registration.Readiness) {
    var bytes = [UInt8](repeating: 0, count: 4)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count > 0 {
      log.append(String(decoding: bytes.prefix(count), as: UTF8.self))
    } else {
      log.append("end")
      registration?.cancel()
    }
  }

  func logTurn(_ text: String) {
    log.append("job " + text)
    reactor.afterTurn { self.log.append("turn " + text) }
  }

  func isOnThread() -> Bool {
    reactor.checkIsolated()
    return reactor.isIsolatingCurrentContext() == true
  }
}

extension TransportTests {
  @Suite struct ReactorTests {
    @Test func runsActorsOnItsThread() async throws {
      let reactor = try Reactor(name: "isolated")
      let owner = Owner(reactor)
      #expect(await owner.isOnThread())
      #expect(reactor.isIsolatingCurrentContext() == false)
      reactor.stop()
      await reactor.stopped()
    }

    @Test func runsManyJobsFromManyTasks() async throws {
      let reactor = try Reactor(name: "jobs")
      let owner = Owner(reactor)
      await withTaskGroup { group in
        for task in 0..<50 {
          group.addTask {
            for job in 0..<100 { await owner.note("\(task) \(job)") }
          }
        }
      }
      let log = await owner.log
      #expect(log.count == 5_000)
      #expect(Set(log).count == 5_000)
      reactor.stop()
      await reactor.stopped()
    }

    @Test func firesADeadlineOnceAndAgainWhenSetAgain() async throws {
      let reactor = try Reactor(name: "deadline")
      let owner = Owner(reactor)
      let start = Reactor.now()
      await owner.arm(times: 3, every: 3_000_000)
      try await eventually("three") { await owner.fired.count == 3 }
      let fired = await owner.fired
      for (earlier, later) in zip([start] + fired, fired) {
        #expect(later - earlier >= 3_000_000)
      }
      try await Task.sleep(for: .milliseconds(30))
      #expect(await owner.fired.count == 3)
      await owner.rearm()
      try await eventually("the fourth") { await owner.fired.count == 4 }
      await owner.cancelDeadline()
      await owner.rearm()
      try await Task.sleep(for: .milliseconds(30))
      #expect(await owner.fired.count == 4)
      reactor.stop()
      await reactor.stopped()
    }

    @Test func sleepsWhenNothingIsDue() async throws {
      let reactor = try Reactor(name: "asleep")
      let owner = Owner(reactor)
      await owner.countTurns()
      let before = await owner.turns
      try await Task.sleep(for: .milliseconds(100))
      let after = await owner.turns
      // One turn for each of the two questions, and none without a reason.
      #expect(after - before <= 2)
      #expect(after > before)
      reactor.stop()
      await reactor.stopped()
    }

    @Test func pollsDescriptors() async throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      let reactor = try Reactor(name: "pipe")
      let owner = Owner(reactor)
      await owner.watch(ends[0])
      // More than one read takes: the rest has to be seen without another write.
      #expect(write(ends[1], "abcdefgh", 8) == 8)
      try await eventually("both halves") { await owner.log.count == 2 }
      close(ends[1])
      try await eventually("the end") { await owner.log.count == 3 }
      #expect(await owner.log == ["abcd", "efgh", "end"])
      reactor.stop()
      await reactor.stopped()
      close(ends[0])
    }

    @Test func endsATurnAfterWhatCameIn() async throws {
      let reactor = try Reactor(name: "turn")
      let owner = Owner(reactor)
      await owner.logTurn("one")
      try await eventually("the end of the turn") { await owner.log.count >= 2 }
      #expect(await owner.log.prefix(2) == ["job one", "turn one"])
      reactor.stop()
      await reactor.stopped()
    }

    @Test func boundsTheMessagesOfATurn() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      let endpoint = try await router.bind()
      try await dealer.join(endpoint)
      try await eventually("a connection") { await dealer.events.contains(.handshakeSucceeded) }
      for value in 0..<30 { #expect(try await dealer.send(number(value)) == .sent) }
      let longest = Lock((inTurn: 0, most: 0))
      try await router.perform { peer in
        peer.reactor.afterTurn { longest.withLock { state in state.inTurn = 0 } }
        try peer.receive(turnLimit: 4) { _, _ in
          longest.withLock { state in
            state.inTurn += 1
            state.most = max(state.most, state.inTurn)
          }
        }
      }
      try await eventually("all and the probe") { await router.received.count == 31 }
      #expect(longest.withLock { state in state.most } <= 4)
      await dealer.stop()
      await router.stop()
    }

    @Test func runsJobsAfterItHasStopped() async throws {
      let reactor = try Reactor(name: "late")
      let owner = Owner(reactor)
      reactor.stop()
      await reactor.stopped()
      await withTaskGroup { group in
        for task in 0..<20 { group.addTask { await owner.note("\(task)") } }
      }
      #expect(await owner.log.count == 20)
      #expect(await owner.isOnThread())
      await reactor.stopped()
    }

    @Test func stopsWhileBusy() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      try await router.receive { peer, message in
        _ = try? peer.socket.send([1], to: message.sender)
      }
      try await dealer.join(router.bind()) { peer, _ in
        // Each answer asks twice more, as far as the queue goes.
        for _ in 0..<2 { _ = try? peer.socket.send([2]) }
      }
      let asking = Task {
        while !Task.isCancelled { _ = await dealer.received.count }
      }
      try await eventually("traffic") { await router.received.count > 1_000 }
      await router.stop()
      await dealer.stop()
      asking.cancel()
      await asking.value
      #expect(await router.perform { $0.socket.isClosed })
      #expect(await dealer.perform { $0.socket.isClosed })
      context.terminate()
    }

    @Test func leavesNoThreadOrDescriptorBehind() async throws {
      let (rounds, peers) = (120, 5)
      let threads = entries("/proc/self/task")
      let descriptors = entries("/proc/self/fd")
      for _ in 0..<rounds { try await useReactorsAndSockets(count: peers) }
      // libzmq closes in the background, threads take a moment to vanish, and other targets' tests in
      // this process come and go with theirs: but one left by each peer would be more than all that.
      let room = rounds * peers / 2
      try await eventually("as few threads as before", seconds: 120) {
        entries("/proc/self/task") <= threads + room
      }
      try await eventually("as few descriptors", seconds: 120) {
        entries("/proc/self/fd") <= descriptors + room
      }
    }

    private func useReactorsAndSockets(count: Int) async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      try await router.receive()
      let endpoint = try await router.bind()
      var dealers: [Peer] = []
      for _ in 0..<count {
        let dealer = try Peer(context, .dealer)
        try await dealer.join(endpoint)
        dealers.append(dealer)
      }
      try await eventually("the probes") { await router.received.count == count }
      for dealer in dealers { await dealer.stop() }
      await router.stop()
    }

    @Test func locksExclude() async throws {
      let counter = Lock(0)
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<10_000 { counter.withLock { value in value += 1 } }
          }
        }
      }
      #expect(counter.withLock { value in value } == 80_000)
      struct Refusal: Error {}
      #expect(throws: Refusal.self) {
        try counter.withLock { _ throws(Refusal) in throw Refusal() }
      }
      #expect(counter.withLock { value in value } == 80_000)
    }
  }
}
