import Testing

@testable import Transport

extension TransportTests {
  @Suite struct SecurityTests {
    private func server(
      _ context: ZMQContext, _ keys: CurveKeyPair, domain: String?
    ) async throws -> (router: Peer, endpoint: String) {
      var options = SocketOptions.control
      options.security = .curveServer(secretKey: keys.secretKey, domain: domain)
      let router = try Peer(context, .router, options)
      try await router.receive()
      return (router, try await router.bind())
    }

    private func client(
      _ context: ZMQContext, expecting serverKey: CurvePublicKey, _ keys: CurveKeyPair
    ) throws -> Peer {
      var options = SocketOptions.control
      options.security = .curveClient(serverKey: serverKey, keys: keys)
      return try Peer(context, .dealer, options)
    }

    @Test func admitsAKnownKeyAndTellsIt() async throws {
      let context = try ZMQContext()
      let serverKeys = try CurveKeyPair.generate()
      let clientKeys = try CurveKeyPair.generate()
      let clientKey = clientKeys.publicKey
      let requests = Lock<[AuthenticationRequest]>([])
      let reactor = try Reactor(name: "auth")
      let authenticator = Authenticator(context, on: reactor) { request in
        requests.withLock { list in list.append(request) }
        return request.clientKey == clientKey
      }
      try await authenticator.start()
      let (router, endpoint) = try await server(context, serverKeys, domain: "control")
      let dealer = try client(context, expecting: serverKeys.publicKey, clientKeys)
      try await dealer.join(endpoint)
      try await eventually("a connection") { await dealer.events.contains(.handshakeSucceeded) }
      #expect(try await dealer.send([42]) == .sent)
      try await eventually("probe and message") { await router.received.count == 2 }
      #expect(await router.received.map(\.clientKey) == [clientKey, clientKey])
      #expect(await router.received.map(\.bytes) == [[], [42]])
      let seen = requests.withLock { list in list }
      #expect(seen.map(\.domain) == ["control"])
      #expect(seen.map(\.address) == ["127.0.0.1"])
      #expect(await authenticator.counts.admitted == 1)

      // Somebody else's key is refused, told so, and not heard.
      let stranger = try client(context, expecting: serverKeys.publicKey, .generate())
      try await stranger.join(endpoint)
      let refused = ConnectionEvent.handshakeFailed(.refused(status: 400))
      try await eventually("the refusal") { await stranger.events.contains(refused) }
      #expect(try await stranger.send([1]) == .wouldBlock)
      #expect(await !stranger.events.contains(.handshakeSucceeded))
      #expect(await authenticator.counts.denied >= 1)
      #expect(await router.received.count == 2)
      await stranger.stop()
      await dealer.stop()
      await router.stop()
      reactor.stop()
      await reactor.stopped()
    }

    @Test func connectsAgainAfterARefusal() async throws {
      let context = try ZMQContext()
      let serverKeys = try CurveKeyPair.generate()
      let open = Lock(false)
      let reactor = try Reactor(name: "auth")
      let authenticator = Authenticator(context, on: reactor) { _ in
        open.withLock { state in state }
      }
      try await authenticator.start()
      let (router, endpoint) = try await server(context, serverKeys, domain: "control")
      let dealer = try client(context, expecting: serverKeys.publicKey, .generate())
      try await dealer.join(endpoint)
      let refused = ConnectionEvent.handshakeFailed(.refused(status: 400))
      try await eventually("the refusal") { await dealer.events.contains(refused) }
      open.withLock { state in state = true }
      // As documented: libzmq has given up and has to be told.
      try await dealer.perform { try $0.socket.reconnect(endpoint) }
      try await eventually("the connection") { await dealer.events.contains(.handshakeSucceeded) }
      try await eventually("the probe") { await router.received.count == 1 }
      await dealer.stop()
      await router.stop()
      reactor.stop()
      await reactor.stopped()
    }

    @Test func neverConnectsToAnotherServer() async throws {
      let context = try ZMQContext()
      let (router, endpoint) = try await server(context, .generate(), domain: nil)
      let dealer = try client(context, expecting: CurveKeyPair.generate().publicKey, .generate())
      try await dealer.join(endpoint)
      try await eventually("a failed handshake") {
        await dealer.events.contains { if case .handshakeFailed = $0 { true } else { false } }
      }
      #expect(try await dealer.send([1]) == .wouldBlock)
      #expect(await !dealer.events.contains(.handshakeSucceeded))
      #expect(await router.received.isEmpty)
      await dealer.stop()
      await router.stop()
    }

    @Test func hearsNobodyPlain() async throws {
      let context = try ZMQContext()
      let (router, endpoint) = try await server(context, .generate(), domain: nil)
      let plain = try Peer(context, .dealer)
      try await plain.join(endpoint)
      try await eventually("a failed handshake") {
        await plain.events.contains { if case .handshakeFailed = $0 { true } else { false } }
      }
      #expect(await router.received.isEmpty)
      await plain.stop()
      await router.stop()
    }

    @Test func dropsMessagesWhenNobodyAuthenticates() async throws {
      let context = try ZMQContext()
      let keys = try CurveKeyPair.generate()
      let (router, endpoint) = try await server(context, keys, domain: "control")
      let dealer = try client(context, expecting: keys.publicKey, .generate())
      try await dealer.join(endpoint)
      try await eventually("a connection") { await dealer.events.contains(.handshakeSucceeded) }
      #expect(try await dealer.send([1]) == .sent)
      try await eventually("probe and message dropped") {
        await router.perform { $0.socket.dropped.unauthenticated } == 2
      }
      #expect(await router.received.isEmpty)
      await dealer.stop()
      await router.stop()
    }

    @Test func admitsAnyKeyWithoutADomain() async throws {
      let context = try ZMQContext()
      let keys = try CurveKeyPair.generate()
      let (router, endpoint) = try await server(context, keys, domain: nil)
      let dealer = try client(context, expecting: keys.publicKey, .generate())
      try await dealer.join(endpoint)
      try await eventually("the probe") { await router.received.count == 1 }
      #expect(await router.received.first?.clientKey == nil)
      await dealer.stop()
      await router.stop()
    }

    @Test func oneAuthenticatorPerContext() async throws {
      let context = try ZMQContext()
      let reactor = try Reactor(name: "auth")
      let first = Authenticator(context, on: reactor) { _ in true }
      let second = Authenticator(context, on: reactor) { _ in true }
      try await first.start()
      let taken = await #expect(throws: TransportError.self) { try await second.start() }
      #expect(taken?.kind == .addressInUse)
      await first.stop()
      try await eventually("the place") { (try? await second.start()) != nil }
      reactor.stop()
      await reactor.stopped()
    }

    @Test func keysHaveTextForms() throws {
      // The test vector of the ZeroMQ manual, zmq_curve(7).
      let z85 = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
      let secretZ85 = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
      let key = try #require(CurvePublicKey(z85: z85))
      #expect(key.z85 == z85)
      #expect(key.hex.count == 64)
      #expect(CurvePublicKey(hex: key.hex) == key)
      #expect(CurvePublicKey(hex: key.hex.uppercased()) == key)
      #expect(CurvePublicKey(key.bytes) == key)
      let secret = try #require(CurveSecretKey(z85: secretZ85))
      #expect(try CurveKeyPair(secretKey: secret).publicKey.z85.count == 40)
      #expect("\(secret)" == "secret key")
      let pair = try CurveKeyPair.generate()
      #expect(try CurveKeyPair(secretKey: pair.secretKey).publicKey == pair.publicKey)
      #expect(try CurveKeyPair.generate().publicKey != pair.publicKey)
      #expect(!"\(pair)".contains(pair.secretKey.hex))
    }

    @Test(arguments: ["", "rq", String(repeating: "\u{7f}", count: 40), "é" + "a"])
    func refusesWhatIsNoKey(text: String) {
      #expect(CurvePublicKey(z85: text) == nil)
      #expect(CurvePublicKey(hex: text) == nil)
      #expect(CurveSecretKey(z85: text) == nil)
    }

    @Test func refusesOddKeys() {
      #expect(CurvePublicKey(hex: String(repeating: "0", count: 63) + "g") == nil)
      #expect(CurvePublicKey([UInt8](repeating: 0, count: 31)) == nil)
      #expect(CurvePublicKey(z85: String(repeating: "#", count: 40)) == nil)
      #expect(CurvePublicKey(z85: String(repeating: "0", count: 39) + "\0") == nil)
    }
  }
}
