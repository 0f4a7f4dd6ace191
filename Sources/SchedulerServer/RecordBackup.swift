internal import Store

/// The record in a scheduler's state directory, copied and put back without the scheduler.
public struct RecordBackup: Hashable, Sendable {
  public var bytes: Int64
  public var submissions: Int64
  public var judgings: Int64
  /// How many of the judgings have a verdict.
  public var judged: Int64

  /// Where a scheduler keeps its record.
  static func path(in stateDirectory: String) -> String { stateDirectory + "/assize.sqlite" }

  /// Copies the record to a new file, also while a scheduler works on it.
  /// - Throws: an error whose text says what is in the way.
  public static func make(of stateDirectory: String, to file: String) throws -> RecordBackup {
    let report = try Store.backUp(path(in: stateDirectory), to: file)
    return RecordBackup(
      bytes: report.bytes, submissions: report.submissions, judgings: report.judgings,
      judged: report.judged)
  }

  /// Puts a copy in the place of the record, which is moved aside.
  /// - Returns: where the record is now, and where the old one is; nil when there was none.
  /// - Throws: an error whose text says what is in the way, such as a scheduler that runs.
  public static func restore(
    _ file: String, into stateDirectory: String
  ) throws -> (record: String, old: String?) {
    let record = path(in: stateDirectory)
    return (record, try Store.restore(file, to: record))
  }
}
