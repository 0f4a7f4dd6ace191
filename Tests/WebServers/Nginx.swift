internal import Foundation

/// Debian's nginx on 127.0.0.1, with files of a directory of its own. It ends with this value.
public final class Nginx {
  public static let path = "/usr/sbin/nginx"
  public static var isInstalled: Bool { access(path, X_OK) == 0 }
  /// Why a test is skipped without it.
  public static let reason = "needs nginx: apt-get install nginx-light"

  public let directory: String
  public let port: UInt16
  private let address: String
  private let pid: pid_t

  /// - Parameters:
  ///   - directory: is made, and belongs to the server.
  ///   - hasOwnCertificate: speaks TLS, with a certificate that nobody else has signed.
  public init(in directory: String, hasOwnCertificate: Bool = false) throws {
    self.directory = directory
    let (descriptor, port) = try WebServer.listen()
    // Somebody else may get the port in between; then nginx says so and the test fails.
    close(descriptor)
    self.port = port
    try FileManager.default.createDirectory(
      atPath: directory + "/files", withIntermediateDirectories: true)
    self.address = "\(hasOwnCertificate ? "https" : "http")://127.0.0.1:\(port)"
    if hasOwnCertificate {
      let arguments = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", directory + "/key.pem", "-out",
        directory + "/certificate.pem",
      ]
      try Self.wait(for: try Self.start(["/usr/bin/openssl"] + arguments))
    }
    try Self.configuration(port, hasOwnCertificate).write(
      toFile: directory + "/nginx.conf", atomically: false, encoding: .utf8)
    let arguments = [
      Self.path, "-p", directory, "-c", "nginx.conf", "-e", directory + "/error.log",
    ]
    pid = try Self.start(arguments)
    try waitUntilItListens()
  }

  deinit {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Puts a file there.
  public func serve(_ path: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: path, toPath: "\(directory)/files/\(name)")
    return "\(address)/\(name)"
  }

  public struct Line: Sendable, Equatable {
    public var status: Int
    /// As it was asked for; `-` without one.
    public var range: String
    public var bytes: Int
  }

  /// What it was asked for and has answered.
  public func log() throws -> [Line] {
    let text = (try? String(contentsOfFile: directory + "/access.log", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let status = Int(words[0]), let bytes = Int(words[2]) else {
        return nil
      }
      return Line(status: status, range: String(words[1]), bytes: bytes)
    }
  }

  private static func configuration(_ port: UInt16, _ hasOwnCertificate: Bool) -> String {
    // One process, in the foreground, that needs nothing outside of its directory.
    let user = geteuid() == 0 ? "user root;" : ""
    let certificate =
      hasOwnCertificate ? "ssl_certificate certificate.pem; ssl_certificate_key key.pem;" : ""
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "  \($0)_temp_path temporary;" }.joined(separator: "\n")
    return """
      daemon off;
      master_process off;
      pid nginx.pid;
      \(user)
      events {}
      http {
        log_format ranges '$status $http_range $body_bytes_sent';
        access_log access.log ranges;
      \(temporary)
        server {
          listen 127.0.0.1:\(port)\(hasOwnCertificate ? " ssl" : "");
          \(certificate)
          root files;
          location /whole/ { alias files/; max_ranges 0; }
        }
      }

      """
  }

  private static func start(_ arguments: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [0, 1, 2] as [Int32] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var argv = arguments.map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var pid: pid_t = 0
    let code = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &environment)
    guard code == 0 else {
      throw WebServerError("cannot start \(arguments[0]): \(String(cString: strerror(code)))")
    }
    return pid
  }

  private static func wait(for pid: pid_t) throws {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw WebServerError("openssl makes no certificate: \(status)") }
  }

  private func waitUntilItListens() throws {
    let end = ContinuousClock.now + .seconds(30)
    while !isListening {
      var status: Int32 = 0
      guard ContinuousClock.now < end, waitpid(pid, &status, WNOHANG) == 0 else {
        let log = try? String(contentsOfFile: directory + "/error.log", encoding: .utf8)
        throw WebServerError("nginx does not listen: \(log ?? "it says nothing")")
      }
      usleep(10_000)
    }
  }

  private var isListening: Bool {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
