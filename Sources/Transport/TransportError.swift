internal import CZeroMQ
internal import Glibc

/// A call to libzmq or to the system that failed: what was tried, where, and what to do about it.
///
/// A full queue and a peer that has gone are not errors; see ``SendResult``.
public struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a caller may want to decide by.
  public enum Kind: Sendable {
    /// Somebody else is bound to the endpoint.
    case addressInUse
    /// The endpoint names an address or interface this machine does not have.
    case addressNotAvailable
    /// The system does not allow it, e.g. a port below 1024.
    case permissionDenied
    /// The endpoint cannot be parsed, or its transport is not built in.
    case badEndpoint
    /// No descriptors, sockets, threads or memory are left.
    case outOfResources
    /// The context was shut down.
    case contextTerminated
    /// The socket was closed before.
    case closed
    /// The payload is above the limit at which the receiver would cut the connection.
    case messageTooLarge
    /// An empty payload, which would read as a probe at the other end.
    case messageEmpty
    /// Anything else; the code says more.
    case other
  }

  public let kind: Kind
  /// The `errno` value, or zero when the refusal is ours.
  public let code: Int32
  /// What was tried, to follow "cannot", e.g. "bind".
  public let operation: String
  public let endpoint: String?

  init(_ kind: Kind, _ operation: String, endpoint: String? = nil) {
    self.kind = kind
    self.code = 0
    self.operation = operation
    self.endpoint = endpoint
  }

  init(code: Int32, _ operation: String, endpoint: String? = nil) {
    self.code = code
    self.operation = operation
    self.endpoint = endpoint
    self.kind =
      switch code {
      case EADDRINUSE: .addressInUse
      case EADDRNOTAVAIL, ENODEV: .addressNotAvailable
      case EACCES, EPERM: .permissionDenied
      case EMFILE, ENFILE, ENOMEM, ENOBUFS, EMTHREAD: .outOfResources
      case ETERM: .contextTerminated
      case ENOTSOCK: .closed
      case EINVAL where endpoint != nil, EPROTONOSUPPORT, ENOCOMPATPROTO, ENAMETOOLONG:
        .badEndpoint
      default: .other
      }
  }

  /// The failure that libzmq has just noted for this thread.
  static func last(_ operation: String, endpoint: String? = nil) -> TransportError {
    TransportError(code: zmq_errno(), operation, endpoint: endpoint)
  }

  public var description: String {
    let place = endpoint.map { " \($0)" } ?? ""
    return "cannot \(operation)\(place): \(reason)"
  }

  private var reason: String {
    switch kind {
    case .addressInUse:
      "another process is bound there; stop it or choose another port"
    case .addressNotAvailable:
      "this machine has no such address or interface; use tcp://*:PORT or one of `ip address`"
    case .permissionDenied:
      "not permitted; ports below 1024 need CAP_NET_BIND_SERVICE, an ipc path needs write access"
    case .badEndpoint:
      "not an endpoint; write tcp://HOST:PORT, with an IPv6 address in brackets"
    case .outOfResources:
      "\(codeText); raise the limit (ulimit -n) or close something"
    case .contextTerminated:
      "the ZeroMQ context was shut down"
    case .closed:
      "the socket is closed"
    case .messageTooLarge:
      "the payload is above the limit of a message, the receiver would disconnect"
    case .messageEmpty:
      "an empty payload would be taken for a probe"
    case .other:
      codeText
    }
  }

  private var codeText: String {
    "\(String(cString: zmq_strerror(code))) (\(code))"
  }
}
