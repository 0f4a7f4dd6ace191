import Foundation
import FoundationXML

/// An element of a small XML document.
final class XMLElement {
  let name: String
  let attributes: [String: String]
  let line: Int
  fileprivate(set) var children: [XMLElement] = []
  fileprivate(set) var text = ""

  fileprivate init(name: String, attributes: [String: String], line: Int) {
    self.name = name
    self.attributes = attributes
    self.line = line
  }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
  func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
  /// The element that a path of names leads to, each time the first.
  func at(_ path: String...) -> XMLElement? {
    var element: XMLElement? = self
    for name in path { element = element?.first(name) }
    return element
  }
  subscript(_ attribute: String) -> String? { attributes[attribute] }
  /// Without blanks around it.
  var value: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Reads a document that somebody sent: bounded in size, depth and elements, without any entity but
/// the five of XML itself.
final class XMLReader: NSObject, XMLParserDelegate {
  static let sizeLimit = 16 << 20
  static let depthLimit = 32
  static let elementLimit = 500_000

  private var root: XMLElement?
  private var open: [XMLElement] = []
  private var count = 0
  private var objection: String?

  /// - Throws: why it is not read; the path is that of the document.
  static func read(_ bytes: [UInt8], path: String) throws(ImportError) -> XMLElement {
    guard bytes.count <= sizeLimit else {
      throw .refused(path, "has more than \(sizeLimit >> 20) MiB")
    }
    let data = Data(bytes)
    // A document type can define entities, and entities can name files and multiply. In another
    // encoding it could not be found like this.
    guard let text = String(validating: bytes, as: UTF8.self), isUTF8(prolog: text.prefix(1_000))
    else { throw .refused(path, "is not XML in UTF-8; convert it") }
    guard data.range(of: Data("<!DOCTYPE".utf8)) == nil,
      data.range(of: Data("<!ENTITY".utf8)) == nil
    else { throw .refused(path, "has a document type, which is not read; remove it") }
    let reader = XMLReader()
    let parser = XMLParser(data: data)
    parser.shouldResolveExternalEntities = false
    parser.delegate = reader
    let isComplete = parser.parse()
    if let objection = reader.objection { throw .refused(path, objection) }
    guard isComplete, let root = reader.root else {
      throw .refused(path, "is not XML (line \(parser.lineNumber))")
    }
    return root
  }

  /// Whether a document says no other encoding than that it is in.
  private static func isUTF8(prolog: Substring) -> Bool {
    let text = prolog.drop { $0 == "\u{FEFF}" }
    guard text.first == "<" else { return false }
    guard text.hasPrefix("<?xml"), let end = text.range(of: "?>") else { return true }
    guard let name = text[..<end.lowerBound].range(of: "encoding") else { return true }
    let value = text[name.upperBound..<end.lowerBound].lowercased()
      .split { " \t\r\n=\"'".contains($0) }.first
    return value == "utf-8" || value == "utf8" || value == "us-ascii"
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    count += 1
    guard count <= Self.elementLimit, open.count < Self.depthLimit else {
      objection = "has too many elements, or too deep ones"
      parser.abortParsing()
      return
    }
    let element = XMLElement(name: name, attributes: attributes, line: parser.lineNumber)
    if let parent = open.last { parent.children.append(element) } else { root = element }
    open.append(element)
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }

  func parser(
    _ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?
  ) {
    _ = open.popLast()
  }
}
