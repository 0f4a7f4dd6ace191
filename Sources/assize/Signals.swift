import Foundation

/// SIGINT and SIGTERM as a stream with one element for each time one of them came.
///
/// A handler that only writes a byte to a pipe, and a thread that reads it: unlike ignored signals,
/// handled ones go back to their defaults in every program that is started from here.
enum Signals {
  private static let channel: (reading: Int32, writing: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  static func requestsToStop() throws -> AsyncStream<Void> {
    // Made here and not at the first signal, where it would not be allowed.
    let (reading, writing) = channel
    guard reading >= 0, fcntl(writing, F_SETFL, O_NONBLOCK) == 0 else {
      throw CommandFailure("cannot watch for signals: \(String(cString: strerror(errno)))")
    }
    var action = sigaction()
    action.sa_flags = Int32(SA_RESTART)
    action.__sigaction_handler.sa_handler = { _ in
      let code = errno
      var byte: UInt8 = 0
      _ = write(Signals.channel.writing, &byte, 1)
      errno = code
    }
    for signal in [SIGINT, SIGTERM] {
      guard sigaction(signal, &action, nil) == 0 else {
        throw CommandFailure("cannot watch for signals: \(String(cString: strerror(errno)))")
      }
    }
    // A closed log or terminal is no reason to end.
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGPIPE, &action, nil)

    let (stream, continuation) = AsyncStream<Void>.makeStream()
    let thread = Thread {
      var byte: UInt8 = 0
      while true {
        let count = read(reading, &byte, 1)
        if count == 1 { continuation.yield() } else if count == 0 || errno != EINTR { break }
      }
      continuation.finish()
    }
    thread.name = "signals"
    thread.start()
    return stream
  }
}
