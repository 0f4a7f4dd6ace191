import Grading
import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct LegacyReaderTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func smallestPackageReadsWithoutAFinding() throws {
    let reading = try scratch.read("sum", of: legacyYAML + accepted + cases("secret", "1", "2"))
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    #expect(manifest.problem == "sum")
    #expect(manifest.title == "Sum")
    #expect(manifest.sourceFormat == .legacy)
    #expect(manifest.check == .tokens(TokenComparison()))
    #expect(manifest.limits.timeNanoseconds == Limit(2_000_000_000, explicit: true))
    #expect(manifest.limits.memoryBytes == .preset(1024 << 20))
    #expect(manifest.testcases.map(\.name) == ["secret/1", "secret/2"])
    #expect(
      manifest.files.map(\.path) == [
        "data/secret/1.ans", "data/secret/1.in", "data/secret/2.ans", "data/secret/2.in",
      ])
    #expect(manifest.file("data/secret/1.in")?.digest == SHA256.digest(Array("1\n".utf8)))
  }

  @Test func limitsAreConvertedAndMarkedExplicit() throws {
    let yaml = """
      name: Sum
      limits:
        time_multiplier: 3
        time_safety_margin: 1.5
        memory: 64
        output: 2
        code: 16
        compilation_time: 10
        validation_time: 2.5
      """
    let files = ["problem.yaml": yaml] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    let limits = try #require(reading.manifest).limits
    #expect(limits.memoryBytes == Limit(64 << 20, explicit: true))
    #expect(limits.outputBytes == Limit(2 << 20, explicit: true))
    #expect(limits.codeBytes == Limit(16 << 10, explicit: true))
    #expect(limits.compilationTimeNanoseconds == Limit(10_000_000_000, explicit: true))
    #expect(limits.validationTimeNanoseconds == Limit(2_500_000_000, explicit: true))
    #expect(limits.timeOrigin == .preset)
    #expect(!limits.timeNanoseconds.isExplicit)
    #expect(reading.timeLimitRules.multiplierBillionths == 3_000_000_000)
    #expect(reading.timeLimitRules.marginBillionths == 1_500_000_000)
    #expect(reading.texts.count == 1)
    #expect(reading.texts[0].hasPrefix("problem.yaml: warning: no time limit is given"))
  }

  @Test func timeLimitStandsInAnyOfThreePlacesAndTheyHaveToAgree() throws {
    let base = accepted + cases("secret", "1")
    let yaml = ["problem.yaml": "limits:\n  time_limit: 4.5\n"]
    let ini = ["domjudge-problem.ini": "timelimit = '4.5'\n"]
    let dot = [".timelimit": "4.50\n"]
    for (number, files) in [
      yaml, ini + legacyYAML + dot, dot + ["problem.yaml": "name: Sum\n"], yaml + ini + dot,
    ].enumerated() {
      let manifest = try #require(try scratch.read("a\(number)", of: base + files).manifest)
      #expect(manifest.limits.timeNanoseconds == Limit(4_500_000_000, explicit: true))
      #expect(manifest.limits.timeOrigin == .explicit)
    }
    let contrary = try scratch.read("b", of: base + yaml + ini + [".timelimit": "5\n"])
    #expect(contrary.manifest == nil)
    #expect(
      contrary.texts == [
        ".timelimit: error: says 5.000 s, but problem.yaml says 4.500 s; make them agree"
      ])
  }

  @Test func testdataIsInheritedAndValidatorFlagsAreMergedPerTestcase() throws {
    let files =
      [
        "problem.yaml": """
        name: Sum
        type: scoring
        validator_flags: case_sensitive
        limits: {time_limit: 1}
        """,
        "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\n",
        "data/secret/testdata.yaml":
          "grader_flags: sum\noutput_validator_flags: float_tolerance 1e-6\naccept_score: 10\n",
        "data/secret/b/testdata.yaml":
          "grader_flags: min first_error\non_reject: break\naccept_score: 33.5\n"
          + "output_validator_flags: space_change_sensitive\n",
      ] + accepted + cases("sample", "1") + cases("secret/a", "1") + cases("secret/b", "1")
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    guard case .legacy(let root) = manifest.tests.grading else {
      throw AnotherCase()
    }
    #expect(root.ignoresSample)
    #expect(!manifest.tests.breaksOnReject)
    guard case .legacy(let a) = try #require(manifest.tests.group("secret/a")).grading,
      case .legacy(let b) = try #require(manifest.tests.group("secret/b")).grading
    else { throw AnotherCase() }
    #expect(a.acceptScore == Score("10") && a.score == .sum && a.verdict == .worstError)
    #expect(b.acceptScore == Score("33.5") && b.score == .minimum && b.verdict == .firstError)
    #expect(manifest.tests.group("secret/a")?.breaksOnReject == false)
    #expect(manifest.tests.group("secret/b")?.breaksOnReject == true)

    let comparison = manifest.testcases.map(\.comparison)
    #expect(comparison.map { $0?.isCaseSensitive } == [true, true, true])
    #expect(comparison.map { $0?.absoluteTolerance } == [nil, "1e-6", nil])
    #expect(comparison.map { $0?.isSpaceChangeSensitive } == [false, false, true])
    #expect(manifest.testcases[1].validatorArguments == ["float_tolerance", "1e-6"])
  }

  @Test func oldGradingKeysStandOverTestdata() throws {
    let files =
      [
        "problem.yaml": """
        name: Sum
        type: scoring
        limits: {time_limit: 1}
        grading: {accept_score: 7, on_reject: grade, objective: min}
        """,
        "data/secret/testdata.yaml": "accept_score: 10\nreject_score: 3\non_reject: break\n",
      ] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let secret = try #require(reading.manifest?.tests.group("secret"))
    guard case .legacy(let grading) = secret.grading else { throw AnotherCase() }
    #expect(grading.acceptScore == Score("7") && grading.rejectScore == Score("3"))
    #expect(!secret.breaksOnReject)
  }

  @Test func flagsMayComeWithTheNameOfTheirValidator() throws {
    let files =
      legacyYAML + accepted + cases("secret", "1") + [
        "data/secret/testdata.yaml": """
        output_validator_flags: {name: compare, flags: float_tolerance 1e-3 case_sensitive}
        input_validator_flags: {name: a, flags: b}
        """
      ]
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts.count == 1 && reading.texts[0].contains("whatever its name is"))
    let testcase = try #require(reading.manifest?.testcases.first)
    #expect(testcase.validatorArguments == ["float_tolerance", "1e-3", "case_sensitive"])
    #expect(testcase.comparison?.absoluteTolerance == "1e-3")
    #expect(testcase.comparison?.isCaseSensitive == true)
  }

  /// Set for the root and meant for `sample` beside `secret`, it goes down the tree as all flags do.
  @Test func ignoreSampleBelowTheRootIsReported() throws {
    let files =
      ["problem.yaml": "type: scoring\nlimits: {time_limit: 1}\n"] + accepted + [
        "data/testdata.yaml": "grader_flags: ignore_sample no_errors\n"
      ] + cases("sample", "1") + cases("secret", "1", "2", "3")
    let reading = try scratch.read("sum", of: files)
    #expect(
      reading.texts == [
        "data/secret: warning: inherits the grader flag ignore_sample, which has no effect here and "
          + "is a judge error in problemtools; give this group grader_flags of its own"
      ])
    guard case .legacy(let root) = reading.manifest?.tests.grading,
      case .legacy(let secret) = reading.manifest?.tests.group("secret")?.grading
    else { throw AnotherCase() }
    #expect(root.ignoresSample && root.verdict == .worstError)
    #expect(!secret.ignoresSample)
  }

  @Test func python2IsKnownAndRefused() throws {
    let files =
      ["problem.yaml": "validation: custom\nlimits: {time_limit: 1}\n"] + accepted
      + cases("secret", "1") + [
        "output_validators/v.py2": "print 42\n", "submissions/accepted/b.py2": "print 1\n",
        "submissions/accepted/c.py": "#!/usr/bin/env python2\nprint 1\n",
        "submissions/accepted/d.py": "# python2 is mentioned\nprint(1)\n",
      ]
    let reading = try scratch.read("sum", of: files)
    #expect(
      reading.texts == [
        "output_validators: error: Python 2 is not supported; port the program to Python 3"
      ])
    #expect(
      reading.submissions.map(\.language?.value) == ["python3", "python2", "python2", "python3"])
  }

  @Test func draft2023DoesNotReplaceConstants() throws {
    let files =
      [
        "problem.yaml":
          "problem_format_version: 2023-07-draft\nname: Sum\nconstants: {n: 5}\n"
          + "limits: {time_limit: 1}\n",
        "output_validator/v.py": "n = {{n}}\n",
      ] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    #expect(reading.manifest?.constants.isEmpty == true)
    #expect(reading.texts.contains { $0.contains("constants are not replaced") })
  }

  @Test func orderIsByNameWithoutExtensionAndTheOtherOrderIsReported() throws {
    let files = legacyYAML + accepted + cases("secret", "1-a", "1", "10", "2")
    let reading = try scratch.read("sum", of: files)
    #expect(
      reading.manifest?.testcases.map(\.name) == [
        "secret/1", "secret/1-a", "secret/10", "secret/2",
      ])
    #expect(reading.texts.count == 1)
    #expect(reading.texts.first?.contains("problemtools") == true)
  }

  @Test func customValidatorTakesTheFirstProgramAndItsFlags() throws {
    let files =
      [
        "problem.yaml": """
        validation: custom interactive
        validator_flags: a  b
        limits: {time_limit: 1}
        """,
        "output_validators/one/v.cpp": "int main(){}\n", "output_validators/one/v.h": "\n",
        "output_validators/two.py": "pass\n",
        "data/secret/testdata.yaml": "output_validator_flags: c d\n",
      ] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    let manifest = try #require(reading.manifest)
    #expect(manifest.kind.isInteractive)
    #expect(
      manifest.check
        == .validator(
          ValidatorProgram(
            language: LanguageID("cpp"), folder: "output_validators/one",
            files: ["output_validators/one/v.cpp", "output_validators/one/v.h"],
            arguments: ["a", "b"])))
    #expect(manifest.testcases[0].validatorArguments == ["c", "d"])
    #expect(manifest.testcases[0].comparison == nil)
    #expect(manifest.file("output_validators/two.py") == nil)
    #expect(reading.texts.map { $0.contains("holds 2 programs") } == [true])
  }

  @Test func customGraderAndIncludesTravelWithThePackage() throws {
    let files =
      [
        "problem.yaml": "type: scoring\nlimits: {time_limit: 1}\n",
        "data/testdata.yaml": "grading: custom\ngrader_flags: x y\n",
        "graders/g.py": "pass\n", "include/default/lib.h": "\n", "include/python3/lib.py": "\n",
      ] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    guard case .program(let grader, let flags) = manifest.tests.grading else {
      throw AnotherCase()
    }
    #expect(grader.files == ["graders/g.py"] && flags == ["x", "y"])
    #expect(
      manifest.files.filter { $0.role == .include }.map(\.path)
        == ["include/default/lib.h", "include/python3/lib.py"])
  }

  @Test func draft2023ReadsTypesAndTestdataTogether() throws {
    let files =
      [
        "problem.yaml": """
        problem_format_version: 2023-07
        type: [scoring, interactive]
        name: {sv: Summa, en: Sum}
        limits: {time_limit: 1, time_multipliers: {ac_to_time_limit: 3}}
        """,
        "output_validator/v.py": "pass\n",
        "data/secret/testdata.yaml": "output_validator_flags: 1 2\naccept_score: 5\n",
      ] + accepted + cases("secret", "1")
    let reading = try scratch.read("sum", of: files)
    let manifest = try #require(reading.manifest)
    #expect(manifest.sourceFormat == .draft2023)
    #expect(manifest.title == "Sum")
    #expect(manifest.kind.isScoring && manifest.kind.isInteractive)
    #expect(manifest.testcases[0].validatorArguments == ["1", "2"])
    #expect(reading.timeLimitRules.multiplierBillionths == 3_000_000_000)
    #expect(reading.texts.map { $0.hasPrefix("problem.yaml:1: warning") } == [true])
  }

  @Test func hiddenAndBadlyNamedEntriesAreAsIfRemoved() throws {
    let path = try scratch.package(
      "sum",
      legacyYAML + accepted + cases("secret", "1") + [
        "data/secret/.2.in": "x\n", "data/secret/my notes.txt": "x\n", ".git/config": "x\n",
        "problem_statement/a picture.txt": "x\n",
      ])
    let reading = PackageReader.read(directory: path)
    #expect(reading.manifest?.testcases.count == 1)
    #expect(reading.texts.count == 1)
    #expect(reading.texts[0].hasPrefix("data/secret/my notes.txt: warning: ignored"))
  }

  /// A contest with a test fewer than its author thinks would be judged, and nobody would know.
  @Test func noTestIsLostForItsName() throws {
    for name in ["my test.in", "\u{e4}.ans"] {
      let path = try scratch.package(
        "sum", legacyYAML + accepted + cases("secret", "1") + ["data/secret/\(name)": "x\n"])
      let reading = PackageReader.read(directory: path)
      #expect(reading.manifest == nil)
      #expect(reading.texts.contains { $0.hasPrefix("data/secret/\(name): error: test data") })
    }
  }

  @Test func linksAreFollowedInsideThePackageOnly() throws {
    let path = try scratch.package(
      "sum",
      legacyYAML + accepted + cases("secret", "1") + ["shared/big.in": "big\n"])
    try scratch.write("outside.in", "secret of the machine\n")
    try shell(
      "cd \(path)/data/secret && ln -s ../../shared/big.in 2.in && ln -s 1.ans 2.ans")
    let inside = PackageReader.read(directory: path)
    #expect(inside.texts == [])
    #expect(inside.manifest?.file("data/secret/2.in")?.size == 4)

    try shell(
      """
      cd \(path)/data/secret && ln -s ../../../outside.in 3.in && ln -s /etc/passwd 4.in \
      && ln -s nothing 5.in && ln -s .. up
      """)
    let outside = PackageReader.read(directory: path)
    #expect(outside.manifest == nil)
    #expect(
      outside.texts.filter { $0.contains("error") }.sorted() == [
        "data/secret/3.in: error: symbolic link leaves the package; copy the file into it",
        "data/secret/4.in: error: symbolic link leaves the package; copy the file into it",
        "data/secret/5.in: error: symbolic link to nothing; remove it or restore its target",
        "data/secret/up: error: symbolic link to a directory around it; remove it",
      ])
  }
}
