import Grading
import JudgeModel

/// Reads the `limits` section. The formats count in MiB, KiB and seconds, the model in bytes and
/// nanoseconds; this is the only place where one becomes the other.
struct LimitsReader {
  let format: SourceFormat
  let isMultiPass: Bool

  /// 1 TiB in MiB: keeps every product below far inside 64 bits.
  private static let mostMebibytes: Int64 = 1 << 20
  private static let mostSeconds: Int64 = 24 * 60 * 60

  func read(_ section: YAMLValue?, _ settings: inout ProblemSettings) {
    if !format.isLegacy {
      settings.timing.multiplierBillionths = 2_000_000_000
      settings.timing.marginBillionths = 1_500_000_000
    }
    settings.timing.hasUpperBound = format == .ppf2025
    guard let map = section?.map() else { return }
    allowKeys(map)
    var limits = settings.limits
    limits.memoryBytes = mebibytes(map["memory"]) ?? limits.memoryBytes
    limits.outputBytes = mebibytes(map["output"]) ?? limits.outputBytes
    limits.compilationMemoryBytes =
      mebibytes(map["compilation_memory"]) ?? limits.compilationMemoryBytes
    limits.validationMemoryBytes =
      mebibytes(map["validation_memory"]) ?? limits.validationMemoryBytes
    limits.validationOutputBytes =
      mebibytes(map["validation_output"]) ?? limits.validationOutputBytes
    if let kibibytes = map["code"]?.integer(1...(Self.mostMebibytes)) {
      limits.codeBytes = Limit(kibibytes << 10, explicit: true)
    }
    limits.compilationTimeNanoseconds =
      seconds(map["compilation_time"]) ?? limits.compilationTimeNanoseconds
    limits.validationTimeNanoseconds =
      seconds(map["validation_time"]) ?? limits.validationTimeNanoseconds
    if let value = map["validation_passes"], let passes = value.integer(2...1000) {
      limits.validationPasses = Limit(passes, explicit: true)
      if !isMultiPass { value.warning("counts in multi-pass problems only; remove it") }
    }
    if let time = seconds(map["time_limit"]) {
      limits.timeNanoseconds = time
      limits.timeOrigin = .explicit
    }
    settings.limits = limits
    readTiming(map, &settings)
  }

  private func allowKeys(_ map: YAMLMap) {
    var keys: Set<String> = [
      "memory", "output", "code", "compilation_time", "compilation_memory", "validation_time",
      "validation_memory", "validation_output", "validation_passes", "time_limit",
      "time_resolution",
    ]
    if format.isLegacy {
      keys.formUnion(["time_multiplier", "time_safety_margin"])
    } else {
      keys.insert("time_multipliers")
    }
    map.allow(only: keys, what: "`limits`")
  }

  private func readTiming(_ map: YAMLMap, _ settings: inout ProblemSettings) {
    var timing = settings.timing
    if format.isLegacy {
      timing.multiplierBillionths =
        factor(map["time_multiplier"]) ?? timing.multiplierBillionths
      timing.marginBillionths = factor(map["time_safety_margin"]) ?? timing.marginBillionths
    } else if let factors = map["time_multipliers"]?.map() {
      factors.allow(
        only: ["ac_to_time_limit", "time_limit_to_tle"], what: "`time_multipliers`")
      timing.multiplierBillionths =
        factor(factors["ac_to_time_limit"]) ?? timing.multiplierBillionths
      timing.marginBillionths = factor(factors["time_limit_to_tle"]) ?? timing.marginBillionths
    }
    if let resolution = seconds(map["time_resolution"]) {
      timing.resolution = TimeSpan(nanoseconds: resolution.amount)
    }
    settings.timing = timing
    // Legacy knows no `time_limit`, so it has no rule about its multiples.
    guard !format.isLegacy, let value = map["time_limit"], settings.limits.timeOrigin == .explicit
    else { return }
    do {
      try timing.check(explicit: TimeSpan(nanoseconds: settings.limits.timeNanoseconds.amount))
    } catch {
      value.error("\(error)")
    }
  }

  private func mebibytes(_ value: YAMLValue?) -> Limit? {
    value?.integer(1...Self.mostMebibytes).map { Limit($0 << 20, explicit: true) }
  }

  private func seconds(_ value: YAMLValue?) -> Limit? {
    guard let value, let amount = value.decimal() else { return nil }
    guard amount > .zero, amount.billionths <= Self.mostSeconds * 1_000_000_000 else {
      value.error("`\(value.key)` must be more than 0 and at most \(Self.mostSeconds) seconds")
      return nil
    }
    return Limit(amount.billionths, explicit: true)
  }

  private func factor(_ value: YAMLValue?) -> Int64? {
    guard let value, let amount = value.decimal() else { return nil }
    guard amount >= .one, amount.billionths <= 1000 * 1_000_000_000 else {
      value.error("`\(value.key)` must be from 1 to 1000")
      return nil
    }
    return amount.billionths
  }
}

extension ProblemYAMLReader {
  /// Time limits may stand in `limits.time_limit`, as `timelimit` in `domjudge-problem.ini`, and in the
  /// file `.timelimit`. Where several stand and differ, other judges choose differently or refuse the
  /// package, and which of them was meant is not for us to guess: an error.
  func readTimeLimitFiles(_ settings: inout ProblemSettings) {
    var given: [(path: String, nanoseconds: Int64)] = []
    if settings.limits.timeOrigin == .explicit {
      given.append(("problem.yaml", settings.limits.timeNanoseconds.amount))
    }
    if let limit = readINI(&settings) { given.append(("domjudge-problem.ini", limit)) }
    if let limit = readDotFile() { given.append((".timelimit", limit)) }
    if let first = given.first {
      settings.limits.timeNanoseconds = Limit(first.nanoseconds, explicit: true)
      settings.limits.timeOrigin = .explicit
      for other in given.dropFirst() where other.nanoseconds != first.nanoseconds {
        findings.error(
          other.path,
          "says \(TimeSpan(nanoseconds: other.nanoseconds)), but \(first.path) says "
            + "\(TimeSpan(nanoseconds: first.nanoseconds)); make them agree")
      }
    } else {
      findings.warning(
        "problem.yaml",
        "no time limit is given; until one is derived from the accepted submissions it is "
          + "\(TimeSpan(nanoseconds: settings.limits.timeNanoseconds.amount))")
    }
  }

  private func readINI(_ settings: inout ProblemSettings) -> Int64? {
    let path = "domjudge-problem.ini"
    guard tree.file(path) != nil, let bytes = tree.contents(path, limit: 64 << 10, findings) else {
      return nil
    }
    var limit: Int64?
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let first = line.first, first != ";", first != "#" else { continue }
      let value = Self.unquoted(parts[1])
      switch Self.unquoted(parts[0]) {
      case "timelimit": limit = nanoseconds(value, path, line: number + 1)
      case "name" where settings.title == nil && value.utf8.count <= ManifestText.textLimit:
        settings.title = value
      case let key where ["special_compare", "special_run", "combined_run_compare"].contains(key):
        findings.warning(
          path, line: number + 1,
          "`\(key)` names a program on the judge that the package came from, and is ignored; put the "
            + "program into the package")
      default: break
      }
    }
    return limit
  }

  private func readDotFile() -> Int64? {
    let path = ".timelimit"
    do {
      guard let bytes = try Disk.contents(tree.root + "/" + path, limit: 4096) else { return nil }
      return nanoseconds(Self.unquoted(String(decoding: bytes, as: UTF8.self)), path, line: 1)
    } catch {
      findings.error(path, "\(error)")
      return nil
    }
  }

  private func nanoseconds(_ text: String, _ path: String, line: Int) -> Int64? {
    guard let seconds = Score(text), seconds > .zero, seconds.billionths <= 86_400_000_000_000
    else {
      findings.error(path, line: line, "`\(text)` is not a time limit; write seconds, as in 1.5")
      return nil
    }
    return seconds.billionths
  }

  private static func unquoted(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    if rest.count >= 2, let quote = rest.first, quote == rest.last, quote == "'" || quote == "\"" {
      rest = rest.dropFirst().dropLast()
    }
    return String(rest)
  }
}
