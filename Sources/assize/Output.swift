import ArgumentParser
import Foundation

/// What came over the network or out of a compiler, harmless to a terminal: control characters would
/// otherwise move the cursor, change the title or hide what follows.
///
/// - Parameter lines: keeps line breaks and tabs, for text that is printed as a block.
func terminalSafe(_ text: some StringProtocol, lines: Bool = false) -> String {
  var safe = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if lines, scalar == "\n" || scalar == "\t" {
      safe.append(scalar)
    } else if isHarmful(scalar) {
      safe.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    } else {
      safe.append(scalar)
    }
  }
  return String(safe)
}

/// Controls, what turns the direction of writing, and line separators.
private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
    true
  default: false
  }
}

/// Rows in columns that are as wide as they have to be. Cells are made harmless here, so that no
/// caller can forget it.
struct TextTable {
  enum Alignment {
    case left
    case right
  }
  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  init(_ columns: [(String, Alignment)]) { self.columns = columns }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "one cell for each column")
    rows.append(cells.map { terminalSafe($0) })
  }

  var text: String {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let line = columns.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return columns[column].alignment == .left ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}

/// A size with three digits that matter: `17 B`, `4.2 KiB`, `205 MiB`.
func bytesText(_ bytes: Int64) -> String {
  var amount = Double(bytes)
  var unit = 0
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  while amount >= 1024, unit + 1 < units.count {
    amount /= 1024
    unit += 1
  }
  let places = unit == 0 || amount >= 100 ? 0 : 1
  return String(format: "%.\(places)f ", amount) + units[unit]
}

func printToStandardError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}

func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
