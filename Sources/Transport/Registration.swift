internal import CZeroMQ

/// Something a ``Reactor`` waits for on behalf of its owner.
///
/// Belongs to the reactor's thread, like everything it refers to. The reactor keeps it until it is
/// cancelled or the reactor stops.
public final class Registration {
  /// What a descriptor is ready for, or is to be waited for.
  public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int16
    public init(rawValue: Int16) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
    /// Hung up, failed or not open; reported always. Cancel, or the reactor goes round for ever.
    public static let failed = Readiness(rawValue: 4)
  }

  let socket: UnsafeMutableRawPointer?
  let descriptor: Int32
  private(set) var interest: Readiness
  private(set) var isActive = true
  private unowned let reactor: Reactor
  private var onReady: ((Readiness) -> Void)?
  /// Releases what lies behind; gets the failure that ended the registration, if one did.
  private var onEnd: ((TransportError?) -> Void)?

  init(
    _ reactor: Reactor, socket: UnsafeMutableRawPointer? = nil, descriptor: Int32 = 0,
    interest: Readiness
  ) {
    self.reactor = reactor
    self.socket = socket
    self.descriptor = descriptor
    self.interest = interest
  }

  func handle(
    ready: @escaping (Readiness) -> Void, end: @escaping (TransportError?) -> Void = { _ in }
  ) {
    onReady = ready
    onEnd = end
  }

  /// Stops waiting. Nothing is called afterwards; calling it again does nothing.
  public func cancel() {
    finish(nil)
  }

  /// Changes what is waited for, e.g. writable only while output is pending.
  public func wait(for interest: Readiness) {
    reactor.checkIsolated()
    guard isActive, self.interest != interest else { return }
    self.interest = interest
    reactor.pollSetChanged()
  }

  /// Calls the `onWritable` closure of a socket once, when a send may succeed again.
  ///
  /// Meaningful on a dealer; a router is writable as soon as any of its peers is.
  public func notifyWhenWritable() {
    wait(for: interest.union(.writable))
  }

  func deliver(_ readiness: Readiness) {
    if isActive { onReady?(readiness) }
  }

  func finish(_ failure: TransportError?) {
    reactor.checkIsolated()
    guard isActive else { return }
    isActive = false
    // The closures usually hold their owner, which holds the reactor: let go of them.
    let end = onEnd
    onReady = nil
    onEnd = nil
    reactor.pollSetChanged()
    end?(failure)
  }

  var pollItem: zmq_pollitem_t {
    // Readiness has the values of ZMQ_POLLIN, ZMQ_POLLOUT and ZMQ_POLLERR.
    zmq_pollitem_t(socket: socket, fd: descriptor, events: interest.rawValue, revents: 0)
  }
}

/// A point in time at which a ``Reactor`` calls its owner once.
///
/// Belongs to the reactor's thread. Made by ``Reactor/makeDeadline(_:)``.
public final class Deadline {
  /// When to call, in nanoseconds of ``Reactor/now()``; nil for never. It is nil again when the
  /// call comes, which may set the next one. The call is up to a millisecond late, never early.
  public var instant: Int64?
  private(set) var isActive = true
  private var onDue: (() -> Void)?

  init(_ onDue: @escaping () -> Void) {
    self.onDue = onDue
  }

  /// Forgets the deadline and its closure.
  public func cancel() {
    isActive = false
    instant = nil
    onDue = nil
  }

  func fire(ifDueAt now: Int64) {
    guard let due = instant, due <= now else { return }
    instant = nil
    onDue?()
  }
}
