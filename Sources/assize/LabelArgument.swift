import ArgumentParser
import JudgeModel

extension Label {
  /// As somebody typed it.
  init(argument text: String) throws {
    guard let label = Label(parsing: text) else { throw ValidationError(Self.usage) }
    self = label
  }
}
