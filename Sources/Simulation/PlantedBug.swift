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
  /// The scheduler does not ask which labels a worker has.
  case blindToLabels = "blind-to-labels"
  /// Workers do not hear that their verdicts have arrived.
  case deafWorkers = "deaf-workers"
  /// A cancellation is told and not recorded.
  case unrecordedCancellation = "unrecorded-cancellation"
  /// A worker decides for one slot more than it has.
  case extraSlot = "extra-slot"
  /// A worker judges with another version of the package.
  case wrongPackage = "wrong-package"
  /// A worker that confirmed that it stopped reports a verdict all the same.
  case lateVerdict = "late-verdict"
  /// Results of single testcases are taken for those of another judging.
  case mixedRuns = "mixed-runs"
  /// The scheduler does not hear of some submissions.
  case lostSubmission = "lost-submission"
  /// The scheduler keeps everything for whoever does not read.
  case boundlessOutbox = "boundless-outbox"
  /// A worker that comes back has the session that it had, and what it said before counts.
  case reusedSessions = "reused-sessions"
  /// The scheduler does not hear that slots have become free.
  case deafToCredit = "deaf-to-credit"
  /// A dead worker's heartbeat goes on.
  case ghost
  /// The last to come is first served.
  case reversedArrivals = "reversed-arrivals"
}
