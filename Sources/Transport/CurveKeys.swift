internal import CZeroMQ

/// A CURVE public key: 32 bytes that name a peer.
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
  let storage: KeyBytes

  /// - Returns: nil unless there are exactly 32 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let storage = keyBytes(bytes) else { return nil }
    self.storage = storage
  }

  /// - Parameter hex: 64 hexadecimal digits in either case.
  public init?(hex: String) {
    guard let storage = keyBytes(hex: hex) else { return nil }
    self.storage = storage
  }

  /// - Parameter z85: 40 characters of the ZeroMQ text form (RFC 32).
  public init?(z85: String) {
    guard let storage = keyBytes(z85: z85) else { return nil }
    self.storage = storage
  }

  public var bytes: [UInt8] { withUnsafeBytes(of: storage) { Array($0) } }
  public var hex: String { hexText(bytes) }
  public var z85: String { z85Text(storage) }
  public var description: String { hex }
}

/// A CURVE secret key. It prints as a placeholder, so that it does not slip into a log.
public struct CurveSecretKey: Sendable, CustomStringConvertible, CustomReflectable {
  let storage: KeyBytes

  /// - Returns: nil unless there are exactly 32 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let storage = keyBytes(bytes) else { return nil }
    self.storage = storage
  }

  /// - Parameter hex: 64 hexadecimal digits in either case.
  public init?(hex: String) {
    guard let storage = keyBytes(hex: hex) else { return nil }
    self.storage = storage
  }

  /// - Parameter z85: 40 characters of the ZeroMQ text form (RFC 32).
  public init?(z85: String) {
    guard let storage = keyBytes(z85: z85) else { return nil }
    self.storage = storage
  }

  public var bytes: [UInt8] { withUnsafeBytes(of: storage) { Array($0) } }
  public var hex: String { hexText(bytes) }
  public var z85: String { z85Text(storage) }
  public var description: String { "secret key" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The long-term keys of one side of a connection.
public struct CurveKeyPair: Sendable {
  public let publicKey: CurvePublicKey
  public let secretKey: CurveSecretKey

  /// A new random pair.
  public static func generate() throws(TransportError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: 41)
    var secretText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
      throw .last("generate a CURVE key pair")
    }
    guard let publicKey = CurvePublicKey(z85: text(publicText)),
      let secretKey = CurveSecretKey(z85: text(secretText))
    else { throw TransportError(.other, "read the generated CURVE key pair") }
    return CurveKeyPair(publicKey: publicKey, secretKey: secretKey)
  }

  init(publicKey: CurvePublicKey, secretKey: CurveSecretKey) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  /// The pair that belongs to a stored secret key.
  public init(secretKey: CurveSecretKey) throws(TransportError) {
    var publicText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&publicText, secretKey.z85) == 0,
      let publicKey = CurvePublicKey(z85: text(publicText))
    else { throw .last("derive a CURVE public key") }
    self.init(publicKey: publicKey, secretKey: secretKey)
  }
}

/// 32 bytes in the order of memory. Words rather than a `SIMD32`: its alignment of 32 is more than
/// the runtime gives to values that live across an `await`, which corrupts the task.
struct KeyBytes: Hashable, Sendable, BitwiseCopyable {
  let words: (UInt64, UInt64, UInt64, UInt64)

  static func == (left: KeyBytes, right: KeyBytes) -> Bool { left.words == right.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

private func text(_ characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func keyBytes(_ bytes: some Collection<UInt8>) -> KeyBytes? {
  guard bytes.count == 32 else { return nil }
  return Array(bytes).withUnsafeBytes { $0.loadUnaligned(as: KeyBytes.self) }
}

private func keyBytes(hex: String) -> KeyBytes? {
  let digits = Array(hex.utf8)
  guard digits.count == 64 else { return nil }
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: 64, by: 2) {
    guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else {
      return nil
    }
    bytes.append(high << 4 | low)
  }
  return keyBytes(bytes)
}

private func keyBytes(z85: String) -> KeyBytes? {
  guard z85.utf8.count == 40, !z85.utf8.contains(0) else { return nil }
  var bytes = [UInt8](repeating: 0, count: 32)
  guard zmq_z85_decode(&bytes, z85) != nil else { return nil }
  return keyBytes(bytes)
}

private func z85Text(_ key: KeyBytes) -> String {
  var characters = [CChar](repeating: 0, count: 41)
  let bytes = withUnsafeBytes(of: key) { Array($0) }
  zmq_z85_encode(&characters, bytes, 32)
  return text(characters)
}

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}

func hexText(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
