import ArgumentParser
import Foundation
import JudgeModel
import Logging
import Messages
import SchedulerServer

/// The machine that workers dial and clients ask.
struct SchedulerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scheduler",
    abstract: "Run the scheduler: it keeps the queue, the packages and the results.",
    discussion: """
      Prints the join line on standard output, and nothing else there. Whoever has that line may \
      join as a worker and submit, so treat it as a password; it is also written to DIR/join, which \
      only the owner can read. Everything else goes to the log on standard error.

      Keys and token are made on the first start and kept in DIR/identity, so the join line stays \
      the same. Connections are encrypted unless --plain is given.

      SIGINT or SIGTERM stops in order; judgings under way go on at the workers and are taken up \
      again by the next start. Exit status: 0 stopped, 1 the record could not be written, 2 it could \
      not start, 64 wrong usage.
      """)

  @Option(
    help: ArgumentHelp(
      "Where queue, results, packages and keys are kept. Default: /var/lib/assize for root, else "
        + "~/.local/state/assize.",
      valueName: "dir"))
  var state: String?

  @Option(
    help: ArgumentHelp(
      "Where to listen: tcp://ADDRESS:PORT. The address * is all of this machine, the port 0 a free "
        + "one.",
      valueName: "endpoint"))
  var listen = "tcp://*:7878"

  @Option(
    help: ArgumentHelp(
      "Port that packages travel on. Default: the one after the listening port.", valueName: "port")
  )
  var bulkPort: UInt16?

  @Option(
    help: ArgumentHelp(
      "Name or address of this machine in the join line, as workers can reach it.",
      valueName: "host"))
  var advertise: String?

  @Option(
    help: ArgumentHelp(
      "How many workers may fetch large packages at the same time; the others wait, those first whose "
        + "package most judgings wait for. More is better only where the workers' lines are slower "
        + "than this machine's.",
      valueName: "n"))
  var fetchStreams = ServerSettings.defaultFetchStreams

  @Flag(help: "No encryption. Only for loopback addresses.")
  var plain = false

  @Flag(help: "With --plain: on any address. Everybody on the way can read and change everything.")
  var plainAnywhere = false

  @OptionGroup var logOptions: LogOptions

  func validate() throws {
    let address = try ListenAddress(parsing: listen)
    guard (1...10_000).contains(fetchStreams) else {
      throw ValidationError("--fetch-streams must be between 1 and 10000.")
    }
    if let bulkPort, bulkPort != 0, bulkPort == address.port {
      throw ValidationError("--bulk-port \(bulkPort) is the port of --listen: name another one.")
    }
    if plainAnywhere, !plain { throw ValidationError("--plain-anywhere needs --plain.") }
    if plain, !plainAnywhere, !address.isLoopback {
      throw ValidationError(
        "--plain sends the token and all submissions in the clear, and \(listen) is more than "
          + "loopback. Listen on tcp://127.0.0.1:7878, leave --plain out, or add --plain-anywhere.")
    }
    if let advertise { try Self.check(host: advertise) }
  }

  private static func check(host: String) throws {
    let line = JoinLine(host: host, port: 1, serverKey: nil, token: "t").text
    guard (try? JoinLine(parsing: line))?.host == host else {
      throw ValidationError("--advertise \(host): it must be a host name or an address, no port.")
    }
  }

  func run() async throws {
    raiseDescriptorLimit()
    let log = logOptions.logger("scheduler")
    try await exitingWithReason {
      let stops = try Signals.requestsToStop()
      let server: SchedulerServer
      do {
        server = try await start(log)
      } catch {
        throw CommandFailure("cannot start the scheduler", error)
      }
      let stopping = Task {
        var count = 0
        for await _ in stops {
          count += 1
          if count > 1 { Foundation.exit(1) }
          log.notice("stopping")
          Task { await server.stop() }
        }
      }
      defer { stopping.cancel() }
      let reason = await server.failed()
      guard reason is CancellationError else {
        warn("the record cannot be written, so the scheduler stops: \(reason)")
        throw ExitCode(1)
      }
      log.notice("stopped")
    }
  }

  private func start(_ log: Logger) async throws -> SchedulerServer {
    let directory = URL(fileURLWithPath: state ?? DefaultPaths.state).path
    let address = try ListenAddress(parsing: listen)
    let server = try SchedulerServer(
      ServerSettings(
        stateDirectory: directory, listen: address.endpoint,
        bulkPort: bulkPort ?? address.nextPort, isPlain: plain,
        programVersion: Assize.programVersion, fetchStreams: fetchStreams, logger: log))
    let line = try await server.start(advertising: advertise ?? address.reachableHost)
    try Self.keep(line, in: directory)
    print(line.text)
    fflush(nil)
    return server
  }

  /// Replaces the file at once, and never lets anybody else read it.
  private static func keep(_ line: JoinLine, in directory: String) throws {
    let (path, temporary) = (directory + "/join", directory + "/join.new")
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot create \(temporary): \(String(cString: strerror(errno)))")
    }
    let bytes = Array((line.text + "\n").utf8)
    let written = write(descriptor, bytes, bytes.count)
    close(descriptor)
    guard written == bytes.count, rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw CommandFailure("cannot write \(path): \(reason)")
    }
  }
}

/// `tcp://host:port`, taken apart.
struct ListenAddress: Hashable {
  /// Without brackets; `*` is every address.
  var host: String
  /// 0 is a free one.
  var port: UInt16

  init(parsing text: String) throws {
    let rest = text.hasPrefix("tcp://") ? text.dropFirst(6) : text[...]
    guard let colon = rest.lastIndex(of: ":") else {
      throw ValidationError("--listen \(text): a port is missing, as in tcp://*:7878")
    }
    let digits = rest[rest.index(after: colon)...]
    guard let port = digits == "*" ? 0 : UInt16(digits) else {
      throw ValidationError("--listen \(text): the port must be between 0 and 65535")
    }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, !host.contains("/") else {
      throw ValidationError("--listen \(text): it must look like tcp://*:7878")
    }
    (self.host, self.port) = (String(host), port)
  }

  var endpoint: String {
    "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port == 0 ? "*" : String(port))"
  }

  var isLoopback: Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let isFour = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    return host == "::1" || host == "localhost" || isFour && parts[0] == "127"
  }

  /// 0, so any, when there is none.
  var nextPort: UInt16 { port == 0 || port == .max ? 0 : port + 1 }

  /// What others can dial: the address itself when it is one, else the first of this machine.
  var reachableHost: String {
    if !["*", "0.0.0.0", "::"].contains(host) { return host }
    return Self.firstOutwardAddress() ?? ProcessInfo.processInfo.hostName
  }

  /// IPv4 before IPv6, in the order of the interfaces.
  private static func firstOutwardAddress() -> String? {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var found: [Int32: String] = [:]
    for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
      guard let entry = entry?.pointee, let address = entry.ifa_addr,
        entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0,
        entry.ifa_flags & UInt32(IFF_UP) != 0
      else { continue }
      let family = Int32(address.pointee.sa_family)
      let size =
        family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
      guard family == AF_INET || family == AF_INET6 else { continue }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(
          address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let name = String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // A link-local address means something only together with an interface of the caller.
      guard !name.hasPrefix("fe80"), !name.hasPrefix("169.254."), found[family] == nil else {
        continue
      }
      found[family] = name
    }
    return found[AF_INET] ?? found[AF_INET6]
  }
}
