internal import JudgeModel
internal import Messages

/// Packages that were wished for before a judging needs them.
///
/// A wish pins nothing and takes room only from what nobody has used for a while. Its transfer is like
/// any other: a grant of the same package joins it. A grant that finds the cache full has it stopped.
extension Worker {
  mutating func warm(_ order: WarmOrder, at now: Instant, into effects: inout [WorkerEffect]) {
    // Without a session it was meant for an older one.
    guard session != nil else { return }
    let package = order.package
    if isDraining { return endWish(package, "the worker is leaving", order, into: &effects) }
    guard !isWaitingForRoom(besides: package) else {
      return endWish(package, "judgings wait for room in its cache", order, into: &effects)
    }
    lastUses = lastUses.filter { now - $0.value < settings.sparedAfterUse }
    switch cache.wish(package, unpacked: order.unpackedBytes, sparing: Set(lastUses.keys)) {
    case .hit:
      // The scheduler does not know that yet.
      cacheChanged = true
      lastUses[package] = now
    case .startable, .arriving: wishes[package] = order
    case .fetch(let victims):
      for victim in victims { effects.append(.evict(victim)) }
      if !victims.isEmpty { cacheChanged = true }
      wishes[package] = order
      effects.append(
        .fetch(
          package, archiveBytes: order.archiveBytes, unpackedBytes: order.unpackedBytes))
    case .full:
      let text =
        "its cache has no room: all of it is in use or was used in the last "
        + "\(settings.sparedAfterUse.milliseconds / 60_000) minutes"
      endWish(package, text, order, into: &effects)
    case .tooLarge(let bytes):
      let text =
        "the package has \(bytes) bytes when it is unpacked, and the cache budget is "
        + "\(cache.budgetBytes): raise --cache-budget on this worker"
      endWish(package, text, order, into: &effects)
    }
    mustSync = true
  }

  private func isWaitingForRoom(besides package: Digest) -> Bool {
    held.values.contains {
      if case .blocked = $0.phase { $0.order.package != package } else { false }
    }
  }

  /// The package does not come, as far as the wish for it goes.
  /// - Parameter order: one that was not taken up; nil for one that may have been.
  mutating func endWish(
    _ package: Digest, _ reason: String, _ order: WarmOrder? = nil,
    into effects: inout [WorkerEffect]
  ) {
    guard let session, wishes.removeValue(forKey: package) ?? order != nil else { return }
    effects.append(.send(.wishEnded(session, package, reason: reason)))
    mustSync = true
  }

  /// A granted judging found the cache full: transfers that nobody waits for give way.
  mutating func stopTransfers(for order: GrantOrder, into effects: inout [WorkerEffect]) {
    let transfers = cache.transfersToStop(
      for: order.package, unpacked: order.unpackedBytes, stopping: stopping)
    for transfer in transfers {
      stopping.insert(transfer)
      endWish(transfer, "a judging needed its room", into: &effects)
      effects.append(.stopFetch(transfer))
    }
  }
}
