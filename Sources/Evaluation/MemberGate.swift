import Dispatch
public import JudgeModel
import Synchronization

/// Where judgings wait for members of their package that are still on their way.
///
/// One for all slots of a worker. Whoever fetches says what has come; a slot's thread that needs a
/// file blocks here until it is there, its judging is cancelled, or the transfer is given up. Nothing
/// of a submission runs meanwhile, so the time does not count against it.
public final class MemberGate: Sendable {
  private enum Arrival {
    /// What is here; everything else is coming.
    case coming(here: Set<Digest>)
    /// It is not, and why.
    case failed(String)
  }
  private struct Waiter {
    var package: Digest
    var signal: DispatchSemaphore
  }
  private struct State {
    /// Packages that are not whole. Of all others everything is here.
    var arrivals: [Digest: Arrival] = [:]
    var waiters: [UInt64: Waiter] = [:]
    var count: UInt64 = 0
    /// Blobs that came, or were read and found right, since this process began.
    var verified: Set<Digest> = []
  }
  private let state = Mutex(State())
  private let onWanted: @Sendable (_ package: Digest, _ blob: Digest) -> Void
  private let onVanished: @Sendable (_ package: Digest) -> Void

  /// - Parameters:
  ///   - onWanted: somebody waits for this member now. Called on the waiting thread.
  ///   - onVanished: a file of a package that was whole is not on the disk. Called once, on the thread
  ///     that noticed, which then waits for the transfer that brings it back.
  public init(
    onWanted: @escaping @Sendable (_ package: Digest, _ blob: Digest) -> Void = { _, _ in },
    onVanished: @escaping @Sendable (_ package: Digest) -> Void = { _ in }
  ) {
    self.onWanted = onWanted
    self.onVanished = onVanished
  }

  // MARK: For whoever fetches

  /// A transfer begins, or begins again; of the package these blobs are here.
  public func begin(_ package: Digest, here: Set<Digest>) {
    change(package) { $0 = .coming(here: here) }
  }

  /// One more is here, verified.
  public func arrived(_ blob: Digest, of package: Digest) {
    noteVerified(blob)
    change(package) { arrival in
      guard case .coming(var here) = arrival else { return }
      // Given up for the time of the change, so that the set is not copied for each member.
      arrival = nil
      here.insert(blob)
      arrival = .coming(here: here)
    }
  }

  /// All of it is here.
  public func complete(_ package: Digest) { change(package) { $0 = nil } }

  /// What is missing will not come: whoever waits for it, or will, shall hear the reason.
  public func fail(_ package: Digest, reason: String) {
    change(package) { if $0 != nil { $0 = .failed(reason) } }
  }

  /// Nobody will ask for it any more.
  public func forget(_ package: Digest) { change(package) { $0 = nil } }

  private func change(_ package: Digest, _ body: (inout Arrival?) -> Void) {
    let waiting = state.withLock { state in
      body(&state.arrivals[package])
      return state.waiters.values.filter { $0.package == package }.map(\.signal)
    }
    for signal in waiting { signal.signal() }
  }

  // MARK: For the slots

  func isVerified(_ blob: Digest) -> Bool { state.withLock { $0.verified.contains(blob) } }
  func noteVerified(_ blob: Digest) { state.withLock { _ = $0.verified.insert(blob) } }

  /// Returns when a file of a package is here, as far as anybody knows.
  func wait(
    for file: PackageFile, of package: Digest, _ cancellation: Cancellation
  ) throws(EvaluationError) {
    if try isHere(file, package) { return }
    let signal = DispatchSemaphore(value: 0)
    let number = state.withLock { state in
      state.count += 1
      state.waiters[state.count] = Waiter(package: package, signal: signal)
      return state.count
    }
    cancellation.onCancel(number) { signal.signal() }
    defer {
      cancellation.onCancel(number, nil)
      _ = state.withLock { $0.waiters.removeValue(forKey: number) }
    }
    onWanted(package, file.digest)
    // Looked at again after joining the waiters: it may have come in between.
    while try !isHere(file, package) {
      try cancellation.check()
      signal.wait()
    }
  }

  /// A file is not on the disk although everything of its package was: waits until it is again.
  func recover(
    _ file: PackageFile, of package: Digest, _ cancellation: Cancellation
  ) throws(EvaluationError) {
    let isFirst = state.withLock { state in
      guard state.arrivals[package] == nil else { return false }
      // What is here will be said when the transfer begins.
      state.arrivals[package] = .coming(here: [])
      return true
    }
    if isFirst { onVanished(package) }
    try wait(for: file, of: package, cancellation)
  }

  private func isHere(_ file: PackageFile, _ package: Digest) throws(EvaluationError) -> Bool {
    switch state.withLock({ $0.arrivals[package] }) {
    case nil: return true
    case .coming(let here): return here.contains(file.digest)
    case .failed(let reason): throw .machine("\(file.path) did not arrive: \(reason)")
    }
  }
}

/// A package that a judging uses, some of which may be on its way.
public struct ArrivingPackage: Sendable {
  public let gate: MemberGate
  public let package: Digest
  public init(gate: MemberGate, package: Digest) {
    self.gate = gate
    self.package = package
  }
}
