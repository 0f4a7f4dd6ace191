/// What a bench found: sections of rows of figures, for people as text and for programs as they are.
///
/// Figures are integers with a unit. Absolute ones are those of one machine on one day; a ratio of two
/// that were measured in turn holds for longer, so every bench gives one where it can.
public struct BenchPage: Encodable, Sendable {
  public enum Unit: String, Encodable, Sendable {
    case nanoseconds
    case bytes
    case count
    /// Thousandths: a ratio.
    case perMille
    /// Thousandths of a whole.
    case share
  }

  public struct Figure: Encodable, Sendable {
    public var name: String
    public var value: Int
    public var unit: Unit

    public init(_ name: String, _ value: Int, _ unit: Unit) {
      self.name = name
      self.value = value
      self.unit = unit
    }
  }

  public struct Row: Encodable, Sendable {
    public var name: String
    public var figures: [Figure]

    public init(_ name: String, _ figures: [Figure]) {
      self.name = name
      self.figures = figures
    }
  }

  public struct Section: Encodable, Sendable {
    public var title: String
    public var rows: [Row]
    /// What a reader has to know to make sense of the rows; may be empty.
    public var note: String

    public init(_ title: String, _ rows: [Row], note: String = "") {
      self.title = title
      self.rows = rows
      self.note = note
    }
  }

  /// The machine, in one line.
  public var machine: String
  public var sections: [Section]

  public init(machine: String, sections: [Section]) {
    self.machine = machine
    self.sections = sections
  }
}

extension BenchPage.Figure {
  /// With its unit, for people.
  public var text: String {
    switch unit {
    case .count: "\(value)"
    case .perMille: Self.decimal(value, of: 1000, digits: 2) + " x"
    case .share: Self.decimal(value, of: 10, digits: 1) + " %"
    case .bytes:
      switch value.magnitude {
      case ..<(10 << 20): "\(value / 1024) KiB"
      case ..<(10 << 30): "\(value >> 20) MiB"
      default: "\(value >> 30) GiB"
      }
    case .nanoseconds:
      value.magnitude < 1_000_000_000
        ? Self.decimal(value, of: 1_000_000, digits: 3) + " ms"
        : Self.decimal(value, of: 1_000_000_000, digits: 4) + " s"
    }
  }

  /// `value / unit`, rounded to so many digits behind the point.
  private static func decimal(_ value: Int, of unit: UInt, digits: Int) -> String {
    let scale = (0..<digits).reduce(1 as UInt) { product, _ in product * 10 }
    let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: unit)
    let part = (rest * scale + unit / 2) / unit
    let text = String(part % scale)
    let padding = String(repeating: "0", count: digits - text.count)
    return (value < 0 ? "-" : "") + "\(whole + part / scale).\(padding)\(text)"
  }
}
