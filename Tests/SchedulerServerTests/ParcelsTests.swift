import JudgeModel
import Messages
import Testing

@testable import SchedulerServer

@Suite struct ParcelsTests {
  private func name(_ judging: Int64) -> LeaseName {
    LeaseName(
      judging: JudgingID(judging), epoch: LeaseEpoch(generation: 1, counter: UInt64(judging)))
  }

  private func grant(_ judging: Int64, bytes: Int) -> Grant {
    let contents = Array(repeating: 65 as UInt8, count: bytes)
    return Grant(
      order: GrantOrder(
        name: name(judging), sequence: UInt64(judging), package: packageDigest,
        archiveBytes: 1, unpackedBytes: 1, mode: .full),
      program: Program(
        language: LanguageID("c"), files: [SourceFile(name: "a.c", contents: contents)]))
  }

  private var packageDigest: Digest {
    guard let digest = Digest(hex: String(repeating: "ab", count: 32)) else {
      preconditionFailure("64 digits are a digest")
    }
    return digest
  }

  @Test func acknowledgementsOfARoundAreOneMessageForEachSession() {
    var all = Acknowledgements()
    all.add([name(1)], for: SessionID(7))
    all.add([name(2)], for: SessionID(3))
    all.add([name(3), name(4)], for: SessionID(7))
    #expect(all.sessions == [SessionID(7), SessionID(3)])
    #expect(all.take(SessionID(7)) == [.acknowledge([name(1), name(3), name(4)])])
    #expect(all.take(SessionID(7)).isEmpty)
    #expect(all.take(SessionID(3)) == [.acknowledge([name(2)])])
    #expect(all.take(SessionID(5)).isEmpty)
  }

  @Test func manyAcknowledgementsAreSeveralMessages() {
    var all = Acknowledgements()
    let names = (1...Int64(2 * Acknowledgements.most + 1)).map(name)
    all.add(names, for: SessionID(1))
    let told = all.take(SessionID(1)).map { message -> [LeaseName] in
      if case .acknowledge(let names) = message { names } else { [] }
    }
    #expect(told.map(\.count) == [Acknowledgements.most, Acknowledgements.most, 1])
    #expect(told.flatMap { $0 } == names)
  }

  @Test func grantsTravelTogetherAsFarAsOneMessageHoldsThem() {
    let small = (1...3).map { grant($0, bytes: 10) }
    #expect(Grant.messages(of: small) == [small])
    #expect(Grant.messages(of: []).isEmpty)
    let half = Grant.mostBytes / 2
    let large = [
      grant(1, bytes: half), grant(2, bytes: half), grant(3, bytes: 1),
      grant(4, bytes: 512 << 10), grant(5, bytes: 1),
    ]
    #expect(
      Grant.messages(of: large)
        == [[large[0], large[1]], [large[2]], [large[3]], [large[4]]])
    let many = (1...Int64(Grant.most + 1)).map { grant($0, bytes: 1) }
    #expect(Grant.messages(of: many).map(\.count) == [Grant.most, 1])
  }
}
