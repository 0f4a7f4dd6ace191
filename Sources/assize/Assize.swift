import ArgumentParser

@main
struct Assize: AsyncParsableCommand {
  static let programVersion = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "assize",
    abstract: "A judge cluster for programming contests.",
    discussion: """
      Workers dial out to a scheduler, pull judgings, run submissions in a sandbox and stream the \
      results back. `assize regrade CONTEST --problems DIR --local` needs no scheduler at all.

      Exit status: 0 fine, 1 a negative outcome (verdicts changed, not accepted, errors found), \
      2 it could not be done, 64 wrong usage.
      """,
    version: programVersion,
    subcommands: [
      Regrade.self, SchedulerCommand.self, WorkerCommand.self, Submit.self, Status.self,
      Explain.self, Workers.self, Packages.self, Warm.self, Cancel.self, Pack.self,
      ImportCommand.self,
      CompareCommand.self, CacheCommand.self, Backup.self, Restore.self, Simulate.self,
      BenchCommand.self,
    ])
}
