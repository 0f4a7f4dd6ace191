import Glibc

/// Why a sandbox could not do its part. None of these says anything about a contestant's program:
/// what a program did is a ``RunReport``.
public enum SandboxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// This machine cannot isolate or measure; the text names the thing and the remedy.
  case unusableHost(String)
  /// A sandbox did not come up; `diagnosis` is what bubblewrap or the helper said.
  case startFailed(slot: Int, diagnosis: String)
  /// A path was refused, or a file could not be made, copied or opened.
  case file(operation: String, path: String, errno: Int32)
  /// A run could not be set up at `stage`, before the program had a say.
  case runFailed(stage: String, errno: Int32)
  /// The helper is gone or did not answer in time. The sandbox is of no further use.
  case lost(String)
  /// Leftovers of a run could not be removed. The sandbox is of no further use.
  case notClean
  /// A run was ended for want of memory although it was within its limit: the machine, or a limit the
  /// worker itself lives under, had no more. What the program would have done is unknown.
  case outOfMemory
  /// The ``Canceller`` was used before this run began.
  case cancelled
  /// The caller broke the order of calls or passed a value no request can carry.
  case misuse(String)

  public var description: String {
    switch self {
    case .unusableHost(let text):
      text
    case .startFailed(let slot, let diagnosis):
      "sandbox of slot \(slot) did not start: \(diagnosis)"
    case .file(let operation, let path, let error):
      "sandbox: cannot \(operation) \(path): \(errorText(error))"
    case .runFailed(let stage, let error):
      "sandbox: cannot start a run (\(stage)): \(errorText(error))"
    case .lost(let text):
      "sandbox lost: \(text)"
    case .notClean:
      "sandbox: files or sockets of the last run could not be removed; start a new sandbox"
    case .outOfMemory:
      "sandbox: this machine ran out of memory during a run that was within its limit; use fewer "
        + "slots, or stop what else needs memory here"
    case .cancelled:
      "sandbox: cancelled"
    case .misuse(let text):
      "sandbox used wrongly: \(text)"
    }
  }
}

func errorText(_ error: Int32) -> String {
  guard let text = strerror(error) else { return "error \(error)" }
  return String(cString: text)
}
