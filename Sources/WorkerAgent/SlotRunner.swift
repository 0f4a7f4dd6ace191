internal import Evaluation
internal import JudgeModel
internal import Messages
internal import ProblemPackage
internal import Transport

/// One slot: a thread that judges one program at a time.
actor SlotRunner {
  private nonisolated let thread: Reactor
  private let evaluator: Evaluator

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(_ workshop: Workshop) throws {
    thread = try Reactor(name: "slot \(workshop.slot)")
    evaluator = Evaluator(workshop)
  }

  func stop() {
    evaluator.forgetValidators()
    thread.stop()
  }

  /// Judges, blocking this thread only.
  func judge(
    _ program: Program, package: PackageManifest, mode: JudgingMode, cancellation: Cancellation,
    arriving: ArrivingPackage, extent: Evaluator.Extent, onRun: @Sendable (Run) -> Void
  ) -> Result<JudgingResult, EvaluationError> {
    do throws(EvaluationError) {
      return .success(
        try evaluator.judge(
          program, package: package, mode: mode, cancellation: cancellation,
          arriving: arriving, extent: extent, onRun: onRun))
    } catch {
      // A failed machine or a cancelled run may have left a validator's sandbox in any state.
      evaluator.forgetValidators()
      return .failure(error)
    }
  }
}

extension ReturnReason {
  init(_ error: EvaluationError) {
    switch error {
    case .judge(let text): self = .judgeError(text)
    case .machine(let text): self = .workerFault(text)
    case .cancelled: self = .draining
    }
  }
}
