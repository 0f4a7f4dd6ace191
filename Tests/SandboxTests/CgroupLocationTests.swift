import Testing

@testable import Sandbox

@Suite struct CgroupLocationTests {
  @Test func unifiedHierarchyUnderSystemd() {
    let location = CgroupLocation(
      mountinfo: """
        23 29 0:21 / /proc rw,nosuid - proc proc rw
        30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
        """,
      cgroup: "0::/system.slice/assize.service\n")
    #expect(location.v2 == "/sys/fs/cgroup/system.slice/assize.service")
    #expect(!location.v2IsRoot)
    #expect(location.v1.isEmpty)
  }

  @Test func separateHierarchiesAndSharedOnes() {
    let location = CgroupLocation(
      mountinfo: """
        33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        35 31 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
        36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
        """,
      cgroup: """
        9:memory:/jobs/a:b
        3:cpu,cpuacct:/
        2:pids:/user.slice
        0::/
        """)
    #expect(location.v1["memory"] == "/sys/fs/cgroup/memory/jobs/a:b")
    #expect(location.v1["cpuacct"] == "/sys/fs/cgroup/cpu,cpuacct")
    #expect(location.v1["pids"] == "/sys/fs/cgroup/pids/user.slice")
    #expect(location.v2 == "/sys/fs/cgroup/unified")
    #expect(location.v2IsRoot)
  }

  @Test func containerSeesAPartOfTheHierarchy() {
    let mount = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup cgroup rw,memory"
    let at: (String) -> String? = {
      CgroupLocation(mountinfo: mount, cgroup: "4:memory:\($0)").v1["memory"]
    }
    #expect(at("/docker/abc") == "/sys/fs/cgroup")
    #expect(at("/docker/abc/x") == "/sys/fs/cgroup/x")
    #expect(at("/docker/abcd") == "/sys/fs/cgroup")
    #expect(at("/../..") == "/sys/fs/cgroup")
  }

  @Test func damagedTextYieldsNothing() {
    let location = CgroupLocation(mountinfo: "a b\n- - -\n\n1 2 3 4 5 6 - cgroup2", cgroup: ":\n0:")
    #expect(location.v1.isEmpty)
    #expect(location.v2 == nil)
  }

  @Test func marksTellProcessesApart() throws {
    let mark = try #require(ProcessMark(pid: 1))
    #expect(mark.isAlive)
    #expect(ProcessMark(mark.text) == mark)
    let other = try #require(ProcessMark("1.\(mark.startTime + 1)"))
    #expect(!other.isAlive)
    let leaf = RunLeaf.name(owner: mark, sandbox: 3, serial: 17)
    #expect(RunLeaf.owner(of: leaf) == mark)
    for name in ["run-", "run-1-2", "run-1.2", "run-x.2-3", "run--1.2-3", "walk-1.2-3"] {
      #expect(RunLeaf.owner(of: name) == nil)
    }
  }
}
