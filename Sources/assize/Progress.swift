import Foundation
import Synchronization

/// Shows how far long work has come: a line that is drawn again on a terminal, now and then a plain
/// line elsewhere. Writes to standard error, so that results can be piped.
final class Progress: Sendable {
  enum Unit: Sendable {
    case bytes
    case items
  }
  private struct State {
    var drawn = false
    var last = ContinuousClock.now
  }
  private let total: Int64
  private let unit: Unit
  private let title: String
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(total: Int64, unit: Unit, title: String) {
    self.total = total
    self.unit = unit
    self.title = title
    isTerminal = isatty(STDERR_FILENO) == 1
  }

  /// - Parameter note: what is being worked on.
  func report(_ done: Int64, note: String) {
    state.withLock { state in
      let now = ContinuousClock.now
      // Lines stay, so in a log there is none about work that is over before anybody wonders.
      guard isTerminal || start.duration(to: now) >= .seconds(1) else { return }
      let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
      guard done >= total || state.last.duration(to: now) >= pause else { return }
      state.last = now
      write(isTerminal ? bar(done, note) : plain(done, note), &state)
    }
  }

  /// A line of its own that stays, above the bar.
  func say(_ line: String) {
    state.withLock { state in
      clear(&state)
      printToStandardError(line)
    }
  }

  /// Takes the bar away.
  func finish() { state.withLock { clear(&$0) } }

  private func write(_ text: String, _ state: inout State) {
    guard isTerminal else { return printToStandardError(text) }
    // A line that wraps could not be drawn again.
    let text = String(text.prefix(Self.columns - 1))
    FileHandle.standardError.write(Data(("\r\u{1B}[K" + text).utf8))
    state.drawn = true
  }

  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
  }

  private func clear(_ state: inout State) {
    guard state.drawn else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    state.drawn = false
  }

  private func bar(_ done: Int64, _ note: String) -> String {
    let width = 30
    let filled = total > 0 ? Int(min(done, total) * Int64(width) / total) : width
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    return "\(title) [\(bar)] \(amounts(done))\(remaining(done)) \(terminalSafe(note.prefix(40)))"
  }

  private func plain(_ done: Int64, _ note: String) -> String {
    "\(terminalSafe(title)): \(amounts(done))\(remaining(done))"
  }

  private func amounts(_ done: Int64) -> String {
    switch unit {
    case .items: "\(done)/\(total)"
    case .bytes: "\(bytesText(done)) of \(bytesText(total))"
    }
  }

  /// A guess from the pace so far, and only when there is something to go by.
  private func remaining(_ done: Int64) -> String {
    let elapsed = start.duration(to: .now)
    guard elapsed > .seconds(3), done > 0, done < total else { return "" }
    let seconds = Double(elapsed.components.seconds) * Double(total - done) / Double(done)
    return ", about \(Int(seconds.rounded(.up))) s left"
  }
}
