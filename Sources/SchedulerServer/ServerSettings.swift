public import Logging
public import SchedulerCore
internal import Transport

/// How a scheduler is set up; everything a person may choose.
public struct ServerSettings: Sendable {
  /// Holds the database, the packages and the keys. Created when missing, for the owner only.
  public var stateDirectory: String
  /// `tcp://address:port`; `*` is every address, port 0 a free one.
  public var listen: String
  /// Bulk port; 0 takes a free one.
  public var bulkPort: UInt16
  /// Without CURVE: for loopback, or where somebody asked for it by name.
  public var isPlain: Bool
  public var programVersion: String
  public var policy: SchedulerPolicy
  /// Transfers of large packages to workers that are served at the same time.
  public var fetchStreams: Int
  public var logger: Logger
  /// Of the control socket. Nobody's choice, but tests have queues that are soon full.
  var control = SocketOptions.control

  /// Enough to fill any uplink while one of them pauses, and few enough that the first are done in a
  /// fraction of the time that all take.
  public static let defaultFetchStreams = 4

  public init(
    stateDirectory: String, listen: String, bulkPort: UInt16 = 0, isPlain: Bool,
    programVersion: String, policy: SchedulerPolicy = SchedulerPolicy(),
    fetchStreams: Int = defaultFetchStreams,
    logger: Logger
  ) {
    self.stateDirectory = stateDirectory
    self.listen = listen
    self.bulkPort = bulkPort
    self.isPlain = isPlain
    self.programVersion = programVersion
    self.policy = policy
    self.fetchStreams = fetchStreams
    self.logger = logger
  }
}

/// What keeps a scheduler from starting or going on, with the place and the remedy.
public struct ServerError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
