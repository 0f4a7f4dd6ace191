/// A place on the web where the archive of a package lies, besides the scheduler: a file on an HTTP
/// server or an object of an S3-compatible store.
///
/// Its address may hold a secret in the query (that is how stores sign addresses), so that texts for
/// people and logs get `description`, which has none. A name and a password in front of the host are
/// not allowed at all.
public struct Origin: Hashable, Sendable {
  /// As it was given.
  public let url: String

  /// Bytes of an address.
  public static let lengthLimit = 2048
  /// Origins of one package.
  public static let countLimit = 8

  public init(_ url: String) throws(OriginError) {
    guard url.utf8.count <= Self.lengthLimit else {
      throw OriginError(
        "an address of \(url.utf8.count) bytes: at most \(Self.lengthLimit) are allowed")
    }
    // What stands before an @ may be a password, wherever in a broken address it stands.
    let shown = url.utf8.contains(UInt8(ascii: "@")) ? "the address" : Self.withoutQuery(url)
    // A backslash is read in two ways by those who read addresses.
    guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.forbidden.contains($0) }) else {
      throw OriginError(
        "the address has a blank, a control character or one of <>\"\\^`{|}: write such bytes as %XX"
      )
    }
    guard let scheme = Self.scheme(of: url) else {
      throw OriginError("\(shown) does not begin with http:// or https://")
    }
    guard !url.utf8.contains(UInt8(ascii: "#")) else {
      throw OriginError("\(shown) has a fragment (#...), which is never sent: leave it out")
    }
    let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else {
      throw OriginError(
        "the address names a user before its host, which workers would log: use a signed address or "
          + "one that needs no password")
    }
    guard Self.isHostAndPort(authority) else {
      throw OriginError("\(shown) does not name a host, or not a port from 1 to 65535")
    }
    self.url = url
    server = (scheme + authority).lowercased()
  }

  /// Protocol, host and port: what several addresses may have in common.
  public let server: String

  private static let forbidden = Set("<>\"\\^`{|}".utf8)

  private static func scheme(of url: String) -> String? {
    ["http://", "https://"].first {
      url.utf8.count > $0.utf8.count && url.lowercased().hasPrefix($0)
    }
  }

  private static func withoutQuery(_ url: String) -> String { String(url.prefix { $0 != "?" }) }

  private static func isHostAndPort(_ authority: Substring) -> Bool {
    var host = authority
    var port: Substring?
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else { return false }
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else { return false }
      host = authority[authority.index(after: authority.startIndex)..<end]
      guard host.allSatisfy({ $0.isHexDigit || ":.".contains($0) }) else { return false }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
      guard !host.contains(":") else { return false }
    }
    if let port {
      guard port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(port), number > 0
      else { return false }
    }
    return !host.isEmpty
  }
}

extension Origin: CustomStringConvertible {
  /// The address without its query.
  public var description: String { Self.withoutQuery(url) }
}

/// Why something is no address of an origin, with the remedy.
public struct OriginError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
