internal import JudgeModel
internal import Messages

extension PackageSummary {
  init(from wire: Assize_V1_Package) throws(WireError) {
    self.init(
      digest: try Digest(from: wire.digest, "package.digest"),
      problem: try identifier(wire.problem, "package.problem", atMost: WireBounds.nameBytes),
      title: try boundedText(wire.title, "package.title"),
      archiveBytes: try natural(wire.archiveBytes, "package.archive_bytes"),
      unpackedBytes: try natural(wire.unpackedBytes, "package.unpacked_bytes"))
  }
  var wire: Assize_V1_Package {
    var wire = Assize_V1_Package()
    wire.digest = digest.wire
    wire.problem = problem
    wire.title = title
    wire.archiveBytes = archiveBytes
    wire.unpackedBytes = unpackedBytes
    return wire
  }
}

/// What cannot be used is left out, so that one address that only a later version knows does not keep
/// the rest from whoever reads it.
func usableOrigins(_ urls: [String]) -> [Origin] {
  Array(urls.lazy.compactMap { try? Origin($0) }.prefix(Origin.countLimit))
}

/// Of whoever wants them to be used: all of them, or the reason.
func decodedOrigins(_ urls: [String], _ field: String) throws(WireError) -> [Origin] {
  try bounded(urls, field, atMost: Origin.countLimit).decoded { (url) throws(WireError) in
    do throws(OriginError) { return try Origin(url) } catch { throw WireError(field, "\(error)") }
  }
}

extension ListedPackage {
  init(from wire: Assize_V1_ListedPackage) throws(WireError) {
    self.init(
      package: try PackageSummary(from: wire.package),
      ownBytes: try natural(wire.ownBytes, "listed_package.own_bytes"), isNewest: wire.newest,
      workers: wire.workers.map { WorkerID($0) },
      addedMilliseconds: wire.addedMilliseconds,
      origins: usableOrigins(wire.origins))
  }
  var wire: Assize_V1_ListedPackage {
    var wire = Assize_V1_ListedPackage()
    wire.package = package.wire
    wire.ownBytes = ownBytes
    wire.newest = isNewest
    wire.workers = workers.map(\.value)
    wire.addedMilliseconds = addedMilliseconds
    wire.origins = origins.map(\.url)
    return wire
  }
}

extension PackageCollection {
  init(from wire: Assize_V1_PackagesCollected) throws(WireError) {
    self.init(
      packages: try wire.packages.decoded(PackageSummary.init(from:)),
      freedBytes: try natural(wire.freedBytes, "packages_collected.freed_bytes"),
      keptBytes: try natural(wire.keptBytes, "packages_collected.kept_bytes"),
      note: try boundedText(wire.note, "packages_collected.note"))
  }
  func wire(_ request: UInt64) -> Assize_V1_PackagesCollected {
    var wire = Assize_V1_PackagesCollected()
    wire.request = request
    wire.packages = packages.map(\.wire)
    wire.freedBytes = freedBytes
    wire.keptBytes = keptBytes
    wire.note = note
    return wire
  }
}

extension WarmOrder {
  init(from wire: Assize_V1_WarmOrder) throws(WireError) {
    self.init(
      package: try Digest(from: wire.package, "warm_order.package"),
      archiveBytes: try natural(wire.archiveBytes, "warm_order.archive_bytes"),
      unpackedBytes: try natural(wire.unpackedBytes, "warm_order.unpacked_bytes"))
  }
  var wire: Assize_V1_WarmOrder {
    var wire = Assize_V1_WarmOrder()
    wire.package = package.wire
    wire.archiveBytes = archiveBytes
    wire.unpackedBytes = unpackedBytes
    return wire
  }
}

extension Warmth {
  init(from wire: Assize_V1_Warmth) throws(WireError) {
    self.init(
      wanted: wire.wanted, here: wire.here.map { WorkerID($0) },
      coming: wire.coming.map { WorkerID($0) },
      obstacles: wire.obstacles.map {
        Obstacle(worker: WorkerID($0.worker), reason: $0.reason)
      })
  }
  func wire(_ request: UInt64) -> Assize_V1_Warmth {
    var wire = Assize_V1_Warmth()
    wire.request = request
    wire.wanted = wanted
    wire.here = here.map(\.value)
    wire.coming = coming.map(\.value)
    wire.obstacles = obstacles.map { obstacle in
      var out = Assize_V1_WarmObstacle()
      out.worker = obstacle.worker.value
      out.reason = obstacle.reason
      return out
    }
    return wire
  }
}
