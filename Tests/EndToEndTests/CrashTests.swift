import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct CrashTests {
    /// Processes whose real user is one of these.
    private func processes(of users: Range<Int>) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.filter { name in
        guard Int(name) != nil,
          let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8),
          let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }),
          let user = line.split(separator: "\t").dropFirst().first.flatMap({ Int($0) })
        else { return false }
        return users.contains(user)
      }
    }

    /// Directories of control groups that a process made for its runs.
    private func leaves(of pid: pid_t) throws -> [String] {
      let finder = try Scratch()
      let child = try ChildProcess(
        ["find", "/sys/fs/cgroup", "-type", "d", "-name", "run-\(pid).*"],
        logs: finder.path + "/find")
      // Groups of others come and go while it looks.
      _ = try child.wait(seconds: 30)
      return child.output.split(separator: "\n").map(String.init)
    }

    @Test("a worker killed in the middle costs no verdict, makes none twice and leaves nothing")
    func killedWorker() throws {
      let reference = try RegradeTests.reference.get()
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      let cluster = try Cluster(in: scratch)
      let victim = try cluster.startWorker("victim", .init(slots: 2, waits: false))
      try cluster.startWorker("other", .init(waits: false))
      for name in ["victim", "other"] { try cluster.waitForWorker(name) }
      let out = scratch.path + "/out"
      let regrade = try cluster.regrade(contest, to: out)
      try cluster.waitUntilJudged(6, regrade)
      let users = try #require(cluster.userNumbers["victim"])
      try waitUntil("the victim has programs of its own", seconds: 30) {
        !processes(of: users).isEmpty
      }
      let groups = try leaves(of: victim.pid)
      #expect(!groups.isEmpty)
      #expect(victim.stop(SIGKILL) == .signalled(SIGKILL))
      try waitUntil("all programs of the killed worker are gone", seconds: 20) {
        processes(of: users).isEmpty
      }
      try cluster.startWorker("successor")
      #expect(
        try leaves(of: victim.pid) == [], "the next worker's start clears control groups away")

      #expect(try regrade.wait() == .exited(1), "\(regrade.errors)")
      #expect(try Outcome(out) == reference)
      let status = try cluster.status()
      #expect(status.judged == SmallContest.usual.count)
      #expect(status.queued + status.leased + status.cancelled + status.quarantined == 0)
    }

    @Test("a worker killed during a fork bomb takes all of it along")
    func killedUnderForkBomb() throws {
      let scratch = try Scratch()
      try OwnProblem(name: "count", timeLimitSeconds: 60).write(in: scratch.path)
      let bomb = try scratch.file(
        "bomb.c",
        """
        #include <signal.h>
        #include <unistd.h>
        int main(void) {
          signal(SIGCHLD, SIG_IGN);
          for (;;) if (fork() == 0) setsid();
        }

        """)
      let cluster = try Cluster(in: scratch)
      let victim = try cluster.startWorker("victim", .init(languages: ["c"]))
      let pushed = try cluster.run(["pack", "push", scratch.path + "/count"])
      try #require(pushed.status == 0, "\(pushed.errors)")
      let submitted = try cluster.run(["submit", bomb, "--problem", "count"])
      try #require(submitted.status == 0, "\(submitted.errors)")
      let users = try #require(cluster.userNumbers["victim"])
      try waitUntil("the bomb has gone off", seconds: 60) { processes(of: users).count > 20 }
      #expect(try !leaves(of: victim.pid).isEmpty)
      #expect(victim.stop(SIGKILL) == .signalled(SIGKILL))
      try waitUntil("nothing of the bomb is left", seconds: 20) { processes(of: users).isEmpty }
      let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
      #expect(!mounts.contains("/run/assize/sandbox"))
      // The judging is for the next worker, which would have to take it: the scheduler goes first.
      cluster.scheduler.stop()
      let successor = try cluster.startWorker("successor", .init(languages: ["c"], waits: false))
      try waitUntil("the next worker has cleared control groups away", seconds: 30) {
        try #require(successor.isRunning, "\(successor.errors)")
        return try leaves(of: victim.pid).isEmpty
      }
    }

    @Test("the double of a worker is refused; a worker that is killed and started again comes in")
    func takenName() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let first = try cluster.startWorker("w", .init(languages: ["c"]))
      let plan = Cluster.WorkerPlan(name: "w", languages: ["c"], waits: false)
      let double = try cluster.startWorker("double", plan)
      #expect(try double.wait() == .exited(1))
      #expect(double.errors.contains("a worker named w is connected already"), "\(double.errors)")
      #expect(first.isRunning)
      #expect(try cluster.workerList().map(\.name) == ["w"])
      // Its connection breaks with it, and its successor may be here before that is noticed.
      first.stop(SIGKILL)
      let successor = try cluster.startWorker("successor", plan)
      try waitUntil("the successor has joined") {
        try #require(successor.isRunning, "\(successor.errors)")
        return successor.errors.contains("joined")
      }
      #expect(try cluster.workerList().map(\.name) == ["w"])
    }

    @Test("a scheduler killed in the middle goes on where it was; client and workers stay")
    func killedScheduler() throws {
      let reference = try RegradeTests.reference.get()
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      let cluster = try Cluster(in: scratch)
      try cluster.startWorker("one", .init(waits: false))
      try cluster.startWorker("two", .init(waits: false))
      for name in ["one", "two"] { try cluster.waitForWorker(name) }
      let out = scratch.path + "/out"
      let regrade = try cluster.regrade(contest, to: out)
      try cluster.waitUntilJudged(6, regrade)
      try cluster.crashScheduler()
      #expect(regrade.isRunning)
      #expect(try regrade.wait() == .exited(1), "\(regrade.errors)")
      #expect(try Outcome(out) == reference)
      for worker in cluster.workers.values { #expect(worker.isRunning) }
      #expect(cluster.scheduler.errors.contains("took up unfinished judgings"))
      #expect(try cluster.status().judged < SmallContest.usual.count, "nothing is judged again")
    }

    @Test("a backup made while the cluster judges is put back, and the cluster goes on from there")
    func backup() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try cluster.startWorker("w", .init(languages: ["c"]))
      try OwnProblem(name: "own").write(in: scratch.path)
      try #require(try cluster.run(["pack", "push", scratch.path + "/own"]).status == 0)
      let submit = [
        "submit", try scratch.file("count.c", OwnProblem.solution), "--problem", "own", "--watch",
      ]
      #expect(try cluster.run(submit).status == 0)
      let (copy, state) = (scratch.path + "/copy.sqlite", scratch.path + "/state")
      let made = try cluster.run(["backup", copy, "--state", state])
      #expect(made.status == 0 && made.output.contains("1 judging, 1 of them judged"), "\(made)")
      #expect(try cluster.run(submit).status == 0)

      let inUse = try cluster.run(["restore", copy, "--state", state])
      #expect(inUse.status == 2 && inUse.errors.contains("in use by another scheduler"), "\(inUse)")
      cluster.scheduler.stop()
      let restored = try cluster.run(["restore", copy, "--state", state])
      #expect(restored.status == 0 && restored.output.contains("the old record is"), "\(restored)")
      try cluster.crashScheduler()
      #expect(try cluster.run(submit).status == 0)
      let again = try cluster.run(["backup", copy + "2", "--state", state])
      #expect(again.output.contains("2 judgings, 2 of them judged"), "\(again)")
    }
  }
}
