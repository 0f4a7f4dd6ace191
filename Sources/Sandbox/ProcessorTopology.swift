/// Which processors of this machine share a physical core, and which of them each slot gets when
/// slots are pinned.
///
/// Two programs on the two hardware threads of one core slow each other down by a third and more, and
/// a program that is moved to another core starts there with cold caches. A slot that has a core for
/// itself measures the same program the same way every time, whatever its neighbours do.
public struct ProcessorTopology: Sendable, Equatable {
  /// The hardware threads of each physical core that this process may use, in the order of the
  /// lowest; threads within a core in ascending order.
  public let cores: [[Int]]

  /// - Parameters:
  ///   - siblings: for each processor the processors of its core, itself included.
  ///   - allowed: processors this process may use (its affinity).
  init(siblings: [Int: [Int]], allowed: [Int]) {
    var taken: Set<Int> = []
    var cores: [[Int]] = []
    for processor in allowed.sorted() where !taken.contains(processor) {
      let core = Set(siblings[processor] ?? [processor]).union([processor])
        .intersection(allowed).subtracting(taken).sorted()
      taken.formUnion(core)
      cores.append(core)
    }
    self.cores = cores
  }

  /// A list as the kernel writes it, such as `0-3,8,10-11`; nil when it is none.
  static func processors(in text: String) -> [Int]? {
    var all: [Int] = []
    let parts = text.split { $0 == "," || $0 == "\n" || $0 == " " }
    for part in parts {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first, let first, let last = ends.last, let last, ends.count <= 2,
        first >= 0, last >= first, last < 65_536
      else { return nil }
      all += first...last
    }
    return all
  }

  /// The processors of each slot: one core a slot, the lowest cores first.
  ///
  /// - Parameter idleSiblings: whether a slot uses only the first thread of its core and leaves the
  ///   others idle. Otherwise a program with several threads may use all of them.
  /// - Throws: ``SandboxError/unusableHost(_:)`` when there are more slots than cores.
  public func assignment(slots: Int, idleSiblings: Bool) throws(SandboxError) -> [[Int]] {
    guard slots <= cores.count else {
      throw .unusableHost(
        """
        sandbox: --pin gives each slot a physical core, and this machine has \(cores.count) for \
        \(slots) slots; use --slots \(cores.count) or less, or leave --pin out
        """)
    }
    return cores.prefix(slots).map { core in idleSiblings ? Array(core.prefix(1)) : core }
  }
}
