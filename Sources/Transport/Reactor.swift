internal import CZeroMQ
internal import Glibc

/// One thread that owns sockets and is the executor of the actors that use them.
///
/// An actor whose `unownedExecutor` is a reactor lives on the reactor's thread. It may hold
/// ``Socket``s, gets their messages as plain calls without a hop, and everybody else reaches it by
/// an ordinary `await`. Hashing, disks and databases have threads of their own: whatever blocks
/// here blocks every peer.
///
/// **A turn.** The thread waits for sockets, descriptors, jobs of its actors and the earliest
/// deadline. Then, once each and in this order: the jobs that are there, each ready socket (a
/// bounded number of messages) and descriptor, the deadlines that are due, the turn-end hooks. A
/// hook therefore sees all that came in together, which is where commits are grouped. Waiting is
/// level-triggered: what a turn leaves behind starts the next one at once.
///
/// **The end.** A reactor runs until ``stop()``, also when nobody refers to it any more. On stopping
/// it finishes the turn, closes its sockets on their thread and lets go of all closures. Jobs
/// enqueued later still run, one at a time, on a thread made for them, so that no caller waits for
/// ever; they find closed sockets.
public final class Reactor: SerialExecutor, @unchecked Sendable {
  // Safe to share: `shared` is behind a lock, `name` and `wakeDescriptor` never change, and the
  // rest is touched by the reactor's thread alone, which `checkIsolated` enforces at each door.

  private enum Phase { case running, stopping, ended, relaying }

  private struct Shared {
    var jobs: [UnownedJob] = []
    var phase = Phase.running
    /// The thread waits and has to be woken by the descriptor.
    var asleep = false
    var stopWaiters: [CheckedContinuation<Void, Never>] = []
  }

  public let name: String
  private let shared = Lock(Shared())
  // Closed in deinit and not by the thread: a late enqueue may still be about to write to it.
  private let wakeDescriptor: Int32

  // Confined to the thread.
  private var registrations: [Registration] = []
  private var pollItems: [zmq_pollitem_t] = []
  private var pollSetIsStale = true
  private var deadlines: [Deadline] = []
  private var turnEndHooks: [() -> Void] = []
  private var isClosing = false

  /// Starts the thread.
  /// - Parameter name: shown by `top -H`; the first 15 bytes count.
  public init(name: String) throws(TransportError) {
    self.name = name
    wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeDescriptor >= 0 else {
      throw TransportError(code: zmq_errno(), "make an eventfd for the thread '\(name)'")
    }
    let code = startThread(on: self) { $0.run() }
    if code != 0 { throw TransportError(code: code, "start the thread '\(name)'") }
  }

  deinit { close(wakeDescriptor) }

  /// Nanoseconds of the monotonic clock, as deadlines count them.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  // MARK: Executor

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let (wake, relay) = shared.withLock { state in
      state.jobs.append(job)
      let wake = state.asleep
      state.asleep = false
      let relay = state.phase == .ended
      if relay { state.phase = .relaying }
      return (wake, relay)
    }
    if wake { eventfd_write(wakeDescriptor, 1) }
    // Without memory for a thread the caller's must do; the phase keeps the jobs serial all the
    // same.
    if relay, startThread(on: self, { $0.relay() }) != 0 { runAsCurrent(self) { self.relay() } }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  public func checkIsolated() {
    precondition(isCurrent, "called outside of the thread '\(name)'")
  }

  public func isIsolatingCurrentContext() -> Bool? { isCurrent }

  private var isCurrent: Bool {
    isCurrentReactor(self)
  }

  // MARK: Ending

  /// Asks the thread to finish; returns at once. From any thread, any number of times.
  public func stop() {
    let wake = shared.withLock { state in
      guard state.phase == .running else { return false }
      state.phase = .stopping
      let wake = state.asleep
      state.asleep = false
      return wake
    }
    if wake { eventfd_write(wakeDescriptor, 1) }
  }

  /// Waits until the thread has closed its sockets and is done. Does not ask it to.
  public func stopped() async {
    await withCheckedContinuation { continuation in
      let ended = shared.withLock { state in
        let ended = state.phase == .ended || state.phase == .relaying
        if !ended { state.stopWaiters.append(continuation) }
        return ended
      }
      if ended { continuation.resume() }
    }
  }
}

// MARK: - What to wait for

extension Reactor {
  /// Receives from `socket`, at most `turnLimit` messages in a turn, until the registration is
  /// cancelled, the socket closed or the reactor stopped (which closes the socket).
  ///
  /// Like all of these, only from the reactor's thread, that is from an actor living on it.
  ///
  /// - Parameters:
  ///   - onMalformed: this peer of a router sent something that is not one frame, which was dropped.
  ///   - onWritable: called once after each ``Registration/notifyWhenWritable()``.
  ///   - onFailure: the socket failed (its context was shut down) and has been closed.
  @discardableResult
  public func register(
    _ socket: Socket, turnLimit: Int = 256,
    onMessage: @escaping (borrowing InboundMessage) -> Void,
    onMalformed: @escaping (RoutingID) -> Void = { _ in },
    onWritable: @escaping () -> Void = {},
    onFailure: @escaping (TransportError) -> Void = { _ in }
  ) throws(TransportError) -> Registration {
    checkIsolated()
    guard let raw = socket.raw else { throw TransportError(.closed, "register a socket") }
    precondition(socket.registration == nil, "a socket is registered once")
    let registration = Registration(self, socket: raw, interest: .readable)
    registration.handle { [unowned registration] readiness in
      if readiness.contains(.writable) {
        registration.wait(for: .readable)
        onWritable()
      }
      do throws(TransportError) {
        var left = readiness.contains(.readable) ? turnLimit : 0
        while left > 0, registration.isActive {
          let result = try socket.receive(onMessage)
          if result == .nothing { break }
          if case .dropped(let sender?) = result { onMalformed(sender) }
          left -= 1
        }
      } catch {
        registration.finish(error)
      }
    } end: { [unowned self] failure in
      socket.registration = nil
      if failure != nil || isClosing { socket.close() }
      if let failure { onFailure(failure) }
    }
    socket.registration = registration
    add(registration)
    return registration
  }

  /// Waits for a pipe, an eventfd, a pidfd or the like, which stays its owner's to close (after
  /// cancelling). Level-triggered: a handler that leaves bytes unread is called again.
  @discardableResult
  public func register(
    descriptor: Int32, for interest: Registration.Readiness = .readable,
    onReady: @escaping (Registration.Readiness) -> Void
  ) -> Registration {
    checkIsolated()
    let registration = Registration(self, descriptor: descriptor, interest: interest)
    registration.handle(ready: onReady)
    add(registration)
    return registration
  }

  /// A deadline that is not set yet.
  public func makeDeadline(_ onDue: @escaping () -> Void) -> Deadline {
    checkIsolated()
    let deadline = Deadline(onDue)
    deadlines.append(deadline)
    return deadline
  }

  /// Calls `body` at the end of every turn, until the reactor stops. Hooks run in the order in
  /// which they were added, and once more before the sockets are closed.
  public func afterTurn(_ body: @escaping () -> Void) {
    checkIsolated()
    turnEndHooks.append(body)
  }

  func add(_ registration: Registration) {
    registrations.append(registration)
    pollSetIsStale = true
    // A late job has registered something: nobody will wait for it.
    if isClosing { closeRegistrations() }
  }

  func pollSetChanged() {
    pollSetIsStale = true
  }
}

// MARK: - The thread

extension Reactor {
  private func run() {
    while true {
      let stopping = shared.withLock { state in state.phase == .stopping }
      let polled = refreshPollSet()
      let failed = wait(atMost: stopping ? 0 : millisecondsToWait())
      runJobs()
      if failed { endBrokenSockets() } else { dispatch(to: polled) }
      fireDeadlines()
      for hook in turnEndHooks { hook() }
      if stopping { break }
    }
    finish()
  }

  private func refreshPollSet() -> [Registration] {
    if pollSetIsStale {
      pollSetIsStale = false
      registrations.removeAll { !$0.isActive }
      let wakeUp = zmq_pollitem_t(
        socket: nil, fd: wakeDescriptor, events: Int16(ZMQ_POLLIN), revents: 0)
      pollItems = [wakeUp] + registrations.map(\.pollItem)
    }
    return registrations
  }

  /// - Returns: -1 for as long as it takes.
  private func millisecondsToWait() -> Int {
    deadlines.removeAll { !$0.isActive }
    guard let earliest = deadlines.lazy.compactMap(\.instant).min() else { return -1 }
    let now = Reactor.now()
    guard earliest > now else { return 0 }
    // Rounded up, as a deadline is never early; bounded, as libzmq counts in 32 bits.
    return Int(min((earliest - now - 1) / 1_000_000 + 1, 3_600_000))
  }

  /// - Returns: true when libzmq refused to wait because of one of the sockets.
  private func wait(atMost milliseconds: Int) -> Bool {
    let mayWait = shared.withLock { state in
      state.asleep = state.jobs.isEmpty && state.phase == .running
      return state.asleep
    }
    let status = pollItems.withUnsafeMutableBufferPointer { items in
      zmq_poll(items.baseAddress, Int32(items.count), mayWait ? milliseconds : 0)
    }
    let failed = status < 0 && zmq_errno() != EINTR
    if status <= 0 {
      // After a failure the items say nothing.
      for index in pollItems.indices { pollItems[index].revents = 0 }
    }
    shared.withLock { state in state.asleep = false }
    if pollItems[0].revents != 0 {
      var count: eventfd_t = 0
      eventfd_read(wakeDescriptor, &count)
    }
    return failed
  }

  /// Those enqueued while they run wait for the next turn, so that jobs cannot starve sockets.
  private func runJobs() {
    let jobs = shared.withLock { state in
      let jobs = state.jobs
      state.jobs = []
      return jobs
    }
    let me = asUnownedSerialExecutor()
    for job in jobs { job.runSynchronously(on: me) }
  }

  private func dispatch(to polled: [Registration]) {
    // Jobs and handlers may register and cancel; `polled` is what the items were made from.
    for (item, registration) in zip(pollItems.dropFirst(), polled) where item.revents != 0 {
      registration.deliver(Registration.Readiness(rawValue: item.revents))
    }
  }

  private func endBrokenSockets() {
    for registration in registrations {
      guard let socket = registration.socket, registration.isActive else { continue }
      var events: Int32 = 0
      var size = MemoryLayout<Int32>.size
      if retrying({ zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) }) < 0 {
        registration.finish(.last("wait for a socket"))
      }
    }
  }

  private func fireDeadlines() {
    guard deadlines.contains(where: { $0.instant != nil }) else { return }
    let now = Reactor.now()
    for deadline in deadlines { deadline.fire(ifDueAt: now) }
  }

  private func finish() {
    isClosing = true
    closeRegistrations()
    for deadline in deadlines { deadline.cancel() }
    deadlines = []
    turnEndHooks = []
    pollItems = []
    relay()
    let waiters = shared.withLock { state in
      let waiters = state.stopWaiters
      state.stopWaiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func closeRegistrations() {
    // Handlers of the end may register again; none may stay behind.
    while let registration = registrations.popLast() { registration.cancel() }
  }

  /// Runs what is left and what is added meanwhile, then marks the end.
  private func relay() {
    while true {
      let done = shared.withLock { state in
        if state.jobs.isEmpty { state.phase = .ended }
        return state.jobs.isEmpty
      }
      if done { return }
      runJobs()
    }
  }
}
