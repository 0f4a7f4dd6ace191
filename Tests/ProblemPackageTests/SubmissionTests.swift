import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct SubmissionTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func submissions(
    _ yaml: [String: String], _ files: [String: String]
  ) throws -> (reading: PackageReading, byName: [String: LabelledSubmission]) {
    let reading = try scratch.read("sum", of: yaml + cases("secret", "1", "2") + files)
    return (
      reading, Dictionary(uniqueKeysWithValues: reading.submissions.map { ($0.name, $0) })
    )
  }

  private func result(_ verdict: Verdict, _ runs: [Verdict], score: String? = nil) -> JudgingResult
  {
    JudgingResult(
      verdict: verdict, score: score.flatMap { Score($0) },
      runs: runs.enumerated().map {
        Run(ordinal: Int32($0.offset + 1), testcase: "secret/\($0.offset + 1)", verdict: $0.element)
      })
  }

  @Test func legacyDirectoriesSpeakOfTheWholeJudging() throws {
    let names: [(String, Verdict)] = [
      ("accepted", .accepted), ("wrong_answer", .wrongAnswer), ("time_limit_exceeded", .timeLimit),
      ("run_time_error", .runtimeError), ("memory_limit_exceeded", .memoryLimit),
      ("output_limit_exceeded", .outputLimit), ("compile_error", .compileError),
      ("COMPILER_ERROR", .compileError), ("OUTPUT_LIMIT", .outputLimit),
      ("NO_OUTPUT", .wrongAnswer),
    ]
    var files: [String: String] = [:]
    for (directory, _) in names { files["submissions/\(directory)/a.py"] = "pass\n" }
    let (reading, found) = try submissions(legacyYAML, files)
    #expect(reading.texts == [])
    for (directory, verdict) in names {
      let submission = try #require(found["\(directory)/a.py"])
      #expect(submission.expectations.map(\.permitted) == [[verdict]])
      #expect(submission.violations(by: result(verdict, [])) == [])
      let other: Verdict = verdict == .timeLimit ? .wrongAnswer : .timeLimit
      #expect(submission.violations(by: result(other, [])).count == 1)
    }
    let crash = try #require(found["run_time_error/a.py"])
    #expect(crash.violations(by: result(.memoryLimit, [])) == [], "MLE is a kind of RTE")
    let hog = try #require(found["memory_limit_exceeded/a.py"])
    #expect(hog.violations(by: result(.runtimeError, [])).count == 1)
  }

  @Test(arguments: [
    ("", "range: 0 100", ["0", "99.5"], ["100"]), ("", "range: -inf 100", ["-5"], ["100"]),
    ("objective: min", "range: 0 +inf", ["1"], ["0"]),
    ("objective: max, range: 0 50", "range: 0 100", ["49"], ["50", "100"]),
    ("", "on_reject: break", ["0", "100"], []),
  ])
  func partiallyAcceptedIsNotTheBest(
    grading: String, root: String, fitting: [String], others: [String]
  ) throws {
    let (reading, found) = try submissions(
      [
        "problem.yaml":
          "type: scoring\nlimits: {time_limit: 1}\ngrading: {\(grading)}\n",
        "data/testdata.yaml": root + "\n",
      ] + accepted, ["submissions/partially_accepted/a.py": "pass\n"])
    #expect(reading.texts == [])
    let submission = try #require(found["partially_accepted/a.py"])
    for score in fitting {
      #expect(submission.violations(by: result(.accepted, [], score: score)) == [])
    }
    for score in others {
      #expect(submission.violations(by: result(.accepted, [], score: score)).count == 1)
    }
    #expect(submission.violations(by: result(.wrongAnswer, [], score: "0")).count == 1)
  }

  @Test func aRuleForSomeTestcasesBoundsTheTimeLimitByThoseOnly() throws {
    let (reading, found) = try submissions(
      modernYAML() + accepted,
      [
        "submissions/slow/a.py": "pass\n",
        "submissions/submissions.yaml": """
        slow:
          secret/{ 1 }:
            use_for_time_limit: lower
          secret/2:
            use_for_time_limit: upper
        """,
      ])
    #expect(reading.texts == [])
    let slow = try #require(found["slow/a.py"])
    var judged = result(.accepted, [.accepted, .timeLimit])
    judged.runs[0].facts.cpuTime = .seconds(3)
    judged.runs[1].facts.cpuTime = .seconds(42)
    #expect(slow.runsBoundingBelow(judged).map(\.testcase) == ["secret/1"])
    #expect(slow.runsBoundingAbove(judged).map(\.testcase) == ["secret/2"])
    #expect(slow.violations(by: judged) == [])
    #expect(found["accepted/a.py"]?.runsBoundingBelow(judged).count == 2)
    #expect(found["accepted/a.py"]?.runsBoundingAbove(judged).isEmpty == true)
  }

  @Test func tagsSayWhatDirectoriesDoNot() throws {
    let (reading, found) = try submissions(
      legacyYAML + accepted,
      [
        "submissions/mixed/a.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT\n",
        "submissions/mixed/b.py": "pass\n",
        "submissions/mixed/c/main.py": "\n# @EXPECTED_SCORE@: 40\n",
        "submissions/mixed/d.py": "# @EXPECTED_RESULTS@: FINE\n",
        "submissions/wrong_answer/e.py": "# @EXPECTED_RESULTS@: CORRECT\n",
      ])
    #expect(found["mixed/a.py"]?.expectations.first?.permitted == [.wrongAnswer, .timeLimit])
    #expect(found["mixed/a.py"]?.expectations.first?.origin == "submissions/mixed/a.py:1")
    let scored = try #require(found["mixed/c"])
    #expect(scored.isDirectory && scored.files == ["submissions/mixed/c/main.py"])
    #expect(scored.violations(by: result(.accepted, [], score: "40")) == [])
    #expect(scored.violations(by: result(.accepted, [], score: "41")).count == 1)
    #expect(reading.texts.count == 3, "\(reading.texts)")
    #expect(reading.texts[0].hasPrefix("submissions/mixed/b.py: warning: nothing says"))
    #expect(reading.texts[1].hasPrefix("submissions/mixed/d.py:1: error: `FINE`"))
    #expect(reading.texts[2].hasPrefix("submissions/wrong_answer/e.py:1: error: the tag contra"))
  }

  @Test func modernDirectoriesSpeakOfEveryTestcase() throws {
    let (reading, found) = try submissions(
      modernYAML() + accepted,
      [
        "submissions/wrong_answer/a.py": "\n", "submissions/rejected/a.py": "\n",
        "submissions/brute_force/a.py": "\n", "submissions/time_limit_exceeded/a.py": "\n",
      ])
    #expect(reading.texts == [])
    let wrong = try #require(found["wrong_answer/a.py"])
    #expect(wrong.violations(by: result(.wrongAnswer, [.accepted, .wrongAnswer])) == [])
    #expect(wrong.violations(by: result(.wrongAnswer, [.timeLimit, .wrongAnswer])).count == 1)
    #expect(wrong.violations(by: result(.accepted, [.accepted, .accepted])).count == 1)
    #expect(wrong.violations(by: result(.compileError, [])).count == 1)
    let brute = try #require(found["brute_force/a.py"])
    #expect(brute.violations(by: result(.timeLimit, [.accepted, .timeLimit])) == [])
    #expect(brute.violations(by: result(.wrongAnswer, [.wrongAnswer, .timeLimit])).count == 1)
    let bounds = found.mapValues { [$0.boundsTimeLimitBelow, $0.boundsTimeLimitAbove] }
    #expect(
      bounds == [
        "accepted/a.py": [true, false], "wrong_answer/a.py": [true, false],
        "rejected/a.py": [false, false], "brute_force/a.py": [false, false],
        "time_limit_exceeded/a.py": [false, true],
      ])
  }

  @Test func submissionsYAMLReplacesAddsAndOverrides() throws {
    let (reading, found) = try submissions(
      modernYAML() + accepted,
      [
        "submissions/submissions.yaml": """
        time_limit_exceeded:
          permitted: [AC, TLE, WA]
        time_limit_exceeded/*_{b,c}.py:
          use_for_time_limit: false
          secret/1: {permitted: [AC]}
          secret/{2,3}:
            required: TLE
            message: too slow
        special/x.py: {language: pypy3, entrypoint: x.py, score: [10, 20.5], permitted: [AC]}
        nothing/*: {permitted: [AC]}
        "bad/**": {}
        """,
        "submissions/time_limit_exceeded/slow_a.py": "\n",
        "submissions/time_limit_exceeded/slow_b.py": "\n", "submissions/special/x.py": "\n",
      ])
    #expect(
      reading.texts == [
        "submissions/submissions.yaml:10: warning: `nothing/*` matches no submission",
        "submissions/submissions.yaml:11: error: `bad/**` is not a pattern: `*` and `{a,b}` are, "
          + "`**` and `[…]` are not",
      ])
    let a = try #require(found["time_limit_exceeded/slow_a.py"])
    #expect(a.expectations.map(\.permitted) == [[.accepted, .timeLimit, .wrongAnswer]])
    #expect(a.expectations.map(\.required) == [[.timeLimit]], "unnamed keys keep their default")
    let b = try #require(found["time_limit_exceeded/slow_b.py"])
    #expect(b.expectations.count == 4)
    var good = result(.timeLimit, [.accepted, .timeLimit])
    #expect(b.violations(by: good).count == 1, "the message is missing")
    good.runs[1].message = "much too slow"
    #expect(b.violations(by: good) == [])
    #expect(b.violations(by: result(.timeLimit, [.timeLimit, .accepted])).count == 2)
    let x = try #require(found["special/x.py"])
    #expect(x.language == LanguageID("pypy3") && x.entryPoint == "x.py")
    #expect(x.violations(by: result(.accepted, [.accepted], score: "20.5")) == [])
    #expect(x.violations(by: result(.accepted, [.accepted], score: "21")).count == 1)
  }

  @Test func rulesThatNothingCanSatisfyAreFound() throws {
    let (reading, _) = try submissions(
      modernYAML() + accepted,
      ["submissions/submissions.yaml": "accepted/*: {permitted: [WA]}\n"])
    #expect(
      reading.texts.map { $0.contains("no verdict is permitted by all rules") } == [true])
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("accepted", "accepted/a.py", true), ("accepted/*", "accepted/a.py", true),
    ("accepted/*", "accepted/sub/a.py", true), ("*", "accepted/a.py", true),
    ("*.py", "accepted/a.py", false), ("secret/*-easy", "secret/01-easy", true),
    ("secret/*-easy", "secret/01-easy-not", false), ("secret/{a,b{1,2}}", "secret/b2/x", true),
    ("secret/{a,b{1,2}}", "secret/b3/x", false), ("*a*b*", "xaxxbx", true),
    ("*a*b*", "xbxxax", false), ("secret/group1", "secret/group10/x", false),
  ])
  func matches(pattern: String, path: String, expected: Bool) throws {
    #expect(try #require(Glob(pattern)).matches(path) == expected)
  }

  @Test(arguments: ["", "a/**", "[ab]", "{a,b", "a}", String(repeating: "{a,b}", count: 30)])
  func refuses(pattern: String) {
    #expect(Glob(pattern) == nil)
  }
}
