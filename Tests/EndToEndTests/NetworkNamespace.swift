import Foundation
import Testing

/// A network of its own with one cable to this machine, behind a filter that lets connections out
/// and none in: what a lab behind a home router looks like.
final class NetworkNamespace {
  let name: String
  /// This machine's end of the cable.
  let outside: String
  let inside: String
  private let cable: String
  private let scratch: Scratch

  /// Needs iproute2, util-linux and nftables.
  static let isAvailable = ["ip", "ss", "nft", "nsenter"].allSatisfy { tool in
    ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].contains { access($0 + tool, X_OK) == 0 }
  }

  init(in scratch: Scratch) throws {
    self.scratch = scratch
    let number = Int(getpid())
    name = "assize-e2e-\(number)"
    cable = "az\(number)"
    // A /30 of our own in 10.213.0.0/16.
    let (third, fourth) = (number / 63 % 256, number % 63 * 4)
    outside = "10.213.\(third).\(fourth + 1)"
    inside = "10.213.\(third).\(fourth + 2)"
    try command(["ip", "netns", "add", name])
    try command(
      ["ip", "link", "add", cable, "type", "veth", "peer", "name", cable + "w", "netns", name])
    try command(["ip", "addr", "add", outside + "/30", "dev", cable])
    try command(["ip", "link", "set", cable, "up"])
    try command(["ip", "-n", name, "addr", "add", inside + "/30", "dev", cable + "w"])
    try command(["ip", "-n", name, "link", "set", cable + "w", "up"])
    try command(["ip", "-n", name, "link", "set", "lo", "up"])
    let rules = try scratch.file(
      "only-out.nft",
      """
      table inet only_out {
        chain input {
          type filter hook input priority 0; policy drop;
          ct state established,related accept
          iif lo accept
        }
      }

      """)
    try command(prefix + ["nft", "-f", rules])
  }

  deinit {
    _ = try? command(["ip", "netns", "del", name])
    _ = try? command(["ip", "link", "del", cable], mayFail: true)
  }

  /// Before a command that shall run inside. Other than `ip netns exec` it leaves the mounts alone,
  /// and with them the control groups.
  var prefix: [String] { ["nsenter", "--net=/run/netns/" + name] }

  /// Runs a command on this machine.
  @discardableResult
  func command(_ arguments: [String], mayFail: Bool = false) throws -> String {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    let child = try ChildProcess(
      ["/usr/bin/env", "PATH=" + path] + arguments,
      logs: "\(scratch.path)/net-\(UInt64.random(in: 0...UInt64.max))")
    let ending = try child.wait(seconds: 30)
    try #require(mayFail || ending == .exited(0), "\(arguments): \(child.errors)")
    return child.output
  }
}
