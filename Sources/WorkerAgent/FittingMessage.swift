internal import JudgeModel
internal import Messages
internal import Wire

extension WorkerMessage {
  /// Its bytes, within what one control message may have.
  ///
  /// A verdict over thousands of testcases can exceed that by what validators said, so words go
  /// first; the verdict and the figures of each run stay. Some seventeen thousand runs fit without
  /// words. A verdict that does not fit even so is given back with the reason: it would be repeated
  /// for ever and never arrive.
  func encoded(atMost limit: Int) -> [UInt8] {
    let whole = ControlCodec.encode(self)
    guard whole.count > limit,
      case .finished(let session, let judging, let epoch, var result) = self
    else { return whole }
    for length in [200, 40, 0] {
      for index in result.runs.indices {
        result.runs[index].message = String(result.runs[index].message.prefix(length))
      }
      let shorter = ControlCodec.encode(.finished(session, judging, epoch, result))
      if shorter.count <= limit { return shorter }
    }
    let reason =
      "the results of \(result.runs.count) testcases do not fit one message: use a package with "
      + "fewer testcases"
    return ControlCodec.encode(.returned(session, judging, epoch, .judgeError(reason)))
  }
}
