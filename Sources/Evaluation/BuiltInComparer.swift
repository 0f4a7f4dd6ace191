internal import Grading
internal import JudgeModel
internal import Sandbox

/// Whatever compares outputs with answers where no program of the package does.
struct BuiltInComparer {
  private let comparison: TokenComparison
  /// The comparer of another judge instead of the tokens.
  private let layout: LayoutComparison?

  /// - Parameter flags: for the tokens, those in force for a testcase; nil for the package's own.
  init(_ check: OutputCheck, _ flags: TokenComparison?) {
    var common = TokenComparison()
    var rule: LayoutComparison?
    switch check {
    case .tokens(let comparison): common = comparison
    case .layout(let layout): rule = layout
    case .validator: break
    }
    comparison = flags ?? common
    layout = rule
  }

  func compare(
    _ output: BorrowedDescriptor, _ answer: BorrowedDescriptor
  ) throws(EvaluationError) -> TokenComparer.Result {
    var out = DescriptorSource(output)
    var ans = DescriptorSource(answer)
    if let layout {
      do { return try LayoutComparer(layout).compare(output: &out, answer: &ans) } catch {
        throw .machine("\(error)")
      }
    }
    let comparer: TokenComparer
    do { comparer = try TokenComparer(comparison) } catch { throw .judge("\(error)") }
    do { return try comparer.compare(output: &out, answer: &ans) } catch {
      throw .machine("\(error)")
    }
  }
}
