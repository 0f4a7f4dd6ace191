import Grading
import JudgeModel
import Testing

struct ValidatorAnswerTests {
  typealias Outcome = ValidatorAnswer.Outcome

  private func outcome(
    _ name: ValidatorProtocol, _ exit: Int32?, _ output: String = "", _ errors: String = ""
  ) -> Outcome {
    ValidatorAnswer(protocol: name, exitCode: exit, output: output, errors: errors).outcome
  }

  @Test func exitStatuses() {
    #expect(outcome(.ppf, 42) == .accepted)
    #expect(outcome(.ppf, 43) == .rejected)
    #expect(outcome(.testlib, 0) == .accepted)
    for rejected: Int32 in [1, 2, 4, 8] { #expect(outcome(.testlib, rejected) == .rejected) }
    #expect(outcome(.dmoj, 0) == .accepted)
    #expect(outcome(.dmoj, 1) == .rejected)
    #expect(outcome(.peg, 1) == .rejected)
  }

  /// A program under another protocol than its own must not decide about anybody.
  @Test(arguments: ValidatorProtocol.allCases)
  func othersAreJudgeErrors(_ name: ValidatorProtocol) {
    for exit in [Int32?.none, 3, 134, 44] {
      guard case .failed = outcome(name, exit) else {
        Issue.record("\(name) took \(String(describing: exit))")
        continue
      }
    }
    let foreign: Int32 = name == .ppf ? 0 : 42
    guard case .failed = outcome(name, foreign) else {
      Issue.record("\(name) took \(foreign)")
      return
    }
  }

  @Test func points() {
    #expect(outcome(.testlib, 7, "", "points 2.50 good") == .points("2.5"))
    #expect(outcome(.testlib, 7, "", "points 0") == .points("0"))
    #expect(outcome(.coci, 7, "", "abc\npartial 1/4\n") == .fraction("0.25"))
    #expect(outcome(.coci, 7, "", "partial 4/4") == .accepted)
    #expect(outcome(.peg, 0, "3\n12\n") == .fraction("0.25"))
    #expect(outcome(.peg, 1, "3\n12\n") == .fraction("0.25"))
    #expect(outcome(.peg, 0, "0\n12\n") == .accepted)
    #expect(outcome(.cms, 0, "0.5\n") == .fraction("0.5"))
    #expect(outcome(.cms, 0, "1.0\n") == .accepted)
    #expect(outcome(.cms, 0, "0.0") == .rejected)
  }

  @Test(arguments: [
    (ValidatorProtocol.testlib, Int32(7), "", "points -1"), (.testlib, 7, "", "points"),
    (.testlib, 7, "", ""), (.coci, 7, "", "partial 5/4"), (.coci, 7, "", "partial 1/0"),
    (.coci, 7, "", "points 1"), (.peg, 0, "5\n4\n", ""), (.cms, 0, "1.5", ""), (.cms, 0, "", ""),
    (.cms, 0, "nan", ""), (.cms, 1, "1.0", ""),
  ])
  func malformed(_ name: ValidatorProtocol, _ exit: Int32, _ output: String, _ errors: String) {
    guard case .failed = outcome(name, exit, output, errors) else {
      Issue.record("accepted \(output) \(errors)")
      return
    }
  }

  @Test func messagesComeFromWhereTheProtocolPutsThem() {
    let message = { (name: ValidatorProtocol) in
      ValidatorAnswer(protocol: name, exitCode: 0, output: "1\nout", errors: "err").message
    }
    #expect(message(.testlib) == "err")
    #expect(message(.dmoj) == "1\nout")
    #expect(message(.cms) == "err")
  }
}
