internal import Dispatch
internal import Foundation
internal import Glibc
public import Sandbox
internal import Synchronization

/// What a run in the sandbox costs, how exactly limits are kept, and what a neighbour feels.
///
/// The measured time of a run is that of ``ResidentSandbox/run(_:)``: from the request until the
/// program and all its descendants are gone, counted, and the scratch area is empty again. Beside it,
/// in turn with it, stands the cheapest way to run a program at all, `posix_spawn` and `waitpid`
/// without any sandbox; the ratio of the two medians is what the sandbox is judged by.
public struct SandboxBench: Sendable {
  private let host: SandboxHost
  private let programs: BenchPrograms

  /// - Throws: a ``SandboxError``, or ``BenchError`` when there is no C compiler.
  public init(host: SandboxHost) throws {
    self.host = host
    programs = try BenchPrograms(host: host)
  }

  private static let python = "/usr/bin/python3"

  // MARK: Overhead

  /// - Parameters:
  ///   - runs: how many of each kind, in each slot.
  ///   - slots: programs at the same time.
  public func overhead(runs: Int, slots: Int) throws -> BenchPage.Section {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let hello = directory.path + "/hello"
    try Data(programs.hello).write(to: URL(fileURLWithPath: hello))
    chmod(hello, 0o755)
    var kinds = [
      Kind(name: "hello (static)", bare: [hello], inside: ["/app/hello"]),
      Kind(name: "/bin/true", bare: ["/bin/true"], inside: ["/bin/true"]),
    ]
    if access(Self.python, X_OK) == 0 {
      let command = [Self.python, "-c", "pass"]
      kinds.append(Kind(name: "python3 -c pass", bare: command, inside: command))
    }
    let all = try concurrently(slots) { [kinds] slot in
      try measure(kinds, runs: runs, slot: slot)
    }
    var rows: [BenchPage.Row] = []
    for (index, kind) in kinds.enumerated() {
      var bare = Samples()
      var inside = Samples()
      for slot in all {
        bare.add(slot[index].bare)
        inside.add(slot[index].inside)
      }
      let ratio = BenchPage.Figure("to bare", inside.ratio(to: bare), .perMille)
      rows.append(BenchPage.Row(kind.name + ", bare", bare.figures(.nanoseconds)))
      rows.append(BenchPage.Row(kind.name + ", sandbox", inside.figures(.nanoseconds) + [ratio]))
    }
    return BenchPage.Section(
      slots == 1 ? "one slot" : "\(slots) slots at a time", rows,
      note: "\(runs) runs of each a slot, in turn; bare is posix_spawn and waitpid")
  }

  private struct Kind: Sendable {
    var name: String
    var bare: [String]
    var inside: [String]
  }

  private func measure(
    _ kinds: [Kind], runs: Int, slot: Int
  ) throws -> [(bare: Samples, inside: Samples)] {
    let bench = try BenchSlot(programs, host: host, slot: slot)
    var all = kinds.map { _ in (bare: Samples(), inside: Samples()) }
    // The first few fill caches.
    for round in -5..<runs {
      for (index, kind) in kinds.enumerated() {
        let start = now()
        try spawn(kind.bare)
        let middle = now()
        _ = try bench.runWell(kind.inside)
        let end = now()
        guard round >= 0 else { continue }
        all[index].bare.add(middle - start)
        all[index].inside.add(end - middle)
      }
    }
    return all
  }

  private func spawn(_ arguments: [String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0)
    }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, arguments[0], &actions, nil, &words, nil)
    guard result == 0 else { throw BenchError("cannot start \(arguments[0]): error \(result)") }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw BenchError("\(arguments[0]) ended with status \(status)") }
  }

  // MARK: Limits

  /// How far beyond a CPU limit of one second programs get before they are ended.
  public func limits(runs: Int) throws -> BenchPage.Section {
    let bench = try BenchSlot(programs, host: host, slot: 0)
    var limits = BenchSlot.limits
    limits.cpuNanoseconds = 1_000_000_000
    let rows = try ["spin", "forkbomb"].map { what in
      var cpu = Samples()
      for _ in 0..<runs {
        let report = try bench.run(["/app/worker", what], limits: limits)
        guard report.stop == .cpuLimit else {
          throw BenchError("\(what) was not stopped by its CPU limit: \(report)")
        }
        cpu.add(report.cpuNanoseconds)
      }
      return BenchPage.Row(
        what,
        [
          BenchPage.Figure("min", cpu.minimum, .nanoseconds),
          BenchPage.Figure("median", cpu.median, .nanoseconds),
          BenchPage.Figure("max", cpu.maximum, .nanoseconds),
        ])
    }
    return BenchPage.Section(
      "CPU used under a limit of 1 s", rows, note: "\(runs) runs of each")
  }

  // MARK: Neighbours

  /// How much longer an honest program takes while each of the attacks runs in the next slot.
  public func neighbours(runs: Int) throws -> BenchPage.Section {
    let honest = try BenchSlot(programs, host: host, slot: 0)
    let hostile = try BenchSlot(programs, host: host, slot: 1)
    let work = ["/app/worker", "work", "40"]
    _ = try honest.runWell(work)
    let rows = try ["spin", "forkbomb", "hog", "flood", "calls", "files"].map { attack in
      var alone = (cpu: Samples(), wall: Samples())
      var beside = (cpu: Samples(), wall: Samples())
      for _ in 0..<runs {
        var report = try honest.runWell(work)
        alone.cpu.add(report.cpuNanoseconds)
        alone.wall.add(report.wallNanoseconds)
        try hostile.sandbox.start(hostile.command(["/app/worker", attack], BenchSlot.limits))
        usleep(20_000)
        report = try honest.runWell(work)
        hostile.sandbox.cancelRun()
        _ = try hostile.sandbox.finish()
        beside.cpu.add(report.cpuNanoseconds)
        beside.wall.add(report.wallNanoseconds)
      }
      return BenchPage.Row(
        "beside " + attack,
        [
          BenchPage.Figure("CPU alone", alone.cpu.median, .nanoseconds),
          BenchPage.Figure("CPU beside", beside.cpu.median, .nanoseconds),
          BenchPage.Figure("CPU ratio", beside.cpu.ratio(to: alone.cpu), .perMille),
          BenchPage.Figure("wall ratio", beside.wall.ratio(to: alone.wall), .perMille),
        ])
    }
    return BenchPage.Section(
      "an honest program beside an attack", rows, note: "medians of \(runs) runs of each, in turn")
  }

  // MARK: Endurance

  /// What is left of many runs: a leak of one in a thousand shows after a hundred thousand.
  ///
  /// - Parameter progress: called now and then with the number of runs done.
  public func endurance(
    runs: Int, slots: Int, progress: @escaping @Sendable (Int) -> Void
  ) throws -> BenchPage.Section {
    let done = Atomic(0)
    let perSandbox = 1000
    let portion = { (count: Int) throws in
      _ = try concurrently(slots) { slot in
        var left = count / slots + (slot < count % slots ? 1 : 0)
        while left > 0 {
          let bench = try BenchSlot(programs, host: host, slot: slot)
          for _ in 0..<min(left, perSandbox) {
            _ = try bench.runWell(["/app/hello"])
            let total = done.wrappingAdd(1, ordering: .relaxed).newValue
            if total % 1000 == 0 { progress(total) }
          }
          left -= perSandbox
        }
      }
    }
    // A tenth first, after which every buffer and cache has its size.
    try portion(runs / 10)
    let before = Holdings.count(host: host)
    try portion(runs - runs / 10)
    let after = Holdings.count(host: host)
    let rows = zip(before.rows, after.rows).map { before, after in
      BenchPage.Row(
        before.name,
        [
          BenchPage.Figure("after a tenth", before.value, before.unit),
          BenchPage.Figure("at the end", after.value, after.unit),
        ])
    }
    return BenchPage.Section(
      "\(runs) runs", rows, note: "\(slots) at a time, a new sandbox after \(perSandbox)")
  }

  // MARK: Threads

  /// `body` for each slot on a thread of its own; its results in the order of the slots.
  private func concurrently<Value: Sendable>(
    _ slots: Int, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let results = Mutex([Int: Result<Value, any Error>]())
    DispatchQueue.concurrentPerform(iterations: slots) { slot in
      let result = Result { try body(slot) }
      results.withLock { $0[slot] = result }
    }
    return try results.withLock { results in try (0..<slots).compactMap { try results[$0]?.get() } }
  }
}

/// A directory of this process that is gone when the bench is over.
struct TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array((NSTemporaryDirectory() + "assize-bench-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw BenchError("cannot make a directory in \(NSTemporaryDirectory())")
    }
    path = String(cString: made)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
