/// HTML written by hand, with one rule: text enters through `escape` or not at all.
struct HTMLText {
  private(set) var text = ""

  /// Markup of ours.
  mutating func raw(_ markup: String) { text += markup }

  mutating func element(_ name: String, _ attributes: String = "", _ content: String) {
    text +=
      "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(Self.escape(content))</\(name)>"
  }

  /// Safe inside elements and quoted attributes. Control and direction-changing characters become
  /// U+FFFD: a team's name must not be able to reorder the line it stands in.
  static func escape(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      default: out.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return out
  }

  /// A table for eyes and screen readers. `cells` are markup already. The roles repeat what the
  /// elements say, because browsers forget it once a style sheet stacks the cells on a narrow screen.
  mutating func table(
    caption: String, headers: [String], rows: [[String]], style: String = "stack"
  ) {
    raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
    raw(Self.escape(caption))
    raw("\"><table role=\"table\" class=\"\(style)\">")
    element("caption", "", caption)
    raw("<thead role=\"rowgroup\"><tr role=\"row\">")
    for header in headers { element("th", "scope=\"col\" role=\"columnheader\"", header) }
    raw("</tr></thead>\n<tbody role=\"rowgroup\">")
    for row in rows {
      raw("<tr role=\"row\">")
      for (i, cell) in row.enumerated() {
        let label = i < headers.count ? " data-label=\"\(Self.escape(headers[i]))\"" : ""
        let (tag, role) = i == 0 ? ("th scope=\"row\"", "rowheader") : ("td", "cell")
        raw("<\(tag) role=\"\(role)\"\(label)>\(cell)</\(i == 0 ? "th" : "td")>")
      }
      raw("</tr>\n")
    }
    raw("</tbody></table></div>\n")
  }
}
