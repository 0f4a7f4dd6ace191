import Grading
import JudgeModel
import Testing

struct RunVerdictTests {
  static let limits: ProblemLimits = {
    var limits = ProblemLimits()
    limits.timeNanoseconds = .preset(1_000_000_000)
    limits.outputBytes = .preset(1000)
    return limits
  }()

  static func facts(_ change: (inout RunFacts) -> Void) -> RunFacts {
    var facts = RunFacts()
    facts.exitCode = 0
    facts.outputBytes = 10
    change(&facts)
    return facts
  }

  static let ends: [(RunFacts, RunVerdict?)] = [
    (facts { _ in }, nil),
    (facts { $0.cpuTime = .seconds(1) }, nil),
    (facts { $0.cpuTime = .nanoseconds(1_000_000_001) }, RunVerdict(.timeLimit)),
    (
      facts {
        $0.stop = .cpuLimit
        $0.signal = 9
        $0.exitCode = nil
      }, RunVerdict(.timeLimit)
    ),
    // Memory comes before time, time before the way it ended.
    (
      facts {
        $0.oomKills = 1
        $0.cpuTime = .seconds(5)
        $0.signal = 9
      }, RunVerdict(.memoryLimit)
    ),
    (facts { $0.oomKills = 1 }, RunVerdict(.memoryLimit)),
    (
      facts {
        $0.cpuTime = .seconds(2)
        $0.exitCode = 3
      }, RunVerdict(.timeLimit)
    ),
    (
      facts {
        $0.stop = .wallLimit
        $0.cpuTime = .milliseconds(99)
      }, RunVerdict(.timeLimit, .idle)
    ),
    (
      facts {
        $0.stop = .wallLimit
        $0.cpuTime = .milliseconds(100)
        $0.signal = 9
      }, RunVerdict(.timeLimit, .wallTime)
    ),
    // Cut off by us, or flooded and ended well, or flooded and crashed.
    (
      facts {
        $0.stop = .outputLimit
        $0.signal = 25
        $0.exitCode = nil
      }, RunVerdict(.outputLimit)
    ),
    (facts { $0.outputBytes = 1000 }, nil),
    (facts { $0.outputBytes = 1001 }, RunVerdict(.outputLimit)),
    (
      facts {
        $0.outputBytes = 1001
        $0.exitCode = 4
      }, RunVerdict(.runtimeError)
    ),
    (facts { $0.exitCode = 1 }, RunVerdict(.runtimeError)),
    (
      facts {
        $0.exitCode = nil
        $0.signal = 11
      }, RunVerdict(.runtimeError)
    ),
    // Nothing is known about how it ended.
    (facts { $0.exitCode = nil }, RunVerdict(.judgeError)),
    (facts { $0.stop = .cancelled }, RunVerdict(.judgeError)),
  ]

  @Test(arguments: ends) func theProgramsOwnEnd(_ facts: RunFacts, _ expected: RunVerdict?) {
    #expect(RunVerdict.beforeValidation(facts, limits: Self.limits) == expected)
  }

  @Test(
    arguments: [
      (42, 10, RunVerdict(.accepted)), (42, 0, RunVerdict(.accepted)),
      (43, 10, RunVerdict(.wrongAnswer)), (43, 0, RunVerdict(.wrongAnswer, .noOutput)),
      (0, 10, RunVerdict(.judgeError, .validator)), (1, 0, RunVerdict(.judgeError, .validator)),
      (134, 10, RunVerdict(.judgeError, .validator)),
      (nil, 10, RunVerdict(.judgeError, .validator)),
    ] as [(Int32?, Int64, RunVerdict)])
  func whatTheValidatorSays(_ exit: Int32?, _ bytes: Int64, _ expected: RunVerdict) {
    let facts = Self.facts { $0.outputBytes = bytes }
    #expect(RunVerdict.afterValidation(facts, Validation(exitCode: exit)) == expected)
  }

  @Test func theComparerSpeaksAsAValidator() {
    #expect(Validation(TokenComparer.Result.accepted) == .accepted)
    #expect(Validation(TokenComparer.Result.wrong(reason: "x")) == .rejected)
  }

  static let crash = facts { $0.exitCode = 1 }
  static let slow = facts { $0.cpuTime = .seconds(3) }
  static let stuck = facts {
    $0.stop = .wallLimit
    $0.exitCode = nil
    $0.signal = 9
  }
  static let fine = facts { _ in }

  static let interactions: [(RunFacts, InteractorEnd, RunVerdict)] = [
    (fine, InteractorEnd(.exited(42), cameFirst: true), RunVerdict(.accepted)),
    (fine, InteractorEnd(.exited(42), cameFirst: false), RunVerdict(.accepted)),
    (fine, InteractorEnd(.exited(43), cameFirst: false), RunVerdict(.wrongAnswer)),
    // Lost first: what the submission does afterwards is of no interest.
    (crash, InteractorEnd(.exited(43), cameFirst: true), RunVerdict(.wrongAnswer)),
    (slow, InteractorEnd(.exited(43), cameFirst: true), RunVerdict(.wrongAnswer)),
    (stuck, InteractorEnd(.exited(43), cameFirst: true), RunVerdict(.wrongAnswer)),
    // Crashed first: the interactor only noticed the end.
    (crash, InteractorEnd(.exited(43), cameFirst: false), RunVerdict(.runtimeError)),
    (slow, InteractorEnd(.exited(43), cameFirst: false), RunVerdict(.timeLimit)),
    (crash, InteractorEnd(.exited(42), cameFirst: true), RunVerdict(.runtimeError)),
    (slow, InteractorEnd(.exited(42), cameFirst: true), RunVerdict(.timeLimit)),
    (stuck, InteractorEnd(.stoppedWithRun, cameFirst: false), RunVerdict(.timeLimit, .idle)),
    // A broken interactor beats everything.
    (fine, InteractorEnd(.exited(0), cameFirst: true), RunVerdict(.judgeError, .validator)),
    (crash, InteractorEnd(.exited(1), cameFirst: false), RunVerdict(.judgeError, .validator)),
    (slow, InteractorEnd(.signalled(11), cameFirst: true), RunVerdict(.judgeError, .validator)),
    (stuck, InteractorEnd(.overLimit, cameFirst: false), RunVerdict(.judgeError, .validator)),
    (fine, InteractorEnd(.stoppedWithRun, cameFirst: false), RunVerdict(.judgeError, .validator)),
  ]

  @Test(arguments: interactions)
  func interactive(_ facts: RunFacts, _ interactor: InteractorEnd, _ expected: RunVerdict) {
    #expect(
      RunVerdict.interactive(facts, limits: Self.limits, interactor: interactor) == expected)
  }
}
