internal import JudgeModel
internal import Messages
internal import Transport

extension WorkerMessage {
  /// The same message within the size that the control socket takes. A verdict over tens of thousands
  /// of testcases can exceed it by what validators said; verdicts and figures always fit, so words
  /// go first.
  func fitting(_ options: SocketOptions) -> WorkerMessage {
    // Text on the wire is as long as in memory; figures of a run take less than this.
    let bytesPerRun = 160
    guard case .finished(let session, let judging, let epoch, var result) = self else {
      return self
    }
    let budget = options.maximumMessageBytes / 2
    func size() -> Int {
      result.runs.reduce(0) { $0 + bytesPerRun + $1.message.utf8.count + $1.testcase.utf8.count }
    }
    guard size() > budget else { return self }
    for limit in [200, 40, 0] where size() > budget {
      for index in result.runs.indices {
        result.runs[index].message = String(result.runs[index].message.prefix(limit))
      }
    }
    return .finished(session, judging, epoch, result)
  }
}
