import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Where a package lies besides the scheduler.
struct PackagesOrigin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "origin",
    abstract: "Say from which web servers workers may fetch a package, or show that.",
    discussion: """
      An origin is the address of the archive on an HTTP server or in an S3-compatible store: the file \
      that `assize pack build` wrote, byte for byte, on a server that answers range requests (206). \
      Nothing is uploaded here, and the address is not tried, since workers may reach what this machine \
      does not.

      Workers take what they lack from the nearest origin that works; what that does not give in time \
      or not truly comes from another one, and at last from the scheduler. Every file is checked \
      against the package, whoever sent it.

      Workers have no passwords and no keys of a store: an address must be readable as it stands, in \
      the local network, in public, or signed beforehand; of a signed one the time must be long enough. \
      What stands behind its `?` is kept out of logs; `--format json` shows it to those who have the \
      join line. Workers ask through the proxy that their environment names (http_proxy, https_proxy, \
      no_proxy).

      PACKAGE is a problem, whose newest package is meant, or a digest of `assize packages`, at least \
      its first \(NamedPackage.fewestDigits) digits. The given addresses replace those from before, the first is tried first. They \
      are forgotten when the package is dropped.

      Examples:
        assize pack build big -o big.tar.zst && cp big.tar.zst /srv/www/
        assize packages origin big http://10.0.0.5/big.tar.zst https://mirror.example/big.tar.zst
        assize packages origin big --remove

      Exit status: 0 done, 2 it could not be done, 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("A problem, or the digest of a package.", valueName: "package"))
  var package: String
  @Argument(
    help: ArgumentHelp(
      "Where its archive lies, up to \(Origin.countLimit) addresses. Default: show them.",
      valueName: "url"))
  var urls: [String] = []
  @Flag(help: "Forget all origins of the package.")
  var remove = false
  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Report: Encodable {
    var problem: String
    var digest: String
    var origins: [String]
  }

  func validate() throws {
    guard !remove || urls.isEmpty else {
      throw ValidationError("--remove forgets all origins: name no address with it")
    }
    guard urls.count <= Origin.countLimit else {
      throw ValidationError(
        "\(urls.count) addresses: a package has at most \(Origin.countLimit) origins")
    }
    _ = try origins()
  }

  private func origins() throws -> [Origin] {
    try urls.map { url in
      do {
        return try Origin(url)
      } catch {
        throw ValidationError(terminalSafe("\(error)"))
      }
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let changed = remove || !urls.isEmpty ? try origins() : nil
      let found = try await joinOption.connected { client in
        var found = try NamedPackage.find(package, in: try await client.packages())
        if let changed {
          try await client.setOrigins(changed, of: found.package.digest)
          found.origins = changed
        }
        return found
      }
      if format == .json {
        return try printJSON(
          Report(
            problem: found.package.problem, digest: found.package.digest.hex,
            origins: found.origins.map(\.url)))
      }
      let name = "\(terminalSafe(found.package.problem))  \(found.package.digest.hex.prefix(12))"
      guard !found.origins.isEmpty else {
        return print("\(name)  comes from the scheduler only")
      }
      for origin in found.origins { print("\(name)  \(origin)") }
    }
  }
}
