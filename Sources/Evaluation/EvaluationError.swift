internal import Sandbox

/// Why a judging has no verdict. None of these says anything about the submission.
public enum EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The package, its validator or the request broke a rule; another machine would see it too.
  case judge(String)
  /// This machine could not do its part.
  case machine(String)
  case cancelled

  public var description: String {
    switch self {
    case .judge(let text), .machine(let text): text
    case .cancelled: "cancelled"
    }
  }

  /// The same with the place where it happened before it.
  func naming(_ place: String) -> EvaluationError {
    switch self {
    case .judge(let text): .judge("\(place): \(text)")
    case .machine(let text): .machine("\(place): \(text)")
    case .cancelled: .cancelled
    }
  }

  init(_ error: SandboxError) {
    self = error == .cancelled ? .cancelled : .machine("\(error)")
  }
}

/// Runs sandbox calls with their error in our words.
func sandboxed<T: ~Copyable>(
  _ body: () throws(SandboxError) -> T
) throws(EvaluationError) -> T {
  do {
    return try body()
  } catch {
    throw EvaluationError(error)
  }
}
