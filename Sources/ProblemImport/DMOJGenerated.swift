import JudgeModel
import ProblemPackage

/// DMOJ's checkers that no built-in comparer can stand for, as a small validator of our own that goes
/// into the package. It keeps to the Kattis protocol and to what DMOJ's documentation promises.
struct DMOJGenerated {
  private var mode: String
  /// Python text of further constants.
  private var constants: [String] = []

  var isPartial: Bool { mode == "linecount" || mode == "linematches" }

  /// nil when the name is none of them. Mistakes in the arguments are reported at `value`.
  init?(_ name: String, _ arguments: YAMLMap?, _ value: YAMLValue) {
    mode = name
    switch name {
    case "easy", "linecount": break
    case "rstripped":
      constants = [
        "FILTER_NEW_LINE = \(arguments?["filter_new_line"]?.flag() == true ? "True" : "False")"
      ]
    case "sorted", "unordered":
      let split = name == "unordered" ? "whitespace" : arguments?["split_on"]?.text() ?? "lines"
      if split != "lines" && split != "whitespace" {
        value.error("`split_on` is lines or whitespace, not `\(split.prefix(40))`")
      }
      mode = "sorted"
      constants = ["BY_LINES = \(split == "lines" ? "True" : "False")"]
    case "floats", "floatsabs", "floatsrel":
      var error = arguments?["error_mode"]?.text() ?? "default"
      if name == "floatsabs" { error = "absolute" }
      if name == "floatsrel" { error = "relative" }
      if !["default", "absolute", "relative"].contains(error) {
        value.error("`error_mode` is default, absolute or relative, not `\(error.prefix(40))`")
        error = "default"
      }
      let precision = arguments?["precision"].flatMap { $0.integer(0...300) } ?? 6
      mode = "floats"
      constants = ["PRECISION = \(precision)", "ERROR = \"\(error)\""]
    case "linematches":
      let points =
        arguments?["point_distribution"]?.sequence()?.compactMap { $0.integer(0...1_000_000) } ?? [
          1
        ]
      if points.reduce(0, +) == 0 { value.error("`point_distribution` must not sum up to nothing") }
      let fills = arguments?["filler_lines_required"]?.flag() != false
      constants = ["POINTS = \(points)", "FILLER_LINES_REQUIRED = \(fills ? "True" : "False")"]
    default: return nil
    }
  }

  func source(isScoring: Bool) -> String {
    var lines = [
      "# Stands for a checker of DMOJ. Written by `assize import dmoj`.",
      "import re",
      "import sys",
      "",
      "SCORING = \(isScoring ? "True" : "False")",
    ]
    lines += constants
    return lines.joined(separator: "\n") + "\n\n\n" + Self.common + "\n\n"
      + (Self.bodies[mode] ?? "")
      + "\n\n" + Self.end
  }

  private static let common = #"""
    def lines_of(data):
        return [line for line in re.split(b"[\r\n]", data) if line]
    """#

  private static let bodies: [String: String] = [
    "easy": #"""
    def check(got, expected):
        def characters(data):
            return sorted(re.sub(rb"\s+", b"", data).lower())

        return characters(got) == characters(expected), None
    """#,
    "rstripped": #"""
    def check(got, expected):
        a, b = re.split(b"[\r\n]", got), re.split(b"[\r\n]", expected)
        if FILTER_NEW_LINE:
            a, b = [x for x in a if x], [x for x in b if x]
        return [x.rstrip() for x in a] == [x.rstrip() for x in b], None
    """#,
    "sorted": #"""
    def check(got, expected):
        if BY_LINES:
            a, b = [x.split() for x in lines_of(got)], [x.split() for x in lines_of(expected)]
        else:
            a, b = got.split(), expected.split()
        return sorted(a) == sorted(b), None
    """#,
    "floats": #"""
    EPSILON = 10.0 ** -PRECISION


    def close(got, expected):
        # Comparisons with NaN are false, and so it is rejected.
        if ERROR == "absolute":
            return abs(got - expected) <= EPSILON
        if ERROR == "relative":
            ends = sorted([expected * (1 - EPSILON), expected * (1 + EPSILON)])
            return ends[0] <= got <= ends[1]
        if abs(got - expected) <= EPSILON:
            return True
        return abs(expected) >= EPSILON and abs(1.0 - got / expected) <= EPSILON


    def same(got, expected):
        try:
            number = float(expected)
        except ValueError:
            return got == expected
        try:
            return close(float(got), number)
        except (ValueError, ArithmeticError):
            return False


    def check(got, expected):
        a, b = [x.split() for x in lines_of(got)], [x.split() for x in lines_of(expected)]
        if len(a) != len(b):
            return False, None
        for x, y in zip(a, b):
            if len(x) != len(y) or not all(same(p, q) for p, q in zip(x, y)):
                return False, None
        return True, None
    """#,
    "linecount": #"""
    def check(got, expected):
        a, b = lines_of(got), lines_of(expected)
        if len(a) > len(b):
            return False, None
        if not b:
            return True, None
        count = sum(x.strip() == y.strip() for x, y in zip(a, b))
        return count == len(b), (count, len(b))
    """#,
    "linematches": #"""
    def check(got, expected):
        a, b = lines_of(got), lines_of(expected)
        if len(b) != len(POINTS):
            sys.exit("the answer has %d lines, and point_distribution %d" % (len(b), len(POINTS)))
        if FILLER_LINES_REQUIRED and len(a) != len(b):
            return False, None
        points = sum(p for x, y, p in zip(a, b, POINTS) if x == y)
        return points > 0, (points, sum(POINTS))
    """#,
  ]

  private static let end = #"""
    def main():
        got = sys.stdin.buffer.read()
        with open(sys.argv[2], "rb") as file:
            expected = file.read()
        accepted, part = check(got, expected)
        if SCORING and part is not None and 0 < part[0] < part[1]:
            billionths = part[0] * 10**9 // part[1]
            with open(sys.argv[3] + "score_multiplier.txt", "w") as file:
                file.write("0.%09d\n" % billionths)
            accepted = True
        sys.exit(42 if accepted else 43)


    main()

    """#
}
