internal import JudgeModel
internal import Messages
internal import WorkerCore

/// Packages on their way to a worker's disk, and off it.
///
/// A transfer has three steps, as in the agent: the manifest is here, a judging may begin, all is
/// here. It may fail before any of them; then what came of it stays on the disk as an unfinished
/// package, over a crash as well.
extension World {
  /// `tooEarly` is a planted bug.
  enum TransferStep { case described, startable, installed, failed, stopped, tooEarly }

  mutating func fetch(
    _ package: Digest, _ archiveBytes: Int64, _ unpackedBytes: Int64, _ index: Int
  ) throws(SimulationFailure) {
    let at = workers[index].disk.firstIndex { $0.package == package }
    guard workers[index].arriving[package] == nil,
      at.map({ !workers[index].disk[$0].isComplete }) ?? true
    else { throw failure("\(workers[index].name) fetches \(package), which it has") }
    let there = Set(workers[index].disk.flatMap(\.held).map(\.digest))
    var arrival = WorkerProcess.Arrival(
      token: random.next(), reserved: unpackedBytes, blobs: ledger.contents[package] ?? [])
    if let at {
      arrival.isDescribed = true
      workers[index].disk.remove(at: at)
    }
    workers[index].arriving[package] = arrival
    let missing = arrival.blobs.reduce(0) { there.contains($1.digest) ? $0 : $0 + $1.size }
    // Of the archive as much as of the files: `missing` is a part of `unpackedBytes`, so this fits.
    let travels =
      unpackedBytes > 0
      ? unpackedBytes.dividingFullWidth(
        archiveBytes.multipliedFullWidth(by: min(missing, unpackedBytes))
      ).quotient : 0
    report.fetches += 1
    report.bytesMoved += travels
    let whole = TimeSpan.microseconds(travels / max(1, options.fetchRate / 1_000_000))
    var steps: [(TransferStep, TimeSpan)] = [
      (.described, .zero), (.startable, TimeSpan(nanoseconds: whole.nanoseconds / 4)),
      (.installed, whole),
    ]
    let isDiskFull = workers[index].diskFullUntil > now
    if isFaulty, isDiskFull || random.chance(perMille: options.fetchFailuresPerMille) {
      if isDiskFull { note(.workerDiskFull) } else { note(.failedFetch) }
      let end = span(upTo: whole)
      steps = steps.filter { $0.1 < end } + [(.failed, end)]
    }
    if options.planted == .earlyStart { steps.insert((.tooEarly, .zero), at: 0) }
    for (step, after) in steps {
      agenda.plan(
        .transfer(
          worker: index, life: workers[index].life, package, token: arrival.token, step),
        at: now + .milliseconds(1) + after)
    }
  }

  mutating func transfer(
    _ index: Int, _ life: Int, _ package: Digest, _ token: UInt64, _ step: TransferStep
  ) throws(SimulationFailure) {
    guard workers[index].life == life, let arrival = workers[index].arriving[package],
      arrival.token == token
    else { return }
    if let until = pause(of: index) {
      agenda.plan(
        .transfer(worker: index, life: life, package, token: token, step), at: until)
      return
    }
    switch step {
    case .described:
      workers[index].arriving[package]?.isDescribed = true
      try tell(index, .packageDescribed(package, arrival.blobs))
    case .tooEarly: try tell(index, .packageStartable(package))
    case .startable:
      workers[index].startable.insert(package)
      try tell(index, .packageStartable(package))
    case .installed:
      workers[index].arriving[package] = nil
      workers[index].startable.insert(package)
      workers[index].disk.append(FoundPackage(package: package, blobs: arrival.blobs))
      try tell(index, .packageInstalled(package))
    case .stopped:
      let kept = interrupt(package, index)
      try tell(index, .packageFailed(package, FetchFailure("stopped"), kept: kept))
    case .failed:
      let kept = interrupt(package, index)
      let isDiskFull = workers[index].diskFullUntil > now || random.chance(perMille: 300)
      try tell(
        index,
        .packageFailed(package, FetchFailure("simulated", isDiskFull: isDiskFull), kept: kept))
    }
  }

  /// Takes effect a little later; by then the transfer may be over, or another one.
  mutating func stopFetch(_ package: Digest, _ index: Int) {
    guard let token = workers[index].arriving[package]?.token else { return }
    agenda.plan(
      .transfer(worker: index, life: workers[index].life, package, token: token, .stopped),
      at: now + span(upTo: .milliseconds(50)))
  }

  /// A transfer ends, and some of what it was to bring is on the disk: never nothing, once it is
  /// known what the package is made of.
  @discardableResult
  mutating func interrupt(_ package: Digest, _ index: Int) -> [CachedBlob] {
    guard let arrival = workers[index].arriving.removeValue(forKey: package),
      arrival.isDescribed
    else { return [] }
    let there = Set(workers[index].disk.flatMap(\.held).map(\.digest))
    let kept = arrival.blobs.enumerated().filter { at, blob in
      at == arrival.blobs.count - 1 || there.contains(blob.digest) || random.chance(perMille: 500)
    }.map(\.element)
    workers[index].disk.append(
      FoundPackage(package: package, blobs: arrival.blobs, held: kept))
    return kept
  }

  /// Transfers are given up: what waits for one of its members is given back.
  mutating func giveUp(_ package: Digest, _ index: Int) {
    workers[index].startable.remove(package)
    for (slot, running) in workers[index].running.sorted(by: { $0.key < $1.key })
    where running.package == package {
      agenda.plan(
        .runStopped(worker: index, life: workers[index].life, slot: slot, token: running.token),
        at: now + .milliseconds(1))
    }
  }

  /// Somebody deletes a file of a package.
  mutating func damage(_ package: Digest, _ index: Int) throws(SimulationFailure) {
    guard
      let at = workers[index].disk.firstIndex(where: { $0.package == package && $0.isComplete })
    else { return }
    let found = workers[index].disk[at]
    // All of it was here, perhaps since before the process was started.
    workers[index].startable.insert(package)
    workers[index].disk[at] = FoundPackage(
      package: package, blobs: found.blobs, held: Array(found.blobs.dropFirst()))
    try tell(index, .packageDamaged(package))
  }

  mutating func evict(_ package: Digest, _ index: Int) throws(SimulationFailure) {
    guard let at = workers[index].disk.firstIndex(where: { $0.package == package }) else {
      throw failure("\(workers[index].name) evicts \(package), which it has not")
    }
    guard !workers[index].running.values.contains(where: { $0.package == package }) else {
      throw failure("\(workers[index].name) evicts \(package), which is in use")
    }
    report.evictions += 1
    workers[index].disk.remove(at: at)
    workers[index].corrupt.remove(package)
    workers[index].startable.remove(package)
  }
}
