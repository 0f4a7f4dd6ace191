internal import CCurl
internal import Glibc

/// What is asked for of a file.
public enum WebRange: Hashable, Sendable {
  /// Not empty, from 0.
  case bytes(Range<Int64>)
  /// So many bytes at its end, at least 1.
  case last(Int64)
}

/// What came.
public struct WebAnswer: Hashable, Sendable {
  /// Where in the file the bytes lie that came.
  public var range: Range<Int64>
  /// Bytes of the whole file, as the server says.
  public var fileBytes: Int64
  /// Nanoseconds from asking to the first byte.
  public var latency: Int64
  /// Nanoseconds from the first byte to the last, without those in which nobody took any.
  public var duration: Int64
}

/// How long a server is waited for.
public struct WebLimits: Hashable, Sendable {
  /// Milliseconds until a connection stands, names and TLS included.
  public var connectMilliseconds: Int
  /// Within this time, nanoseconds, at least `stallBytes` have to come, or the server stalls. Time in
  /// which nobody took the bytes does not count. It is looked at about once a second.
  public var stall: Int64
  public var stallBytes: Int64

  /// By default 5 s for a connection, and 16 KiB in a second over 10 s: judgings wait for what is read,
  /// and with less another source is better.
  public init(
    connectMilliseconds: Int = 5_000, stall: Int64 = 10_000_000_000, stallBytes: Int64 = 160 << 10
  ) {
    self.connectMilliseconds = connectMilliseconds
    self.stall = stall
    self.stallBytes = stallBytes
  }

  static let redirects = 5
  /// Of the header of one answer.
  static let headerBytes = 64 << 10
  /// As they are handed over at a time, at most.
  static let bufferBytes = 64 << 10
}

/// Reads ranges of files from HTTP servers, one after the other, on kept connections where the server
/// keeps them.
///
/// # Theory of operation
///
/// libcurl does the work and is told to do nothing else: http and https, a few redirects between those,
/// no passwords, no cookies, certificates checked. Servers are strangers. An answer counts only if it
/// says 206 and gives exactly the range that was asked for; that is looked at before the first byte is
/// handed over, and its length while they come. So whoever takes the bytes may count on their places in
/// the file, and on nothing about what they are.
///
/// `read` blocks its thread, so it belongs on one that is there for that.
public struct RangeReader: ~Copyable {
  private let handle: UnsafeMutableRawPointer
  private let limits: WebLimits

  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  public init(_ limits: WebLimits = WebLimits()) throws(WebError) {
    handle = try Self.makeHandle(limits)
    self.limits = limits
  }

  deinit { curl_easy_cleanup(handle) }

  private static func makeHandle(
    _ limits: WebLimits
  ) throws(WebError) -> UnsafeMutableRawPointer {
    guard isReady, let handle = curl_easy_init() else { throw .library("out of memory") }
    let numbers: [(CURLoption, Int)] = [
      // Signals are the process's, not a library's.
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_NOPROGRESS, 0),
      (CURLOPT_CONNECTTIMEOUT_MS, max(1, limits.connectMilliseconds)),
      (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, WebLimits.redirects),
      (CURLOPT_DISALLOW_USERNAME_IN_URL, 1), (CURLOPT_SSL_VERIFYPEER, 1),
      (CURLOPT_SSL_VERIFYHOST, 2),
      // The signature of a signed address is over its path as it is written.
      (CURLOPT_PATH_AS_IS, 1), (CURLOPT_BUFFERSIZE, WebLimits.bufferBytes),
    ]
    let texts: [(CURLoption, String)] = [
      (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
      (CURLOPT_USERAGENT, "assize"),
    ]
    guard numbers.allSatisfy({ ccurl_set_number(handle, $0, $1) == CURLE_OK }),
      texts.allSatisfy({ ccurl_set_text(handle, $0, $1) == CURLE_OK }),
      ccurl_set_functions(handle, takeHeader, takeBody, lookAround) == CURLE_OK
    else {
      curl_easy_cleanup(handle)
      throw .library("it lacks an option: it must be 7.85 or newer, with HTTP and HTTPS")
    }
    return handle
  }

  /// Blocks until the range has come, or will not.
  /// - Parameters:
  ///   - isCancelled: looked at about once a second while nothing comes, and with all that does.
  ///   - take: gets the bytes, in order, on this thread; with false it wants no more.
  /// - Throws: what was wrong with the server or its answer; `cancelled` when `take` or `isCancelled`
  ///   said so. What was taken before stays taken.
  public func read(
    _ url: String, _ range: WebRange, isCancelled: @escaping () -> Bool = { false },
    take: @escaping (UnsafeRawBufferPointer) -> Bool
  ) throws(WebError) -> WebAnswer {
    let exchange = Exchange(range, limits, isCancelled: isCancelled, take: take)
    guard ccurl_set_text(handle, CURLOPT_URL, url) == CURLE_OK,
      ccurl_set_text(handle, CURLOPT_RANGE, range.header) == CURLE_OK,
      ccurl_set_context(handle, Unmanaged.passUnretained(exchange).toOpaque()) == CURLE_OK
    else { throw .library("out of memory") }
    let code = withExtendedLifetime(exchange) { curl_easy_perform(handle) }
    ccurl_set_context(handle, nil)
    return try exchange.end(code)
  }
}

extension WebRange {
  /// As libcurl wants it, after `bytes=`.
  fileprivate var header: String {
    switch self {
    case .bytes(let range): "\(range.lowerBound)-\(range.upperBound - 1)"
    case .last(let count): "-\(count)"
    }
  }
}

/// One request and its answer.
private final class Exchange {
  private let range: WebRange
  private let limits: WebLimits
  private let isCancelled: () -> Bool
  private let take: (UnsafeRawBufferPointer) -> Bool
  private var head = AnswerHead()
  /// What the answer says to hold, once that was found to be what was asked for.
  private var place: ContentRange?
  private var received: Int64 = 0
  private var failure: WebError?
  private let start = monotonicNanoseconds()
  private var firstByte: Int64?
  private var taking: Int64 = 0
  private var window: (start: Int64, received: Int64)

  init(
    _ range: WebRange, _ limits: WebLimits, isCancelled: @escaping () -> Bool,
    take: @escaping (UnsafeRawBufferPointer) -> Bool
  ) {
    self.range = range
    self.limits = limits
    self.isCancelled = isCancelled
    self.take = take
    window = (start, 0)
  }

  /// - Returns: false to give up.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard head.take(line, limit: WebLimits.headerBytes) else {
      return fail(.wrongAnswer("its header has more than \(WebLimits.headerBytes) bytes"))
    }
    return true
  }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !bytes.isEmpty else { return true }
    if place == nil {
      do throws(WebError) { place = try head.place(of: range) } catch { return fail(error) }
    }
    let now = monotonicNanoseconds()
    if firstByte == nil { firstByte = now }
    received += Int64(bytes.count)
    guard let place, received <= Int64(place.range.count) else {
      return fail(.wrongAnswer("it sends more bytes than were asked for"))
    }
    guard !isCancelled(), take(bytes) else { return fail(.cancelled) }
    taking += monotonicNanoseconds() - now
    return true
  }

  /// Called now and then, also while nothing comes.
  func lookAround() -> Bool {
    if isCancelled() { return fail(.cancelled) }
    let now = monotonicNanoseconds() - taking
    guard now - window.start >= limits.stall else { return true }
    guard received - window.received >= limits.stallBytes else { return fail(.stalled) }
    window = (now, received)
    return true
  }

  private func fail(_ error: WebError) -> Bool {
    if failure == nil { failure = error }
    return false
  }

  func end(_ code: CURLcode) throws(WebError) -> WebAnswer {
    if let failure { throw failure }
    // libcurl has the same code for this as for a redirect to another protocol.
    if code == CURLE_UNSUPPORTED_PROTOCOL, head.status == 0 {
      throw .wrongAnswer("it does not answer in HTTP")
    }
    guard code == CURLE_OK else { throw WebError(code, received: received) }
    // Without a byte it was not looked at yet.
    let place = if let place { place } else { try head.place(of: range) }
    guard received == Int64(place.range.count), let firstByte else {
      throw .cutOff(received: received)
    }
    return WebAnswer(
      range: place.range, fileBytes: place.total, latency: firstByte - start,
      duration: max(0, monotonicNanoseconds() - firstByte - taking))
  }
}

func monotonicNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

// Contexts are the `Exchange`, which lives until `curl_easy_perform` has returned.
private func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange? {
  context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private func takeHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return exchange(context)?.takeHeader(line) == true ? line.count : -1
}

private func takeBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return exchange(context)?.takeBody(part) == true ? part.count : -1
}

private func lookAround(
  _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> CInt {
  exchange(context)?.lookAround() == true ? 0 : 1
}
