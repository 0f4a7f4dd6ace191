/// Everything a worker or a client needs to reach a scheduler, on one line that people copy:
///
///     assize://host:7878/<server key, 64 hex digits>/<enrolment token>
///     assize+plain://127.0.0.1:7878/<enrolment token>
///
/// The second form has no encryption and is printed only by a scheduler that was told to do without.
/// The token is a secret: whoever has the line may join.
public struct JoinLine: Hashable, Sendable {
  public var host: String
  public var port: UInt16
  /// Hexadecimal CURVE public key; nil on a plain connection.
  public var serverKey: String?
  public var token: String

  public init(host: String, port: UInt16, serverKey: String?, token: String) {
    self.host = host
    self.port = port
    self.serverKey = serverKey
    self.token = token
  }

  /// ZeroMQ endpoint of a port on the scheduler's host.
  public func endpoint(port: UInt16? = nil) -> String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return "tcp://\(shown):\(port ?? self.port)"
  }

  public var text: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    let key = serverKey.map { $0 + "/" } ?? ""
    return "assize\(serverKey == nil ? "+plain" : "")://\(shown):\(port)/\(key)\(token)"
  }

  /// - Throws: what is wrong with the line and how a right one looks; never the token itself.
  public init(parsing text: String) throws(JoinLineError) {
    let schemes = [("assize://", true), ("assize+plain://", false)]
    guard let (scheme, isEncrypted) = schemes.first(where: { text.hasPrefix($0.0) }) else {
      throw JoinLineError(problem: "it does not begin with assize:// or assize+plain://")
    }
    let rest = text.dropFirst(scheme.count)
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == (isEncrypted ? 3 : 2) else {
      throw JoinLineError(
        problem: "it has \(parts.count) parts after the scheme, \(isEncrypted ? 3 : 2) are expected"
      )
    }
    guard let colon = parts[0].lastIndex(of: ":"),
      let port = UInt16(parts[0][parts[0].index(after: colon)...]), port > 0
    else { throw JoinLineError(problem: "its address \"\(parts[0].prefix(80))\" has no port") }
    var host = parts[0][..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    let isHostCharacter = { (c: Character) in
      c.isASCII && (c.isLetter || c.isNumber || ".-_:%".contains(c))
    }
    guard !host.isEmpty, host.utf8.count <= 255, host.allSatisfy(isHostCharacter) else {
      throw JoinLineError(problem: "its host \"\(host.prefix(80))\" is not a host name or address")
    }
    self.host = String(host)
    self.port = port
    if isEncrypted {
      let key = parts[1]
      guard key.utf8.count == 64, key.allSatisfy(\.isHexDigit) else {
        throw JoinLineError(problem: "its server key is not 64 hexadecimal digits")
      }
      serverKey = key.lowercased()
    }
    let token = parts[parts.count - 1]
    guard (1...200).contains(token.utf8.count), token.utf8.allSatisfy({ (33...126).contains($0) })
    else { throw JoinLineError(problem: "its token is missing or damaged") }
    self.token = String(token)
  }
}

public struct JoinLineError: Error, Hashable, Sendable, CustomStringConvertible {
  public let problem: String
  public var description: String {
    "This is not a join line: \(problem). Copy the whole line that `assize scheduler` prints; it "
      + "looks like assize://host:7878/KEY/TOKEN."
  }
}
