internal import JudgeModel
internal import Logging
internal import ProblemPackage
internal import Transport
internal import WebRanges
internal import WorkerCore

/// What one transfer knows of its origins: where each has the members, and which ones failed.
///
/// Those of which nothing is known are measured beside the transfer, all at once and each on a thread of
/// its own, which ends by itself: one that nobody reaches is waited for only by those who have no other.
/// That goes on when the transfer is over, so that the next one knows.
final class OriginSurvey: Sendable {
  private struct State {
    var tables: [Origin: [Range<Int64>]] = [:]
    var failed: Set<Origin> = []
    var measuring: Set<Origin> = []
  }
  private let state = Lock(State())
  private let manifest: PackageManifest
  private let origins: [Origin]
  private let desk: OriginDesk
  /// Something was measured or failed.
  let news: AsyncStream<Void>
  private let tell: AsyncStream<Void>.Continuation

  init(_ manifest: PackageManifest, _ origins: [Origin], _ desk: OriginDesk) {
    (self.manifest, self.origins, self.desk) = (manifest, origins, desk)
    (news, tell) = AsyncStream.makeStream()
  }

  /// Those that get no further turn in this transfer.
  var failed: Set<Origin> { state.withLock { $0.failed } }
  var isMeasuring: Bool { state.withLock { !$0.measuring.isEmpty } }

  /// Begins to measure what is not known, one file of each server.
  func measure() {
    let due = state.withLock { state in
      var servers = Set(state.measuring.map(\.server))
      let due = desk.unmeasured(of: origins, except: state.failed.union(state.measuring))
        .filter { servers.insert($0.server).inserted }
      state.measuring.formUnion(due)
      return due
    }
    for origin in due { Task { await measure(origin) } }
  }

  private func measure(_ origin: Origin) async {
    do throws(OriginFailure) {
      let table = try await read(origin, atLeast: OriginChoice.measuredBytes, makeReader())
      state.withLock { $0.tables[origin] = table }
    } catch {
      fail(origin, error)
    }
    _ = state.withLock { $0.measuring.remove(origin) }
    tell.yield()
  }

  private func makeReader() throws(OriginFailure) -> OriginReader {
    do { return try OriginReader(desk) } catch { throw .web(.library("\(error)")) }
  }

  func fail(_ origin: Origin, _ failure: OriginFailure) {
    _ = state.withLock { $0.failed.insert(origin) }
    if let fault = failure.fault { desk.failed(origin, fault) }
    desk.log.warning(
      "an origin failed; going on elsewhere",
      metadata: [
        "package": "\(manifest.digest)", "origin": "\(origin)", "reason": "\(failure)",
      ])
  }

  /// Where an origin has the members.
  func table(
    of origin: Origin, _ reader: OriginReader
  ) async throws(OriginFailure) -> [Range<Int64>] {
    if let known = state.withLock({ $0.tables[origin] }) { return known }
    let table = try await read(origin, atLeast: 0, reader)
    state.withLock { $0.tables[origin] = table }
    return table
  }

  /// - Parameter least: bytes to read, if the table has fewer.
  private func read(
    _ origin: Origin, atLeast least: Int64, _ reader: OriginReader
  ) async throws(OriginFailure) -> [Range<Int64>] {
    let count = PackageArchive.tableByteCount(manifest)
    let end: (bytes: [UInt8], fileBytes: Int64)
    do throws(WebError) {
      end = try await reader.end(
        of: origin, byteCount: max(least, Int64(count)), for: manifest.digest)
    } catch {
      throw .web(error)
    }
    do throws(PackageError) {
      return try PackageArchive.ranges(
        of: manifest, table: Array(end.bytes.suffix(count)), byteCount: end.fileBytes)
    } catch {
      throw .table(error)
    }
  }
}

/// Why an origin gets no further turn in this transfer.
enum OriginFailure: Error, CustomStringConvertible {
  case web(WebError)
  /// The file is no archive of this package: another one was put there, or none.
  case table(PackageError)
  /// What came is not the package.
  case lie(PackageError)

  /// What to hold against it; nil when it was this side that ended it.
  var fault: OriginChoice.Fault? {
    switch self {
    case .web(.cancelled), .web(.library): nil
    case .web(let error): error.isOfServer ? .server : .file
    case .table: .file
    case .lie: .lie
    }
  }

  var description: String {
    switch self {
    case .web(let error): "\(error)"
    case .table(let error), .lie(let error):
      "\(error); it is not the file that `assize pack build` wrote"
    }
  }
}
