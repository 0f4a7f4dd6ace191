import Foundation
import Testing

/// Whole-system tests: the built programs as processes of their own, with real sockets and real
/// sandboxes. They share the machine's cores and its control groups, so they run one after the other.
@Suite(.serialized, .enabled(if: geteuid() == 0, "sandboxes need root")) struct EndToEnd {}

/// Where things are.
enum Place {
  /// The programs lie beside the test bundle.
  static let programs: String = {
    let me = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (me as NSString).deletingLastPathComponent
  }()
  static var assize: String { programs + "/assize" }

  /// The working tree that these tests were compiled from.
  static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static var problems: String { repository + "/problems" }
}

/// A directory of one test that goes with it.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/assize-e2e-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil, "cannot create a directory in /tmp")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes the directory that `name` lies in.
  func file(_ name: String, _ text: String = "") throws -> String {
    let place = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: place, atomically: false, encoding: .utf8)
    return place
  }
}

/// What is at a path, from its name to the last byte and the time of its last change.
func fingerprint(of directory: String) throws -> [String: String] {
  var prints: [String: String] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
    let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)
    let changed = attributes[.modificationDate] as? Date ?? .distantPast
    let bytes = FileManager.default.contents(atPath: directory + "/" + name) ?? Data()
    prints[name] = "\(changed.timeIntervalSince1970) \(bytes.base64EncodedString())"
  }
  return prints
}

/// Bytes of all files below a directory, as far as they stay there long enough to be looked at.
func byteCount(below directory: String) -> Int64 {
  let names = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
  return names.reduce(0) { sum, name in
    var status = stat()
    guard lstat(directory + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return sum
    }
    return sum + Int64(status.st_size)
  }
}

/// Polls until `condition` holds. The limit only bounds a failing test: nothing depends on speed.
func waitUntil(
  _ what: String, seconds: Int = 60, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if try condition() { return }
    usleep(50_000)
  }
  try #require(Bool(false), "waited in vain until \(what)", sourceLocation: sourceLocation)
}
