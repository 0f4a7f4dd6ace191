/// A mistake that the simulated cluster makes on purpose.
///
/// Checks that never failed prove nothing: with each of these in it a simulation has to fail. They
/// are mistakes of the shells around the two cores, so that the cores stay as they are.
public enum PlantedBug: String, Hashable, Sendable, CaseIterable {
  /// The store forgets records that it called durable.
  case forgetfulStore = "forgetful-store"
  /// The scheduler tells what it decided before that is recorded.
  case tellsFirst = "tells-first"
  /// A scheduler that starts again takes the generation of the one before.
  case reusedGeneration = "reused-generation"
  /// A verdict counts under whichever lease is current, whoever held it.
  case noFencing = "no-fencing"
  /// A grant goes to two workers.
  case doubledGrant = "doubled-grant"
  /// The scheduler takes a worker's credit for larger than it is.
  case overdrawnCredit = "overdrawn-credit"
  /// A worker reports the verdict of another judging.
  case mixedUpVerdicts = "mixed-up-verdicts"
  /// A worker does not remove what it decided to remove.
  case skippedEviction = "skipped-eviction"
  /// A worker starts judgings as soon as their package is asked for.
  case earlyStart = "early-start"
  /// A worker counts a run of a testcase that it has a run of.
  case doubledRuns = "doubled-runs"
  /// A worker gives its verdict while testcases are with others.
  case forgottenShares = "forgotten-shares"
  /// The scheduler mixes up whose testcases were run by others.
  case foreignRuns = "foreign-runs"
  /// Workers do not hear that their verdicts have arrived.
  case deafWorkers = "deaf-workers"
  /// A cancellation is told and not recorded.
  case unrecordedCancellation = "unrecorded-cancellation"
}
