internal import CCurl

/// Why a range did not come. None of the texts holds anything that a server wrote.
public enum WebError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No connection, or none that can be trusted.
  case unreachable(String)
  /// The connection stands and too little comes.
  case stalled
  /// The answer ended, or the connection broke, before everything was there.
  case cutOff(received: Int64)
  /// The server sends whole files only.
  case noRanges
  case status(Int)
  /// The answer is not one to what was asked.
  case wrongAnswer(String)
  /// Nobody wants it any more.
  case cancelled
  /// libcurl failed, whatever the server did.
  case library(String)

  /// Whether it says something about the server, and not only about the one file.
  public var isOfServer: Bool {
    switch self {
    case .unreachable, .stalled, .cutOff: true
    case .status(let status): status >= 500 || status == 429
    case .noRanges, .wrongAnswer, .cancelled, .library: false
    }
  }

  public var description: String {
    switch self {
    case .unreachable(let reason): "it cannot be reached (\(reason))"
    case .stalled: "it stalls, or is too slow to be of use"
    case .cutOff(let received): "the connection ended after \(received) bytes of the range"
    case .noRanges: "it does not serve ranges: it must answer 206 to a Range request"
    case .status(let status): "it answers \(status)"
    case .wrongAnswer(let text): text
    case .cancelled: "cancelled"
    case .library(let text): "libcurl: \(text)"
    }
  }

  init(_ code: CURLcode, received: Int64) {
    let text = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: self = .cutOff(received: received)
    case CURLE_UNSUPPORTED_PROTOCOL:
      self = .wrongAnswer("it redirects to something other than http or https")
    case CURLE_LOGIN_DENIED: self = .wrongAnswer("it redirects to an address with a user in it")
    case CURLE_TOO_MANY_REDIRECTS:
      self = .wrongAnswer("it redirects more than \(WebLimits.redirects) times")
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT,
      CURLE_UNKNOWN_OPTION:
      self = .library(text)
    default: self = received > 0 ? .cutOff(received: received) : .unreachable(text)
    }
  }
}
