internal import JudgeModel
internal import Logging
internal import Messages
internal import ProblemPackage
internal import Transport

/// Packages on their way in.
extension BulkServer {
  func offer(_ package: Digest, _ size: Int64, _ peer: RoutingID) {
    if shelf.holds(package) { return welcomeAgain(package, peer) }
    do {
      guard size > 0, size <= Self.archiveLimit else {
        throw ServerError(
          "an archive of \(size) bytes is not taken, the limit is \(Self.archiveLimit)")
      }
      // What a client says that has no archive and believes that the package is here.
      guard size >= Self.smallestArchive else {
        throw ServerError("the scheduler does not have package \(package.hex): push it again")
      }
      if uploads[package] == nil {
        guard uploads.count < Self.uploadLimit else {
          throw ServerError("\(uploads.count) uploads are under way: try again in a minute")
        }
        uploads[package] = try Upload(
          size: size, file: ArchiveFile(creating: shelf.temporaryPath(package)), from: peer)
        if sweep?.instant == nil { sweep?.instant = Reactor.now() + Self.uploadTimeout }
      }
      guard let upload = uploads[package] else { return }
      guard upload.size == size else {
        throw ServerError("another client is uploading it with another size")
      }
      // A client that offers again has lost its connection: what was asked for is asked for again.
      upload.restart(from: peer)
      ask(package, upload)
    } catch {
      send(.failed(package: package, reason: "\(error)"), to: peer)
    }
  }

  func take(_ package: Digest, _ offset: Int64, _ bytes: [UInt8], _ peer: RoutingID) {
    guard let upload = uploads[package], upload.peer == peer else { return }
    do {
      perform(try upload.take(offset, bytes), package, upload)
    } catch {
      fail(package, upload, error)
    }
  }

  private func perform(_ step: Upload.Step, _ package: Digest, _ upload: Upload) {
    switch step {
    case .ask: ask(package, upload)
    case .plan(let frames): plan(package, upload, frames)
    case .verify(let plan): verify(package, upload, plan)
    }
  }

  private func ask(_ package: Digest, _ upload: Upload) {
    while let (offset, length) = upload.nextRequest() {
      send(.send(package: package, offset: offset, length: length), to: upload.peer)
    }
  }

  private func plan(
    _ package: Digest, _ upload: Upload, _ frames: [PackageArchive.Frame]
  ) {
    let path = upload.file.path
    Task {
      do {
        let plan = try await onVerifier { try $0.plan(package, path, frames) }
        guard uploads[package] === upload else { return shelf.unpin(package) }
        perform(upload.begin(plan), package, upload)
      } catch {
        fail(package, upload, error)
      }
    }
  }

  private func verify(_ package: Digest, _ upload: Upload, _ plan: UploadPlan) {
    let path = upload.file.path
    Task {
      do {
        let (manifest, size) = try await onVerifier { try $0.publish(path, plan, as: package) }
        log.info(
          "package came",
          metadata: [
            "digest": "\(package)", "received": "\(upload.receivedBytes)", "bytes": "\(size)",
          ])
        try await catalogue?.add(PackageSummary(manifest, archiveBytes: size))
        uploads[package] = nil
        for peer in upload.waiting { send(.stored(package: package), to: peer) }
      } catch {
        fail(package, upload, error)
      }
    }
  }

  private func fail(_ package: Digest, _ upload: Upload, _ error: any Error) {
    guard uploads[package] === upload else { return }
    discard(package)
    for peer in upload.waiting { send(.failed(package: package, reason: "\(error)"), to: peer) }
  }

  func discard(_ package: Digest) {
    uploads.removeValue(forKey: package)?.file.remove()
    shelf.unpin(package)
  }

  /// A package that is here already, offered once more: from now on it is its problem's newest.
  private func welcomeAgain(_ package: Digest, _ peer: RoutingID) {
    Task {
      do {
        if let catalogue, try await !catalogue.renew(package) {
          // The last scheduler ended after it had named the file and before it had recorded it.
          let (manifest, size) = try await onVerifier { try $0.verify(package) }
          try await catalogue.add(PackageSummary(manifest, archiveBytes: size))
        }
        send(.stored(package: package), to: peer)
      } catch {
        send(.failed(package: package, reason: "\(error)"), to: peer)
      }
    }
  }

  func dropSilentUploads() {
    let now = Reactor.now()
    for (package, upload) in uploads where upload.isWaiting {
      guard now - upload.lastHeard > Self.uploadTimeout else { continue }
      log.notice("dropped an upload that stopped", metadata: ["package": "\(package)"])
      discard(package)
    }
    if !uploads.isEmpty { sweep?.instant = now + Self.uploadTimeout }
  }
}
