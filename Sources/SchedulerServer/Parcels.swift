internal import JudgeModel
internal import Messages

/// What a round acknowledges to each session, so that one message says it all.
struct Acknowledgements {
  /// In one message: a judging's name takes some twenty bytes, so this is far from what one can hold.
  static let most = 4_096

  /// In the order in which they first came.
  private(set) var sessions: [SessionID] = []
  private var names: [SessionID: [LeaseName]] = [:]

  mutating func add(_ more: [LeaseName], for session: SessionID) {
    if names[session] == nil { sessions.append(session) }
    names[session, default: []] += more
  }

  /// What there is to say to a session, once.
  mutating func take(_ session: SessionID) -> [SchedulerMessage] {
    let all = names.removeValue(forKey: session) ?? []
    return stride(from: 0, to: all.count, by: Self.most).map {
      .acknowledge(Array(all[$0..<min($0 + Self.most, all.count)]))
    }
  }
}

extension Grant {
  /// Of programs and parts in one message; a program alone may be half of what one can hold, and names and
  /// numbers take some, too.
  static let mostBytes = 256 << 10
  /// Grants in one message.
  static let most = 256

  /// As few messages as hold them, in their order.
  static func messages(of grants: [Grant]) -> [[Grant]] {
    var messages: [[Grant]] = []
    var bytes = 0
    for grant in grants {
      bytes += grant.roughBytes
      if let last = messages.indices.last, bytes <= mostBytes, messages[last].count < most {
        messages[last].append(grant)
      } else {
        messages.append([grant])
        bytes = grant.roughBytes
      }
    }
    return messages
  }

  /// Of what may be large; each ordinal of a part takes up to five.
  private var roughBytes: Int { program.byteCount + 5 * (order.part?.ordinals.count ?? 0) }
}
