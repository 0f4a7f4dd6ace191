internal import Foundation
internal import Transport

/// The scheduler's key pair and enrolment token, made on the first start and kept in a file that only
/// the owner can read. Workers know the scheduler by the key, the scheduler knows them by the token.
struct ServerIdentity: Sendable {
  let keys: CurveKeyPair
  let token: String

  static func load(from directory: String) throws -> ServerIdentity {
    let path = directory + "/identity"
    guard FileManager.default.fileExists(atPath: path) else { return try create(at: path) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let pair = line.split(separator: " ", maxSplits: 1)
      if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
    }
    guard let secret = values["secret-key"].flatMap(CurveSecretKey.init(hex:)),
      let token = values["token"], !token.isEmpty
    else {
      throw ServerError(
        "\(path) is damaged: it needs the lines \"secret-key …\" and \"token …\". Restore it from a "
          + "backup, or delete it and give every worker and client the new join line.")
    }
    return ServerIdentity(keys: try CurveKeyPair(secretKey: secret), token: token)
  }

  private static func create(at path: String) throws -> ServerIdentity {
    let keys = try CurveKeyPair.generate()
    var random = SystemRandomNumberGenerator()
    let token = (0..<16).map { _ in
      let byte = String(UInt8.random(in: 0...255, using: &random), radix: 16)
      return byte.utf8.count == 1 ? "0" + byte : byte
    }.joined()
    let text = "secret-key \(keys.secretKey.hex)\ntoken \(token)\n"
    // Made with its final mode: a file that is readable for a moment is read in that moment.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ServerError("cannot create \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      unlink(path)
      throw ServerError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    return ServerIdentity(keys: keys, token: token)
  }

  /// In a time that does not depend on where the two differ.
  func accepts(_ candidate: String) -> Bool { Self.matches(token, candidate) }

  static func matches(_ secret: String, _ candidate: String) -> Bool {
    let a = Array(secret.utf8)
    let b = Array(candidate.utf8)
    var difference = UInt8(a.count == b.count ? 0 : 1)
    for (i, byte) in a.enumerated() { difference |= byte ^ (i < b.count ? b[i] : 0) }
    return difference == 0
  }
}
