import Dispatch
import JudgeModel
import Synchronization
import Testing

@testable import Evaluation

extension EvaluationTests {
  /// Two slots that judge one submission.
  @Suite(.serialized) struct SharingTests {
    /// Wrong about the sum 7.
    private let wrong = program(
      "c",
      [
        "a.c": C.main(
          "int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b == 7 ? 0 : a + b); return 0;"
        )
      ])

    private func package() throws -> TestPackage {
      try TestPackage(
        cases: Dictionary(
          uniqueKeysWithValues: (1...8).map { ("secret/\($0)", ("\($0) 0\n", "\($0)\n")) }))
    }

    /// What one judging with a sharing slot did.
    private final class Diary: Sendable {
      let shared = Mutex<[[Int32]]>([])
      let streamed = Mutex<[Int32]>([])
      let sharing = Mutex<CaseSharing?>(nil)
      let remaining = Mutex<[RemainingWork]>([])
    }

    /// Judges in a slot that is asked to share at its beginning.
    /// - Parameter onShared: what becomes of what it shares; on its thread.
    private func judge(
      _ package: TestPackage, parts: Int = 1, mode: JudgingMode = .full,
      cancellation: Cancellation = Cancellation(), _ diary: Diary = Diary(),
      onShared: @escaping @Sendable ([Int32], CaseSharing) -> Void
    ) throws -> JudgingResult {
      let evaluator = try package.evaluator()
      let sharing = CaseSharing(
        onShared: { ordinals in
          let isFirst = diary.shared.withLock { shared in
            shared.append(ordinals)
            return shared.count == 1
          }
          if isFirst, let sharing = diary.sharing.withLock({ $0 }) { onShared(ordinals, sharing) }
        },
        onRemaining: { work in diary.remaining.withLock { $0.append(work) } })
      diary.sharing.withLock { $0 = sharing }
      defer { diary.sharing.withLock { $0 = nil } }
      sharing.share(parts: parts)
      defer { evaluator.forgetValidators() }
      return try evaluator.judge(
        wrong, package: package.manifest, mode: mode, cancellation: cancellation,
        extent: .whole(sharing)
      ) { run in diary.streamed.withLock { $0.append(run.ordinal) } }
    }

    private func helper(_ package: TestPackage) throws -> Evaluator {
      Evaluator(try Bench.workshop(paths: package.paths, slot: 1))
    }

    private func runPart(
      _ evaluator: Evaluator, _ package: TestPackage, _ ordinals: [Int32],
      _ mode: JudgingMode = .full
    ) throws -> JudgingResult {
      try evaluator.judge(
        wrong, package: package.manifest, mode: mode, cancellation: Cancellation(),
        extent: .part(ordinals), onRun: { _ in })
    }

    @Test func runsOfAnotherSlotCountLikeOnesOwn() throws {
      let package = try package()
      let alone = try package.judge(wrong)
      // Evaluators belong to a thread, and the part is run on the slot's own while that asks.
      let part = try runPart(try helper(package), package, [5, 6, 7, 8])
      #expect(part.runs.map(\.ordinal) == [5, 6, 7, 8] && part.verdict == .wrongAnswer)
      let runs = part.runs
      let diary = Diary()
      let together = try judge(package, diary) { ordinals, sharing in
        sharing.helped(runs.filter { ordinals.contains($0.ordinal) })
      }
      #expect(diary.shared.withLock { $0 } == [[5, 6, 7, 8], []])
      #expect(diary.streamed.withLock { $0.sorted() } == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(together.verdict == .wrongAnswer && together.message == "secret/7")
      #expect(together.runs.map(\.ordinal) == alone.runs.map(\.ordinal))
      #expect(together.runs.map(\.verdict) == alone.runs.map(\.verdict))
      #expect(together.runs.map(\.testcase) == alone.runs.map(\.testcase))
      #expect(together.message == alone.message)
      #expect(diary.remaining.withLock { $0.first?.testcases } != nil)
    }

    @Test func whatNobodyRunsIsTakenBack() throws {
      let package = try package()
      let diary = Diary()
      let result = try judge(package, diary) { _, _ in }
      #expect(result.runs.map(\.ordinal) == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(
        diary.shared.withLock { $0 } == [[5, 6, 7, 8], [5, 6, 7], [5, 6], [5], []])
      #expect(result.verdict == .wrongAnswer)
    }

    @Test func whatIsRefusedIsRunHereInOrder() throws {
      let package = try package()
      let diary = Diary()
      let result = try judge(package, diary) { ordinals, sharing in
        sharing.takeBack([1, 99] + ordinals)
      }
      #expect(diary.streamed.withLock { $0 } == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(result.runs.count == 8)
    }

    @Test func foreignAndRepeatedRunsAreIgnored() throws {
      let package = try package()
      let runs = try runPart(try helper(package), package, [5, 6, 7, 8]).runs
      let diary = Diary()
      let result = try judge(package, diary) { _, sharing in
        var foreign = runs[0]
        foreign.testcase = "secret/other"
        foreign.verdict = .timeLimit
        var unknown = runs[0]
        unknown.ordinal = 77
        sharing.helped([foreign, unknown])
        sharing.helped(runs + runs)
      }
      #expect(result.runs.map(\.ordinal) == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(!result.runs.contains { $0.verdict == .timeLimit })
    }

    @Test func aJudgingThatWaitsForOthersCanBeCancelled() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("1 2\n", "3\n"), "secret/2": ("1 2\n", "3\n")])
      let cancellation = Cancellation()
      #expect(throws: EvaluationError.cancelled) {
        try judge(package, cancellation: cancellation) { _, _ in
          DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { cancellation.cancel() }
        }
      }
    }

    @Test func aPartStopsLazilyBehindTheFirstThatIsNotAccepted() throws {
      let package = try package()
      let part = try runPart(try helper(package), package, [6, 7, 8], .lazy)
      #expect(part.runs.map(\.ordinal) == [6, 7])
      // The other slot decides: it needs no more either.
      let runs = part.runs
      let result = try judge(package, mode: .lazy) { _, sharing in sharing.helped(runs) }
      #expect(result.verdict == .wrongAnswer && result.message == "secret/7")
    }

    @Test func aPartOfAnotherPackageIsAJudgesError() throws {
      let package = try package()
      #expect(throws: EvaluationError.self) {
        try runPart(try helper(package), package, [9])
      }
    }
  }
}
