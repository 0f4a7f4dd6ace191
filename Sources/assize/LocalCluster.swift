import Evaluation
import Foundation
import JudgeModel
import Logging
import Messages
import Sandbox
import SchedulerServer
import WorkerAgent

/// A scheduler and one worker in this process, on the loopback interface: the same code as a cluster,
/// with nothing to start by hand.
struct LocalCluster {
  let joinLine: JoinLine
  private let server: SchedulerServer
  private let agent: WorkerAgent
  private let working: Task<String?, any Error>

  static func start(
    directory: String, slots: Int, machine: Machine, logger: Logger
  ) async throws -> LocalCluster {
    let server = try SchedulerServer(
      ServerSettings(
        stateDirectory: directory + "/scheduler", listen: "tcp://127.0.0.1:*", isPlain: false,
        programVersion: Assize.programVersion, logger: logger))
    let line = try await server.start(advertising: "127.0.0.1")
    let agent = try await WorkerAgent(
      machine.localWorker("local", line, slots: slots, directory: directory, logger: logger))
    let working = Task { try await agent.run() }
    return LocalCluster(joinLine: line, server: server, agent: agent, working: working)
  }

  /// Waits until the scheduler cannot go on; `CancellationError` when it was stopped.
  func failed() async -> any Error { await server.failed() }

  func stop() async {
    await agent.stop()
    _ = try? await working.value
    await server.stop()
  }
}

extension Machine {
  /// A worker of this process, which may fill the disk: its directory goes with the process.
  func localWorker(
    _ name: String, _ line: JoinLine, slots: Int, directory: String, logger: Logger
  ) -> AgentSettings {
    AgentSettings(
      joinLine: line, worker: WorkerID(name), slots: slots, cacheDirectory: directory + "/cache",
      cacheBudgetBytes: .max / 4, labels: [], host: host, languageTable: table, languages: support,
      programVersion: Assize.programVersion, logger: logger)
  }

  /// The languages that work, as a worker advertises them.
  var support: [LanguageSupport] {
    probes.compactMap { probe in
      probe.version.map { LanguageSupport(language: probe.language, version: $0) }
    }
  }
}
