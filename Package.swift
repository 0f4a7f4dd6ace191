// swift-tools-version: 6.2
//
// One section per layer, one target per folder; imports run downwards only. A target's tests stand in
// Tests/<Target>Tests. What each target is for: Sources/README.md.

import PackageDescription

// CI and tools/check set ASSIZE_STRICT: a warning is an error there. A newer compiler with new
// warnings must not keep a user from building.
let strict: [SwiftSetting] =
  Context.environment["ASSIZE_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : []

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ] + strict

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources,
    swiftSettings: settings)
}

func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource]? = nil
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
    resources: resources, swiftSettings: settings)
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
// The same package's module of the system's SQLite: statements on hot paths are bound by hand.
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "assize",
  products: [
    .executable(name: "assize", targets: ["assize"]),
    .executable(name: "assize-box", targets: ["assize-box"]),
  ],
  dependencies: [
    // Subcommands, help texts and their error messages.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Levels and metadata that operators expect; only shells log.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    // A deque for the ready queue. Single modules: the umbrella costs a minute to build.
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    // SQLite with migrations and safe concurrent readers, over the system's library.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // The wire format, so that workers can be written in other languages.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    // Problem packages and the language table are YAML.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // MARK: Pure: no file, socket, clock, thread or random source

    module("JudgeModel"),
    tests(of: "JudgeModel"),
    module("Messages", ["JudgeModel"]),
    tests(of: "Messages", ["Fuzzing"]),
    module("Grading", ["JudgeModel"]),
    tests(of: "Grading", ["JudgeModel", "Fuzzing"]),
    module("SchedulerCore", ["JudgeModel", "Messages", deque]),
    tests(of: "SchedulerCore", ["JudgeModel", "Messages"]),
    module("WorkerCore", ["JudgeModel", "Messages"]),
    tests(of: "WorkerCore", ["JudgeModel", "Messages"]),
    module("Simulation", ["JudgeModel", "Messages", "SchedulerCore", "WorkerCore"]),
    tests(of: "Simulation", ["JudgeModel", "Messages", "SchedulerCore", "WorkerCore"]),
    // Pure but for SwiftProtobuf, whose types stay inside.
    module(
      "Wire", ["JudgeModel", "Messages", protobuf],
      exclude: ["assize.proto", "bulk.proto", "cluster.proto", "model.proto"]),
    tests(of: "Wire", ["JudgeModel", "Messages", "Fuzzing", protobuf]),

    // MARK: Hands: each owns one outside thing and no policy

    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    module("Transport", ["CZeroMQ"]),
    tests(of: "Transport", ["CZeroMQ"]),

    // Packages from web servers. libcurl, because a client of one's own for TLS, proxies and redirects
    // would be longer than all of the worker; with OpenSSL, which is linked already.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    module("WebRanges", ["CCurl"]),
    tests(of: "WebRanges", ["WebServers", "Fuzzing"]),

    module("Store", ["JudgeModel", grdb, sqlite]),
    tests(of: "Store", ["JudgeModel", grdb]),

    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    module("ProblemPackage", ["JudgeModel", "Grading", "CArchive", "CCrypto", yams]),
    tests(
      of: "ProblemPackage", ["JudgeModel", "Grading", "CArchive", "Fuzzing", yams],
      exclude: ["Fixtures"]),
    module("ProblemImport", ["JudgeModel", "ProblemPackage", "CArchive"]),
    tests(
      of: "ProblemImport",
      [
        "JudgeModel", "ProblemPackage", "Evaluation", "Sandbox", "CArchive", "Fuzzing",
        "assize-box",
      ]),
    module("Contest", ["JudgeModel", "CArchive"]),
    tests(of: "Contest", ["JudgeModel", "CArchive", "Fuzzing"]),

    // Runs inside the sandbox as its first process; see Sources/CBox.
    // Static, because nothing of the host's Swift is inside; -nostartfiles drops Swift's entry point.
    .executableTarget(
      name: "assize-box", path: "Sources/CBox",
      linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
    .target(name: "CSandbox"),
    module("Sandbox", ["CSandbox"]),
    // Compiled by the tests themselves, in a sandbox.
    tests(
      of: "Sandbox", ["CSandbox", "Fuzzing", "assize-box"],
      resources: [
        "escape.c", "files.c", "kernel.c", "main.c", "memory.c", "numbers.c", "ordinary.c",
        "output.c", "processes.c", "program.h",
      ].map { .embedInCode("Programs/" + $0) }),

    module(
      "Evaluation", ["JudgeModel", "Grading", "ProblemPackage", "Sandbox", yams],
      resources: [.embedInCode("languages.yaml")]),
    tests(of: "Evaluation", ["JudgeModel", "Grading", "ProblemPackage", "Sandbox", "assize-box"]),

    // MARK: Shells: thin loops that obey the cores

    module(
      "SchedulerServer",
      [
        "JudgeModel", "Messages", "SchedulerCore", "Wire", "Transport", "Store", "ProblemPackage",
        deque, logging,
      ]),
    tests(
      of: "SchedulerServer",
      [
        "JudgeModel", "Messages", "SchedulerClient", "Wire", "Transport", "CZeroMQ", "Store", grdb,
        "ProblemPackage", "SchedulerCore", protobuf, logging,
      ]),
    module(
      "WorkerAgent",
      [
        "JudgeModel", "Messages", "WorkerCore", "Wire", "Transport", "WebRanges", "Evaluation",
        "ProblemPackage", "Sandbox", logging,
      ]),
    tests(
      of: "WorkerAgent",
      [
        "JudgeModel", "Messages", "WorkerCore", "Wire", "Transport", "WebRanges", "WebServers",
        "Evaluation", "ProblemPackage", "Sandbox", "assize-box", logging,
      ]),
    module(
      "SchedulerClient", ["JudgeModel", "Messages", "Wire", "Transport", "ProblemPackage"]),
    tests(of: "SchedulerClient", ["JudgeModel", "Messages", "Wire", "Transport"]),

    // Measures what README.md says about speed; real sandboxes, no assertions.
    module(
      "Bench",
      [
        "JudgeModel", "Messages", "Grading", "WorkerCore", "Wire", "Transport", "Evaluation",
        "Sandbox",
      ]),
    tests(of: "Bench", ["JudgeModel", "Messages", "Wire", "Transport"]),

    // MARK: Program

    .executableTarget(
      name: "assize",
      dependencies: [
        "Bench", "JudgeModel", "Messages", "Contest", "Evaluation", "Grading", "ProblemImport",
        "ProblemPackage", "Sandbox", "Simulation",
        "SchedulerServer", "WorkerCore", "WorkerAgent", "SchedulerClient", "Transport",
        argumentParser, logging,
      ],
      swiftSettings: settings),

    // MARK: Tests that belong to no single target

    .testTarget(
      name: "TidyTests", swiftSettings: settings),
    // nginx, and servers that mean harm, for several targets' tests.
    .target(name: "WebServers", path: "Tests/WebServers", swiftSettings: settings),
    // Bytes that are nearly right, for the tests of every decoder.
    .target(
      name: "Fuzzing", dependencies: ["Simulation"], path: "Tests/Fuzzing",
      swiftSettings: settings),
    .testTarget(
      name: "FuzzingTests", dependencies: ["Fuzzing"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "assize", "assize-box", "WebServers", "JudgeModel", "Messages", "Simulation", "Wire",
      ],
      swiftSettings: settings),
  ]
)
