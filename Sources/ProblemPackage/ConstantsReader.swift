import JudgeModel

extension ProblemYAMLReader {
  /// Reads `constants`: each a scalar, or a map of `value` and variants of it.
  func readConstants(_ section: YAMLValue?, _ settings: inout ProblemSettings) {
    guard let section, let map = section.map() else { return }
    guard settings.format == .ppf2025 else {
      section.warning(
        "constants are not replaced in format \(settings.format.rawValue); "
          + "write their values, or convert the package to 2025-09")
      return
    }
    var entries: [ProblemConstants.Entry] = []
    for (name, value) in map.entries {
      guard ProblemConstants.isName(name) else {
        value.error(
          "`\(name)` cannot name a constant; use letters, digits and `_`, no digit first")
        continue
      }
      guard value.isMap else {
        if let text = scalar(value) {
          entries += ["", ".value"].map { ProblemConstants.Entry(name: name + $0, value: text) }
        }
        continue
      }
      let variants = value.map()?.entries ?? []
      if !variants.contains(where: { $0.key == "value" }) {
        value.error("the constant `\(name)` has no `value`; add it")
      }
      for (variant, value) in variants {
        guard ProblemConstants.isName(variant) else {
          value.error("`\(variant)` cannot name a variant of a constant")
          continue
        }
        guard let text = scalar(value) else { continue }
        entries.append(ProblemConstants.Entry(name: "\(name).\(variant)", value: text))
        if variant == "value" { entries.append(ProblemConstants.Entry(name: name, value: text)) }
      }
    }
    if entries.count > ManifestRules.constantLimit {
      section.error("more than \(ManifestRules.constantLimit) constants")
      entries = []
    }
    settings.constants = ProblemConstants(entries)
  }

  private func scalar(_ value: YAMLValue) -> String? {
    guard let text = value.text() else { return nil }
    guard text.utf8.count <= ManifestText.textLimit else {
      value.error("longer than \(ManifestText.textLimit) bytes")
      return nil
    }
    return text
  }
}

/// Legacy `range`: two numbers, either of which may be infinite.
struct ScoreRange: Hashable {
  /// Nil: no bound.
  var lowest: Score?
  var highest: Score?

  /// Nil, with a finding, when it is not one.
  init?(_ value: YAMLValue) {
    guard let text = value.text() else { return nil }
    let words = text.split(separator: " ")
    let isInfinite = { (word: Substring) in
      ["inf", "+inf", "-inf"].contains(word.lowercased())
    }
    guard words.count == 2, words.allSatisfy({ isInfinite($0) || Score($0) != nil }) else {
      value.error("`\(text)`: the range is two numbers with a blank between them, as in `0 100`")
      return nil
    }
    lowest = Score(words[0])
    highest = Score(words[1])
    if let lowest, let highest, lowest > highest {
      value.error("`\(text)`: the smaller number of the range comes first")
      return nil
    }
  }
}
