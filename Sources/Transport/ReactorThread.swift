internal import CZeroMQ
internal import Glibc

/// The reactor on whose behalf the calling thread runs, for the isolation checks.
private let currentReactor: pthread_key_t = {
  var key = pthread_key_t()
  let code = pthread_key_create(&key, nil)
  precondition(code == 0, "no thread-specific storage left")
  return key
}()

private final class ThreadStart {
  let reactor: Reactor
  let body: @Sendable (Reactor) -> Void

  init(reactor: Reactor, body: @escaping @Sendable (Reactor) -> Void) {
    self.reactor = reactor
    self.body = body
  }
}

func isCurrentReactor(_ reactor: Reactor) -> Bool {
  pthread_getspecific(currentReactor) == Unmanaged.passUnretained(reactor).toOpaque()
}

/// Runs `body` as if it were on the reactor's thread; the caller sees to it that nobody else does.
func runAsCurrent(_ reactor: Reactor, _ body: () -> Void) {
  let outer = pthread_getspecific(currentReactor)
  pthread_setspecific(currentReactor, Unmanaged.passUnretained(reactor).toOpaque())
  body()
  pthread_setspecific(currentReactor, outer)
}

/// Starts a detached thread that runs `body` as the reactor's and keeps the reactor meanwhile.
/// - Returns: zero or an error number.
func startThread(on reactor: Reactor, _ body: @escaping @Sendable (Reactor) -> Void) -> Int32 {
  let start = Unmanaged.passRetained(ThreadStart(reactor: reactor, body: body)).toOpaque()
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  var thread = pthread_t()
  let code = pthread_create(&thread, &attributes, threadMain, start)
  if code != 0 { Unmanaged<ThreadStart>.fromOpaque(start).release() }
  return code
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
  // Signals are for the threads that handle them; here they would only interrupt libzmq. Those
  // that report our own faults cannot be blocked anyway.
  var all = sigset_t()
  sigfillset(&all)
  for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&all, fault) }
  pthread_sigmask(SIG_BLOCK, &all, nil)
  czmq_name_this_thread(start.reactor.name)
  runAsCurrent(start.reactor) { start.body(start.reactor) }
  return nil
}
