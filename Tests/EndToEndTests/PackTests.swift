import Foundation
import Testing

/// The problem setter's commands, run as people run them. What needs a sandbox is in a suite that
/// needs root.
@Suite struct PackFileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  struct Built: Decodable, Equatable {
    var digest: String
    var archiveBytes: Int
  }

  /// Copies a package with its entries made in another order.
  private func copy(_ problem: String, to directory: String, reversed: Bool) throws {
    let files = FileManager.default
    let source = Place.problems + "/" + problem
    let names = try files.subpathsOfDirectory(atPath: source).sorted()
    for name in reversed ? names.reversed() : names {
      let target = "\(directory)/\(problem)/\(name)"
      var isDirectory: ObjCBool = false
      guard files.fileExists(atPath: "\(source)/\(name)", isDirectory: &isDirectory),
        !isDirectory.boolValue
      else { continue }
      try files.createDirectory(
        atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try files.copyItem(atPath: "\(source)/\(name)", toPath: target)
    }
  }

  private func sh(_ command: String) throws {
    let child = try ChildProcess(
      ["/bin/sh", "-c", command], logs: "\(scratch.path)/sh-\(UInt64.random(in: 0...UInt64.max))")
    let ending = try child.wait()
    try #require(ending == .exited(0), "\(command): \(child.errors)")
  }

  /// Builds in a process of its own and returns what it said and wrote.
  private func build(
    _ command: String, archive: String, environment: [String: String] = [:]
  ) throws -> (Built, Data) {
    let child = try ChildProcess(
      ["/bin/sh", "-c", command], environment: environment,
      logs: "\(scratch.path)/build-\(UInt64.random(in: 0...UInt64.max))")
    let ending = try child.wait()
    try #require(ending == .exited(0), "\(command): \(child.errors)")
    let said = try JSONDecoder().decode(Built.self, from: Data(child.output.utf8))
    return (said, try Data(contentsOf: URL(fileURLWithPath: archive)))
  }

  /// A library that sets the clocks of a process back to 1999, in place of `faketime`.
  private func clockOf1999() throws -> String {
    let source = try scratch.file(
      "clock.c",
      """
      #include <sys/time.h>
      #include <time.h>
      time_t time(time_t *t) { if (t) *t = 930000000; return 930000000; }
      int gettimeofday(struct timeval *v, void *z) { v->tv_sec = 930000000; v->tv_usec = 0; return 0; }
      int clock_gettime(clockid_t c, struct timespec *t) {
        t->tv_sec = 930000000 + c; t->tv_nsec = 5; return 0;
      }

      """)
    let library = scratch.path + "/clock.so"
    try sh("cc -shared -fPIC -o \(library) \(source)")
    return library
  }

  @Test(
    "one directory gives one archive, whatever surrounds it",
    arguments: ["anyorder", "harvest", "stairs"])
  func deterministic(problem: String) throws {
    try copy(problem, to: scratch.path + "/a", reversed: false)
    try copy(problem, to: scratch.path + "/b", reversed: true)
    let shuffled = "\(scratch.path)/b/\(problem)"
    // Other modes and times; neither is part of a package, and nor is what an editor leaves.
    try sh(
      """
      find \(shuffled) -type f -exec chmod 0600 {} + -exec touch -d 2001-02-03T04:05:06Z {} +
      find \(shuffled) -type f -name '*.py' -exec chmod 0777 {} +
      find \(shuffled) -type d -exec touch -d 2031-01-01 {} +
      echo x > \(shuffled)/data/secret/.x.swp; mkdir \(shuffled)/data/__pycache__
      """)
    let build = "\(Place.assize) pack build --format json"
    let first = scratch.path + "/first.tar.zst"
    let original = try self.build(
      "\(build) \(scratch.path)/a/\(problem) -o \(first)", archive: first)
    let clock = try clockOf1999()
    let other = scratch.path + "/other.tar.zst"
    let variants: [(String, [String: String])] = [
      ("umask 077; \(build) \(shuffled)/ -o \(other)", ["LC_ALL": "C", "TZ": "Asia/Kolkata"]),
      ("umask 0; \(build) \(shuffled) -o \(other)", ["LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"]),
      ("cd \(shuffled)/data && \(build) .. -o \(other)", ["LC_ALL": "POSIX"]),
      ("cd / && \(build) .\(shuffled) -o \(other)", ["LD_PRELOAD": clock, "HOME": "/nowhere"]),
    ]
    for (command, environment) in variants {
      let (said, archive) = try self.build(command, archive: other, environment: environment)
      #expect(said == original.0, "\(command)")
      #expect(archive == original.1, "\(command): other bytes")
    }
  }

  @Test("modes beside a script are part of the package, elsewhere they are not")
  func modesThatMatter() throws {
    try OwnProblem(name: "count").write(in: scratch.path)
    let script = "#!/bin/sh\nexit 42\n"
    for name in ["run", "helper.sh"] {
      _ = try scratch.file("count/output_validator/\(name)", script)
    }
    _ = try scratch.file("count/include/c/given.h", "#define N 1\n")
    let place = scratch.path + "/count"
    let archive = scratch.path + "/x.tar.zst"
    func digest() throws -> String {
      try build(
        "\(Place.assize) pack build --format json \(place) -o \(archive)", archive: archive
      ).0.digest
    }
    try sh("chmod 755 \(place)/output_validator/run")
    let first = try digest()
    try sh("chmod 777 \(place)/include/c/given.h \(place)/data/secret/*")
    #expect(try digest() == first)
    try sh("chmod 755 \(place)/output_validator/helper.sh")
    #expect(try digest() != first)
  }

  @Test("a build that is refused leaves nothing")
  func refusedBuild() throws {
    try OwnProblem(name: "count").write(in: scratch.path)
    try FileManager.default.removeItem(atPath: scratch.path + "/count/data/secret/1-short.ans")
    let archive = scratch.path + "/out/x.tar.zst"
    let said = try assize(["pack", "build", scratch.path + "/count", "-o", archive], in: scratch)
    #expect(said.status == 1)
    #expect(said.errors.contains("1-short.in: error: has no answer"))
    let nowhere = try assize(
      ["pack", "build", Place.problems + "/stairs", "-o", archive], in: scratch)
    #expect(nowhere.status == 2 && nowhere.errors.contains(archive))
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/out"))
  }

  @Test("of many paths those are checked that are packages, and the others are named")
  func manyPaths() throws {
    try OwnProblem(name: "count").write(in: scratch.path)
    _ = try scratch.file("README.md", "about\n")
    let names = ["count", "README.md", "missing"].map { scratch.path + "/" + $0 }
    let said = try assize(["pack", "check", "--no-run"] + names, in: scratch)
    #expect(said.status == 1, "one that does not exist is a mistake")
    #expect(said.output.contains("count: ") && said.output.contains("missing"))
    #expect(said.errors.contains("left out") && said.errors.contains("README.md"))
    #expect(!said.errors.contains("count,") && !said.errors.contains("/missing"))
    let one = try assize(["pack", "check", "--no-run", names[1]], in: scratch)
    #expect(one.status == 1, "whoever names one thing means it")
  }

  // MARK: diff

  struct Difference: Decodable {
    struct Item: Decodable {
      var kind: String
      var name: String
    }
    struct Travel: Decodable {
      var newFiles: [String]
      var bytes: Int
      var archiveBytes: Int
    }
    var isSame: Bool
    var testcases: [Item]
    var travel: Travel
  }

  @Test("diff tells what changed and what has to travel, of directories and archives")
  func diff() throws {
    try OwnProblem(name: "count", bytes: 300_000).write(in: scratch.path + "/old")
    try OwnProblem(name: "count", bytes: 300_000).write(in: scratch.path + "/new")
    let (old, new) = (scratch.path + "/old/count", scratch.path + "/new/count")
    let archive = scratch.path + "/old.tar.zst"
    #expect(try assize(["pack", "build", old, "-o", archive], in: scratch).status == 0)
    let same = try assize(["pack", "diff", archive, new], in: scratch)
    #expect(same.status == 0 && same.output.contains("nothing has to travel"))

    _ = try scratch.file("new/count/data/secret/1-short.in", "four")
    _ = try scratch.file("new/count/data/secret/1-short.ans", "4\n")
    let told = try assize(["pack", "diff", archive, new], in: scratch)
    #expect(told.status == 1)
    #expect(told.output.contains("~ secret/1-short  input, answer"))
    let json = try assize(["pack", "diff", archive, new, "--format", "json"], in: scratch)
    #expect(json.status == 1)
    let difference = try JSONDecoder().decode(Difference.self, from: Data(json.output.utf8))
    #expect(!difference.isSame)
    #expect(difference.testcases.map(\.name) == ["secret/1-short"])
    #expect(
      difference.travel.newFiles == ["data/secret/1-short.ans", "data/secret/1-short.in"])
    #expect(difference.travel.archiveBytes > 300_000 && difference.travel.bytes < 5_000)

    for broken in [scratch.path + "/nowhere", try scratch.file("garbage", "not an archive")] {
      let said = try assize(["pack", "diff", archive, broken], in: scratch)
      #expect(said.status == 2 && said.output.isEmpty)
      #expect(said.errors.contains(broken))
    }
  }

  // MARK: check

  struct Checked: Decodable {
    struct Finding: Decodable {
      var severity: String
      var path: String
      var line: Int?
      var message: String
    }
    struct Validation: Decodable {
      var ran: Bool
      var reason: String?
    }
    struct Limit: Decodable {
      var name: String
      var isExplicit: Bool
    }
    var findings: [Finding]
    var validation: Validation
    var limits: [Limit]
  }

  @Test("check says everything at once, and that nothing was run")
  func checkWithoutRunning() throws {
    try OwnProblem(name: "count").write(in: scratch.path)
    _ = try scratch.file("count/data/secret/3.in", "abc")
    _ = try scratch.file("count/data/secret/4.in", "x\r\ny\r\n")
    _ = try scratch.file("count/data/secret/4.ans", "6\n")
    _ = try scratch.file("count/problem.yaml", "problem_format_version: 2025-09\nlimts: {}\n")
    let arguments = ["pack", "check", "--no-run", scratch.path + "/count"]
    let said = try assize(arguments, in: scratch)
    #expect(said.status == 1)
    for part in [
      "problem.yaml:2: error: `limts` is not a key", "did you mean `limits`", "`uuid` is required",
      "3.in: error: has no answer", "4.in:1: warning: has line ends of Windows",
      "3.in:1: warning: does not end in a newline", "there is no input validator",
      "there is no accepted submission", "validators      not run: --no-run",
    ] {
      #expect(said.output.contains(part), "\(part) is missing in: \(said.output)")
    }
    let json = try assize(arguments + ["--format", "json"], in: scratch)
    let all = try JSONDecoder().decode([Checked].self, from: Data(json.output.utf8))
    #expect(json.status == 1 && all.count == 1)
    #expect(all[0].validation.ran == false && all[0].validation.reason == "--no-run")
    #expect(all[0].findings.count >= 9)
  }

  @Test("many files with one finding are one line more, and all of them with --all")
  func repeatedFindings() throws {
    try OwnProblem(name: "count").write(in: scratch.path)
    for number in 10..<40 {
      _ = try scratch.file("count/data/secret/\(number).in", "line \(number)")
      _ = try scratch.file("count/data/secret/\(number).ans", "7\n")
    }
    let arguments = ["pack", "check", "--no-run", scratch.path + "/count"]
    let short = try assize(arguments, in: scratch).output
    #expect(short.contains("so do 27 more files") || short.contains("so do 26 more files"))
    let long = try assize(arguments + ["--all"], in: scratch).output
    #expect(long.contains("39.in:1: warning: does not end in a newline"))
  }

  @Test(
    "each of the commands shows an example and its exit statuses",
    arguments: [
      "check", "test", "build", "diff", "push",
    ]) func help(command: String) throws
  {
    let said = try assize(["pack", command, "--help"], in: scratch)
    #expect(said.status == 0)
    #expect(said.output.contains("Example:") && said.output.contains("Exit status:"))
    #expect(try assize(["pack", command], in: scratch).status == 64)
  }
}
