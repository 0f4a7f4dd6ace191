internal import JudgeModel
internal import Messages

/// Packages that were wished for before a judging needs them.
///
/// A wish pins nothing and takes room only from what nobody has used for a while, be it in the time of an
/// earlier process. A few are fetched at a time, in order of arrival; the scheduler is told of all of
/// them, so that it does not ask again. A wish's transfer is like any other: a grant of the same package
/// joins it. A grant that finds the cache full has it stopped.
extension Worker {
  mutating func warm(_ order: WarmOrder) {
    // Without a session it was meant for an older one.
    guard session != nil else { return }
    mustSync = true
    if wishes[order.package] == nil {
      arrivals += 1
      wishes[order.package] = Wish(order: order, arrival: arrivals)
    }
  }

  /// Takes up what was wished for as far as its turn has come. After the grants of the round, which come
  /// first.
  mutating func startWishes(at now: Instant, into effects: inout [WorkerEffect]) {
    let waiting = wishes.values.filter(\.isWaiting)
    for wish in waiting.sorted(by: { $0.arrival < $1.arrival }) {
      let package = wish.order.package
      if isDraining {
        endWish(package, "the worker is leaving", into: &effects)
      } else if isWaitingForRoom(besides: package) {
        endWish(package, "judgings wait for room in its cache", into: &effects)
      } else if cache.isHereOrComing(package) || cache.idleTransfers < settings.wishTransfers {
        start(wish.order, at: now, into: &effects)
      }
    }
  }

  private mutating func start(
    _ order: WarmOrder, at now: Instant, into effects: inout [WorkerEffect]
  ) {
    let package = order.package
    wishes[package]?.isWaiting = false
    mustSync = true
    switch cache.wish(package, unpacked: order.unpackedBytes, sparing: spared(at: now)) {
    case .hit:
      // The scheduler does not know that yet.
      cacheChanged = true
      noteUse(of: package, at: now)
      wishes[package] = nil
    case .startable, .arriving: break
    case .fetch(let victims):
      for victim in victims { effects.append(.evict(victim)) }
      if !victims.isEmpty { cacheChanged = true }
      effects.append(
        .fetch(
          package, archiveBytes: order.archiveBytes, unpackedBytes: order.unpackedBytes))
    case .full:
      let text =
        "its cache has no room: all of it is in use or was used in the last "
        + "\(settings.sparedAfterUse.milliseconds / 60_000) minutes"
      endWish(package, text, into: &effects)
    case .tooLarge(let bytes): endWish(package, tooLargeText(bytes), into: &effects)
    }
  }

  /// Why a package of so many bytes is not fetched.
  func tooLargeText(_ bytes: Int64) -> String {
    "the package has \(sizeText(bytes, rounded: .up)) when it is unpacked, and the cache budget is "
      + "\(sizeText(cache.budgetBytes, rounded: .down)): raise --cache-budget on this worker"
  }

  private func isWaitingForRoom(besides package: Digest) -> Bool {
    held.values.contains {
      if case .blocked = $0.phase { $0.order.package != package } else { false }
    }
  }

  /// The package does not come, as far as a wish for it goes.
  mutating func endWish(
    _ package: Digest, _ reason: String, into effects: inout [WorkerEffect]
  ) {
    guard wishes.removeValue(forKey: package) != nil, let session else { return }
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
