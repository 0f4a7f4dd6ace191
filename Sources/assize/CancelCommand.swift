import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Takes judgings back.
struct Cancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cancel a judging or a whole batch.",
    discussion: """
      What waits is not started any more, and what runs is stopped. Verdicts that are there already \
      stay. Exit status: 0 cancelled or over already, 2 there is no such judging or the scheduler \
      could not be asked, 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("Number of the judging, such as j12 or 12.", valueName: "id"))
  var judging: String?

  @Option(help: ArgumentHelp("Cancel all of this batch instead, such as b3 or 3.", valueName: "id"))
  var batch: String?

  @OptionGroup var joinOption: JoinOption

  func validate() throws { _ = try watched() }

  private func watched() throws -> Watched {
    switch (judging, batch) {
    case (let judging?, nil):
      return .judging(JudgingID(try identifierNumber(judging, "j", "a judging")))
    case (nil, let batch?): return .batch(BatchID(try identifierNumber(batch, "b", "a batch")))
    default: throw ValidationError("Give either the number of a judging, or --batch.")
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let watched = try watched()
      try await joinOption.connected { try await $0.cancel(watched) }
    }
  }
}

/// The number in `j12` or `12`.
func identifierNumber(_ text: String, _ letter: String, _ what: String) throws -> Int64 {
  let digits = text.hasPrefix(letter) ? text.dropFirst() : text[...]
  guard let number = Int64(digits), number > 0 else {
    throw ValidationError("\(text) is not the number of \(what), such as \(letter)12.")
  }
  return number
}
