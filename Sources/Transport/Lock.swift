import Glibc

/// A value behind a mutex.
///
/// The project's only lock. It is built on `pthread_mutex` and not on `Synchronization.Mutex`
/// because ThreadSanitizer understands the former and reports false races for the latter on Linux.
public final class Lock<State>: @unchecked Sendable {
  // Safe to share: `state` is read and written only between lock and unlock, it enters by
  // `sending` and leaves by `sending`, so nobody else holds a reference into it.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var state: State

  public init(_ state: consuming sending State) {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    self.state = state
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` with exclusive access. Keep it short, and do not take the same lock inside it.
  public func withLock<Result, Failure: Error>(
    _ body: (inout sending State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }
}
