import Grading
import JudgeModel
import Testing

struct ComparisonFlagsTests {
  @Test func readsFlags() throws {
    var expected = TokenComparison()
    #expect(try TokenComparison(arguments: []) == expected)
    expected.isCaseSensitive = true
    expected.isSpaceChangeSensitive = true
    expected.absoluteTolerance = "1e-6"
    expected.relativeTolerance = "0.5"
    let flags = [
      "float_relative_tolerance", "0.5", "case_sensitive", "float_absolute_tolerance", "1e-6",
      "space_change_sensitive",
    ]
    #expect(try TokenComparison(arguments: flags) == expected)
    let both = try TokenComparison(arguments: ["float_tolerance", "1E-9"])
    #expect(both.absoluteTolerance == "1E-9" && both.relativeTolerance == "1E-9")
  }

  @Test(arguments: [
    (["ignore_case"], "ignore_case", FlagError.Fault.unknown),
    (["case_sensitive=1"], "case_sensitive=1", .unknown),
    (["float_x", "1"], "float_x", .unknown),
    (["float_tolerance"], "float_tolerance", .missingValue),
    (["float_tolerance", "case_sensitive"], "float_tolerance", .notANumber("case_sensitive")),
    (["float_tolerance", "inf"], "float_tolerance", .notANumber("inf")),
    (["float_tolerance", "0x1"], "float_tolerance", .notANumber("0x1")),
    (["float_tolerance", ""], "float_tolerance", .notANumber("")),
    (["float_tolerance", "-1e-6"], "float_tolerance", .negative("-1e-6")),
    (["case_sensitive", "case_sensitive"], "case_sensitive", .duplicate),
    (["float_tolerance", "1", "float_tolerance", "1"], "float_tolerance", .duplicate),
    (
      ["float_tolerance", "1", "float_relative_tolerance", "1"], "float_relative_tolerance",
      .conflict
    ),
  ])
  func refuses(_ flags: [String], _ flag: String, _ fault: FlagError.Fault) {
    let error = FlagError(flag: flag, fault: fault)
    #expect(throws: error) { try TokenComparison(arguments: flags) }
    #expect(error.description.contains(flag))
  }

  @Test func aDeeperLevelOverrides() throws {
    var flags = try TokenComparison(arguments: ["float_tolerance", "1e-4"])
    try flags.override(with: ["float_absolute_tolerance", "1e-9", "case_sensitive"])
    #expect(flags.absoluteTolerance == "1e-9" && flags.relativeTolerance == "1e-4")
    #expect(flags.isCaseSensitive)
    try flags.override(with: ["float_tolerance", "0", "case_sensitive"])
    #expect(flags.absoluteTolerance == "0" && flags.relativeTolerance == "0")
  }

  @Test func aManifestWithABadToleranceIsRefused() {
    var flags = TokenComparison()
    flags.relativeTolerance = "much"
    #expect(throws: FlagError(flag: "float_relative_tolerance", fault: .notANumber("much"))) {
      try TokenComparer(flags)
    }
  }
}
