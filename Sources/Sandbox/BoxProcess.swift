internal import CSandbox
import Glibc

/// A started `assize-box`: the process tree of one sandbox as the worker sees it, which is one
/// child (bubblewrap, once `launch` has turned into it) and one socket to pid 1 inside.
final class BoxProcess {
  let socket: Int32
  let pid: Int32
  private let pidfd: Int32
  private var isOver = false

  /// Returns when pid 1 has said hello.
  init(
    _ arguments: [String], slot: Int, helperPath: String, timeoutMilliseconds: Int32 = 20_000
  ) throws(SandboxError) {
    let diagnosis = try MemoryFile()
    var pair: [Int32] = [-1, -1]
    let paired = assize_socket_pair(&pair)
    guard paired == 0 else {
      throw .startFailed(slot: slot, diagnosis: "no socket: \(errorText(-paired))")
    }
    let (ours, theirs) = (pair[0], pair[1])
    let process: (pidfd: Int32, pid: Int32)
    do throws(SandboxError) {
      process = try BoxProcess.spawn(
        helperPath, arguments, error: diagnosis.borrowed.rawValue, socket: theirs, slot: slot)
    } catch {
      close(ours)
      close(theirs)
      throw error
    }
    close(theirs)
    socket = ours
    (pidfd, pid) = process

    var hello = box_reply()
    var none: Int32 = -1
    let isReadable = assize_wait_readable(ours, timeoutMilliseconds) == 1
    let received = isReadable ? assize_receive(ours, &hello, &none) : -ETIMEDOUT
    guard received == 0, hello.kind == UInt32(BOX_HELLO.rawValue) else {
      end()
      let said = String(decoding: (try? diagnosis.readAll(limit: 4096)) ?? [], as: UTF8.self)
      throw .startFailed(
        slot: slot, diagnosis: said.isEmpty ? errorText(received == 0 ? EPROTO : -received) : said)
    }
  }

  deinit { end() }

  private static func spawn(
    _ path: String, _ arguments: [String], error: Int32, socket: Int32, slot: Int
  ) throws(SandboxError) -> (pidfd: Int32, pid: Int32) {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else {
      throw .startFailed(slot: slot, diagnosis: "/dev/null: \(errorText(errno))")
    }
    defer { close(null) }
    let (pidfd, result) = spawnProcess(
      path, arguments: arguments, environment: [], descriptors: [null, null, error, socket])
    guard result >= 0 else {
      throw .startFailed(slot: slot, diagnosis: "\(path): \(errorText(-result))")
    }
    return (pidfd, result)
  }

  /// Ends every process of the sandbox and collects ours. When this returns there is none left.
  func end() {
    guard !isOver else { return }
    isOver = true
    // pid 1 sees the end of the socket and ends; the kernel ends its namespace; bubblewrap follows.
    close(socket)
    if assize_wait_readable(pidfd, 5_000) != 1 {
      // bubblewrap's end is a death signal to pid 1.
      assize_kill(pidfd, SIGKILL)
    }
    assize_wait(pidfd)
    close(pidfd)
  }
}

/// Starts a program with exactly these descriptors, numbered from 0.
///
/// - Returns: a descriptor of the process, and its pid or `-errno`.
func spawnProcess(
  _ path: String, arguments: [String], environment: [String], descriptors: [Int32]
) -> (pidfd: Int32, result: Int32) {
  var pidfd: Int32 = -1
  let result = withCStrings([path] + arguments) { arguments in
    withCStrings(environment) { environment in
      assize_spawn(path, arguments, environment, descriptors, descriptors.count, &pidfd)
    }
  }
  return (pidfd, result)
}

/// The strings as a null-terminated array of C strings that lives during `body`.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}
