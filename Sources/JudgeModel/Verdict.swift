/// The outcome of a run or of a judging, in the identifiers of the CLICS contest API.
///
/// `judgeError` is not a statement about the submission: it says that *we* failed. It never enters a
/// scoreboard, and a judging that ends in it goes back to the queue or to a person.
public enum Verdict: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case accepted = "AC"
  case wrongAnswer = "WA"
  case timeLimit = "TLE"
  case runtimeError = "RTE"
  case memoryLimit = "MLE"
  case outputLimit = "OLE"
  case compileError = "CE"
  case judgeError = "JE"

  public var description: String { rawValue }

  /// As a person reads it.
  public var name: String {
    switch self {
    case .accepted: "accepted"
    case .wrongAnswer: "wrong answer"
    case .timeLimit: "time limit exceeded"
    case .runtimeError: "run-time error"
    case .memoryLimit: "memory limit exceeded"
    case .outputLimit: "output limit exceeded"
    case .compileError: "compile error"
    case .judgeError: "judge error"
    }
  }

  /// The same outcome in the words of systems that know only AC, WA, TLE, RTE and CE: running out of
  /// memory is a run-time error there, too much output a wrong answer.
  public var reduced: Verdict {
    switch self {
    case .memoryLimit: .runtimeError
    case .outputLimit: .wrongAnswer
    default: self
    }
  }
}

/// Why a run got its verdict, where the verdict alone leaves something out.
public enum VerdictDetail: String, CaseIterable, Hashable, Sendable {
  /// Wrong answer with not a single byte of output (CLICS `NO`).
  case noOutput = "NO"
  /// Time limit by the wall clock, while the program was using its processor (CLICS `WTL`).
  case wallTime = "WTL"
  /// Time limit by the wall clock, while the program did next to nothing: waiting, sleeping or, in
  /// an interactive problem, both sides waiting for each other.
  case idle = "ILE"
  /// Compile error because the compiler itself ran out of time or memory (CLICS `CTL`).
  case compilerLimit = "CTL"
  /// Output validator or interactor left the protocol; only with a judge error.
  case validator = "IE"
}
