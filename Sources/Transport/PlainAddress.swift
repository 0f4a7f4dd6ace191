/// What our sockets call 127.0.0.1: they are IPv6 sockets that take IPv4 as well, and the kernel
/// maps the addresses. People know them without the prefix.
private let mappedPrefix = "::ffff:"

/// An IP address as people write it.
func plainAddress(_ address: String) -> String {
  guard address.hasPrefix(mappedPrefix), address.contains(".") else { return address }
  return String(address.dropFirst(mappedPrefix.count))
}

/// A TCP endpoint as people write it.
func plainEndpoint(_ endpoint: String) -> String {
  let start = "tcp://["
  guard endpoint.hasPrefix(start + mappedPrefix), let end = endpoint.firstIndex(of: "]") else {
    return endpoint
  }
  let address = endpoint.dropFirst(start.count).prefix { $0 != "]" }
  return "tcp://" + plainAddress(String(address)) + endpoint[endpoint.index(after: end)...]
}
