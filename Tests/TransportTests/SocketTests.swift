import Testing

@testable import Transport

/// ZMQ_DEALER in zmq.h.
private let dealerType: Int32 = 5

extension TransportTests {
  @Suite struct SocketTests {
    @Test func echoes() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      try await router.receive { peer, message in
        if !message.isProbe { _ = try? peer.socket.send(message.bytes, to: message.sender) }
      }
      try await dealer.join(router.bind())
      try await eventually("a connection") {
        await dealer.events.contains(.handshakeSucceeded)
      }
      #expect(try await dealer.send([1, 2, 3]) == .sent)
      #expect(try await router.perform { try $0.bind().hasPrefix("tcp://127.0.0.1:") })
      try await eventually("the echo") { await dealer.received.count == 1 }
      #expect(await dealer.received.first?.bytes == [1, 2, 3])
      #expect(await dealer.received.first?.sender == nil)
      let atRouter = await router.received
      #expect(atRouter.map(\.isProbe) == [true, false])
      #expect(Set(atRouter.map(\.sender)).count == 1)
      await dealer.stop()
      await router.stop()
    }

    @Test func keepsOrderInBothDirections() async throws {
      let count = 20_000
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      try await router.receive()
      try await dealer.join(router.bind())
      try await eventually("the probe") { await router.received.count == 1 }
      let id = try #require(await router.received.first?.sender)
      let messages = (0..<count).map(number)
      await dealer.sendAll(messages)
      await router.sendAll(messages, to: id)
      try await eventually("all at the dealer") { await dealer.received.count == count }
      try await eventually("all at the router") { await router.received.count == count + 1 }
      #expect(await dealer.received.map(\.bytes) == messages)
      #expect(await router.received.dropFirst().map(\.bytes) == messages)
      #expect(await dealer.failures.isEmpty)
      await dealer.stop()
      await router.stop()
    }

    @Test func saysThatAPeerHasGone() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      try await router.receive()
      try await dealer.join(router.bind())
      try await eventually("the probe") { await router.received.count == 1 }
      let id = try #require(await router.received.first?.sender)
      await dealer.stop()
      try await eventually("the end of the peer") {
        try await router.send([1], to: id) == .unreachable
      }
      let stranger = try #require(RoutingID([1, 2, 3]))
      #expect(try await router.send([1], to: stranger) == .unreachable)
      await router.stop()
    }

    @Test func losesNothingWhenAQueueIsFull() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router, .bulk)
      let dealer = try Peer(context, .dealer, .bulk)
      try await router.receive()
      try await dealer.join(router.bind())
      try await eventually("the probe") { await router.received.count == 1 }
      await dealer.stopReceiving()
      let id = try #require(await router.received.first?.sender)
      let block = [UInt8](repeating: 7, count: 256 << 10)
      var sent = 0
      // The queue is full for good when two looks some time apart find it so.
      try await eventually("a full queue") {
        let more = try await router.flood(block, to: id, limit: 100_000)
        sent += more
        try await Task.sleep(for: .milliseconds(50))
        return more == 0
      }
      #expect(sent > 0)
      #expect(try await router.send(block, to: id) == .wouldBlock)
      try await dealer.receive()
      try await eventually("all that was sent") { await dealer.received.count == sent }
      #expect(try await router.send([9], to: id) == .sent)
      try await eventually("one more") { await dealer.received.last?.bytes == [9] }
      #expect(await dealer.received.count == sent + 1)
      await dealer.stop()
      await router.stop()
    }

    @Test func queuesNothingWithoutAConnection() async throws {
      let context = try ZMQContext()
      let dealer = try Peer(context, .dealer)
      // Bound once to get a port where nobody listens; libzmq lets go of it in the background, and
      // for certain only with the context.
      let other = try ZMQContext()
      let router = try Peer(other, .router)
      let endpoint = try await router.bind()
      await router.closeSocket()
      await router.stop()
      other.terminate()
      try await dealer.join(endpoint)
      #expect(try await dealer.send([1]) == .wouldBlock)
      try await eventually("a retry") {
        await dealer.events.contains { if case .retrying = $0 { true } else { false } }
      }
      #expect(try await dealer.send([1]) == .wouldBlock)
      await dealer.stop()
    }

    @Test func reconnectsAsANewPeer() async throws {
      let context = try ZMQContext()
      let first = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      try await first.receive()
      let endpoint = try await first.bind()
      try await dealer.join(endpoint)
      try await eventually("the probe") { await first.received.count == 1 }
      #expect(try await dealer.send([1]) == .sent)
      try await eventually("the message") { await first.received.count == 2 }
      await first.closeSocket()
      await first.stop()
      try await eventually("the loss") { await dealer.events.contains(.disconnected) }
      // Said to nobody; it must not reach the next router.
      try await eventually("no connection") { try await dealer.send([2]) == .wouldBlock }
      let before = await dealer.events.count { $0 == .handshakeSucceeded }
      #expect(before == 1)

      let second = try Peer(context, .router)
      try await second.receive()
      try await eventually("the port") {
        (try? await second.bind(endpoint)) != nil
      }
      try await eventually("the new connection") {
        await dealer.events.count { $0 == .handshakeSucceeded } == 2
      }
      try await eventually("the new probe") { await second.received.count == 1 }
      #expect(try await dealer.send([3]) == .sent)
      try await eventually("the new message") { await second.received.count == 2 }
      #expect(await second.received.map(\.bytes) == [[], [3]])
      let oldID = try #require(await first.received.first?.sender)
      #expect(try await second.send([4], to: oldID) == .unreachable)
      await dealer.stop()
      await second.stop()
    }

    @Test func cutsOffASenderOfOversizedMessages() async throws {
      let context = try ZMQContext()
      var small = SocketOptions.control
      small.maximumMessageBytes = 1_000
      let router = try Peer(context, .router, small)
      let good = try Peer(context, .dealer, small)
      let bad = try Peer(context, .dealer)
      try await router.receive()
      let endpoint = try await router.bind()
      try await good.join(endpoint)
      try await bad.join(endpoint)
      try await eventually("both probes") { await router.received.count == 2 }
      #expect(try await bad.send([UInt8](repeating: 1, count: 1_001)) == .sent)
      try await eventually("the cut") { await bad.events.contains(.disconnected) }
      #expect(try await good.send([UInt8](repeating: 2, count: 1_000)) == .sent)
      try await eventually("the other's message") {
        await router.received.contains { $0.bytes.count == 1_000 }
      }
      #expect(await !router.received.contains { $0.bytes.count > 1_000 })
      #expect(await !good.events.contains(.disconnected))
      // Our own ends do not send what would cut them off.
      let refusal = await #expect(throws: TransportError.self) {
        try await good.send([UInt8](repeating: 1, count: 1_001))
      }
      #expect(refusal?.kind == .messageTooLarge)
      await good.stop()
      await bad.stop()
      await router.stop()
    }

    @Test func reconnectsAfterAnOversizedAnswer() async throws {
      let context = try ZMQContext()
      var small = SocketOptions.control
      small.maximumMessageBytes = 1_000
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer, small)
      try await router.receive { peer, message in
        _ = try? peer.socket.send([UInt8](repeating: 1, count: 1_001), to: message.sender)
      }
      let endpoint = try await router.bind()
      try await dealer.join(endpoint)
      try await eventually("the cut") { await dealer.events.last == .disconnected }
      #expect(await dealer.received.isEmpty)
      try await dealer.perform { try $0.socket.reconnect(endpoint) }
      try await eventually("the second probe") { await router.received.count == 2 }
      await dealer.stop()
      await router.stop()
    }

    @Test func dropsMessagesOfSeveralFrames() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      try await router.receive()
      let endpoint = try await router.bind()
      let dealer = try Peer(context, .dealer)
      try await dealer.perform { peer in
        // On the actor's thread a plain libzmq socket, which may send what ours cannot.
        let raw = try RawSocket(context, dealerType)
        try raw.connect(endpoint)
        #expect(raw.send([[1], [2]]))
        #expect(raw.send([[], [3]]))
        #expect(raw.send([[4], [], [], [5]]))
        #expect(raw.send([[6]]))
        peer.keepAlive(raw)
      }
      try await eventually("the proper one") { await router.received.count == 1 }
      #expect(await router.received.map(\.bytes) == [[6]])
      #expect(await router.perform { $0.socket.dropped } == .init(malformed: 3))
      await dealer.stop()
      await router.stop()
    }

    @Test func movesFramesWithoutCopying() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router, .bulk)
      let dealer = try Peer(context, .dealer, .bulk)
      try await router.receive()
      try await dealer.join(router.bind())
      try await eventually("the probe") { await router.received.count == 1 }
      try await dealer.perform { peer in
        var frame = Frame(byteCount: 1 << 20) { bytes in
          for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index) }
        }
        let result = try peer.socket.send(&frame)
        #expect(result == .sent)
        #expect(frame.byteCount == 0)
      }
      try await eventually("the frame") { await router.received.count == 2 }
      let bytes = await router.received[1].bytes
      #expect(bytes == (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0) })
      await dealer.stop()
      await router.stop()
    }

    /// A file that turns out too short. What libzmq allocated must go, as the leak checker sees.
    @Test func passesOnTheErrorOfAFill() {
      struct Short: Error {}
      for _ in 0..<10 {
        #expect(throws: Short.self) {
          _ = try Frame(byteCount: 1 << 20) { _ throws(Short) in throw Short() }
        }
      }
      #expect(Frame(byteCount: 0) { _ in }.byteCount == 0)
    }

    @Test func handsOutReceivedFrames() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      let dealer = try Peer(context, .dealer)
      let endpoint = try await router.bind()
      try await dealer.join(endpoint)
      for size in [5, 100_000] {
        try await eventually("a connection") {
          try await dealer.send([UInt8](repeating: 3, count: size)) == .sent
        }
      }
      // The probe, one frame that fits into libzmq's handle and one that does not.
      var sizes: [Int] = []
      try await eventually("the messages") {
        sizes += try await router.perform { peer in
          var sizes: [Int] = []
          while try peer.socket.receive({ message in
            let frame = message.takeFrame()
            #expect(message.payload.isEmpty)
            frame.withUnsafeBytes { bytes in
              #expect(bytes.allSatisfy { $0 == 3 })
            }
            sizes.append(frame.byteCount)
          }) == .delivered {}
          return sizes
        }
        return sizes.count == 3
      }
      #expect(sizes == [0, 5, 100_000])
      await dealer.stop()
      await router.stop()
    }

    @Test func refusesEmptyMessagesAndClosedSockets() async throws {
      let context = try ZMQContext()
      let dealer = try Peer(context, .dealer)
      let empty = await #expect(throws: TransportError.self) { try await dealer.send([]) }
      #expect(empty?.kind == .messageEmpty)
      await dealer.closeSocket()
      let closed = await #expect(throws: TransportError.self) { try await dealer.send([1]) }
      #expect(closed?.kind == .closed)
      let late = await #expect(throws: TransportError.self) { try await dealer.receive() }
      #expect(late?.kind == .closed)
      await dealer.stop()
    }

    @Test func errorsNameThePlaceAndTheRemedy() async throws {
      let context = try ZMQContext()
      let first = try Peer(context, .router)
      let second = try Peer(context, .router)
      let endpoint = try await first.bind()
      let taken = await #expect(throws: TransportError.self) { try await second.bind(endpoint) }
      #expect(taken?.kind == .addressInUse)
      #expect(
        taken?.description
          == "cannot bind \(endpoint): another process is bound there; stop it or choose another "
          + "port")
      for text in ["tcp://127.0.0.1", "here:1", "carrier://pigeon:1", "tcp://127.0.0.1:99999", ""] {
        let bad = await #expect(throws: TransportError.self) { try await second.bind(text) }
        #expect(bad?.kind == .badEndpoint, "\(text): \(String(describing: bad))")
      }
      let elsewhere = await #expect(throws: TransportError.self) {
        try await second.bind("tcp://192.0.2.1:0")
      }
      #expect(elsewhere?.kind == .addressNotAvailable)
      await first.stop()
      await second.stop()
    }

    @Test func failsAllSocketsOfATerminatedContext() async throws {
      let context = try ZMQContext()
      let router = try Peer(context, .router)
      try await router.receive()
      _ = try await router.bind()
      context.shutdown()
      try await eventually("the failure") { await !router.failures.isEmpty }
      #expect(await router.failures.map(\.kind) == [.contextTerminated])
      #expect(await router.perform { $0.socket.isClosed })
      // Nothing is open any more, so this returns.
      context.terminate()
      await router.stop()
    }
  }
}
