internal import Foundation
internal import Synchronization

/// A web server with one file, on 127.0.0.1, that answers as the test says, and writes down what it was
/// asked for.
public final class WebServer: Sendable {
  public enum Behaviour: Sendable {
    case honest
    /// Honest, and begins to answer after so many milliseconds.
    case late(Int)
    /// Another byte at this place of the file.
    case lies(at: Int)
    /// Sends so many bytes of a range, and then nothing for as long as it lives.
    case stalls(after: Int)
    /// Sends so many bytes at a time, with a pause of 20 ms behind each.
    case drips(Int)
    /// Sends so many bytes of a range and closes the connection.
    case cutsOff(after: Int)
    /// Says that the range is shorter than what was asked for, and sends that.
    case shortens(by: Int)
    case ignoresRanges
    case status(Int)
    /// Sends more than was asked for, until the other side has had enough.
    case neverEnds
    /// Says that it sends other bytes than it was asked for.
    case sendsAnotherRange
    /// Exactly this, in place of header and body.
    case says(String)
    case redirects(to: String)
  }

  public struct Asked: Sendable, Equatable {
    public var path: String
    /// What stands behind `bytes=`.
    public var range: String?
  }

  public let port: UInt16
  private let listener: Int32
  private let file: [UInt8]
  private struct State {
    var behaviour: @Sendable (_ number: Int) -> Behaviour
    var asked: [Asked] = []
    var connections: Set<Int32> = []
    var isStopped = false
  }
  private let state: Mutex<State>

  /// - Parameter behaviour: of each request, by its number from 0.
  public init(
    _ file: [UInt8], _ behaviour: @escaping @Sendable (_ number: Int) -> Behaviour
  ) throws {
    self.file = file
    state = Mutex(State(behaviour: behaviour))
    (listener, port) = try Self.listen()
    // Held by the thread until `stop`, which every test calls.
    Thread.detachNewThread { [self] in accept() }
  }

  public convenience init(_ file: [UInt8], _ behaviour: Behaviour = .honest) throws {
    try self.init(file) { _ in behaviour }
  }

  /// Where the file is; so it is on every path.
  public var url: String { "http://127.0.0.1:\(port)/package.tar.zst" }

  public var asked: [Asked] { state.withLock { $0.asked } }

  public func behave(_ behaviour: Behaviour) {
    state.withLock { $0.behaviour = { _ in behaviour } }
  }

  /// Ends all connections.
  public func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  // MARK: Connections

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      let isWanted = state.withLock { state in
        if connection >= 0, !state.isStopped { state.connections.insert(connection) }
        return !state.isStopped
      }
      guard connection >= 0, isWanted else {
        if connection >= 0 { close(connection) }
        if isWanted, errno == EINTR || errno == ECONNABORTED { continue }
        close(listener)
        return
      }
      Thread.detachNewThread { [self] in
        while let request = readRequest(connection), answer(request, connection) {}
        // Under the lock, so that `stop` never meets a number that somebody else has by now.
        state.withLock { state in
          state.connections.remove(connection)
          close(connection)
        }
      }
    }
  }

  private func readRequest(_ connection: Int32) -> Asked? {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard head.count < 1 << 16, recv(connection, &byte, 1, 0) == 1 else { return nil }
      head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
      .map { String($0.dropFirst("range: bytes=".count)) }
    return Asked(path: String(words[1]), range: range)
  }

  /// - Returns: whether the connection may be used again.
  private func answer(_ request: Asked, _ connection: Int32) -> Bool {
    let behaviour = state.withLock { state in
      state.asked.append(request)
      return state.behaviour(state.asked.count - 1)
    }
    switch behaviour {
    case .says(let text):
      _ = send(Array(text.utf8), connection)
      return false
    case .status(let status):
      return send(head("\(status) As told", length: 3) + Array("no\n".utf8), connection)
    case .redirects(let place):
      return send(head("302 Found", length: 0, "Location: \(place)\r\n"), connection)
    case .ignoresRanges:
      return send(head("200 OK", length: file.count) + file, connection)
    case .late(let milliseconds): usleep(UInt32(milliseconds) * 1000)
    default: break
    }
    guard var range = request.range.flatMap(part) else {
      return send(head("416 No", length: 0), connection)
    }
    var bytes = file
    if case .lies(let at) = behaviour { bytes[at] ^= 1 }
    if case .sendsAnotherRange = behaviour { range = (range.lowerBound + 1)..<range.upperBound }
    if case .shortens(let count) = behaviour {
      range = range.lowerBound..<max(range.lowerBound + 1, range.upperBound - count)
    }
    let place =
      "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.count)\r\n"
    let body = Array(bytes[range])
    switch behaviour {
    case .stalls(let count):
      _ = send(
        head("206 Partial", length: body.count, place) + body.prefix(count), connection)
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
      return false
    case .drips(let count):
      guard send(head("206 Partial", length: body.count, place), connection) else { return false }
      for start in stride(from: 0, to: body.count, by: count) {
        guard send(Array(body[start...].prefix(count)), connection) else { return false }
        usleep(20_000)
      }
      return true
    case .cutsOff(let count):
      _ = send(
        head("206 Partial", length: body.count, place) + body.prefix(count), connection)
      return false
    case .neverEnds:
      let part = [UInt8](repeating: 7, count: 1 << 16)
      guard send(head("206 Partial", length: nil, place) + body, connection) else { return false }
      while send(part, connection) {}
      return false
    default:
      return send(head("206 Partial", length: body.count, place) + body, connection)
    }
  }

  private func part(_ text: String) -> Range<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let last = Int(ends[1]) else { return nil }
    guard let first = Int(ends[0]) else { return max(0, file.count - last)..<file.count }
    return first <= last && last < file.count ? first..<(last + 1) : nil
  }

  /// - Parameter length: nil for a body that ends with the connection.
  private func head(_ status: String, length: Int?, _ more: String = "") -> [UInt8] {
    let end = length.map { "Content-Length: \($0)\r\n" } ?? "Connection: close\r\n"
    return Array("HTTP/1.1 \(status)\r\n\(end)\(more)\r\n".utf8)
  }

  private func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  static func listen() throws -> (Int32, UInt16) {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isOpen else { throw WebServerError("cannot listen: \(String(cString: strerror(errno)))") }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}

public struct WebServerError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// An address at which nobody listens.
public func nobodysURL() throws -> String {
  let (descriptor, port) = try WebServer.listen()
  close(descriptor)
  return "http://127.0.0.1:\(port)/package.tar.zst"
}
