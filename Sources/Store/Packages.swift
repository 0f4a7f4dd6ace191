import GRDB
public import JudgeModel

/// Problem packages. Their files are elsewhere; this is which there are, and which is the newest.
extension Store {
  /// Records a package; from now on it is the newest of its problem. One that is there already gets
  /// the new sizes, since the same content can be packed anew, and moves to the end of the list:
  /// whoever pushes an earlier package again wants to go back to it.
  public func addPackage(
    _ package: PackageSummary, at wallClockMilliseconds: Int64
  ) throws(StoreError) {
    try write("adding package \(package.digest)") { database in
      var insert = try Command(
        database,
        """
        INSERT INTO packages
          (digest, problem, title, archive_bytes, unpacked_bytes, added_ms, sequence)
        VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM packages))
        ON CONFLICT (digest) DO UPDATE
        SET archive_bytes = excluded.archive_bytes, unpacked_bytes = excluded.unpacked_bytes,
          sequence = excluded.sequence, dropped_ms = NULL
        """)
      insert.bind(package.digest)
      insert.bind(package.problem)
      insert.bind(package.title)
      insert.bind(package.archiveBytes)
      insert.bind(package.unpackedBytes)
      insert.bind(wallClockMilliseconds)
      try insert.run()
    }
  }

  /// All packages that were not dropped, or those of one problem, in the order they were last added:
  /// the last of a problem is its newest.
  public func packages(problem: String? = nil) throws(StoreError) -> [PackageSummary] {
    try read("listing packages") { database in
      guard let problem else {
        var all = try Command(
          database,
          """
          SELECT digest, problem, title, archive_bytes, unpacked_bytes FROM packages
          WHERE dropped_ms IS NULL ORDER BY sequence
          """)
        return try all.all(PackageSummary.decode)
      }
      var some = try Command(
        database,
        """
        SELECT digest, problem, title, archive_bytes, unpacked_bytes FROM packages
        WHERE problem = ? AND dropped_ms IS NULL ORDER BY sequence
        """)
      some.bind(problem)
      return try some.all(PackageSummary.decode)
    }
  }

  /// Nil also for a package that was dropped.
  public func package(_ digest: Digest) throws(StoreError) -> PackageSummary? {
    try read("reading package \(digest)") { database in
      var command = try Command(
        database,
        """
        SELECT digest, problem, title, archive_bytes, unpacked_bytes FROM packages
        WHERE digest = ? AND dropped_ms IS NULL
        """)
      command.bind(digest)
      return try command.first(PackageSummary.decode)
    }
  }

  /// When each package was first added, milliseconds since 1970.
  public func packageTimes() throws(StoreError) -> [Digest: Int64] {
    try read("listing packages") { database in
      var command = try Command(
        database, "SELECT digest, added_ms FROM packages WHERE dropped_ms IS NULL")
      let rows = try command.all { (try $0.digest(), $0.integer()) }
      return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Packages that are neither the newest of their problem nor needed by a judging that waits or runs.
  public func unneededPackages() throws(StoreError) -> [PackageSummary] {
    try read("looking for packages that nothing needs") { database in
      var command = try Command(database, Query.unneededPackages)
      return try command.all(PackageSummary.decode)
    }
  }

  /// Takes packages off the list, for good or until they are added again, and forgets their origins.
  /// Those that something needs stay.
  /// - Returns: the packages that were taken off.
  public func dropPackages(
    _ packages: Set<Digest>, at wallClockMilliseconds: Int64
  ) throws(StoreError) -> [PackageSummary] {
    try write("dropping packages") { database in
      var find = try Command(database, Query.unneededPackages)
      let dropped = try find.all(PackageSummary.decode).filter { packages.contains($0.digest) }
      var drop = try Command(database, "UPDATE packages SET dropped_ms = ? WHERE digest = ?")
      for package in dropped {
        drop.bind(wallClockMilliseconds)
        drop.bind(package.digest)
        try drop.run()
        try Self.forgetOrigins(of: package.digest, database)
      }
      return dropped
    }
  }

  /// Packages that were dropped, whose files a crash may have left.
  public func droppedPackages() throws(StoreError) -> [Digest] {
    try read("listing dropped packages") { database in
      var command = try Command(
        database, "SELECT digest FROM packages WHERE dropped_ms IS NOT NULL ORDER BY id")
      return try command.all { try $0.digest() }
    }
  }
}

/// Where the archives of packages lie besides.
extension Store {
  /// - Parameter origins: all of them, the first to be tried first.
  /// - Returns: false when there is no such package, or it was dropped.
  public func setOrigins(
    _ origins: [Origin], of package: Digest
  ) throws(StoreError) -> Bool {
    try write("noting origins of package \(package)") { database in
      var find = try Command(
        database, "SELECT id FROM packages WHERE digest = ? AND dropped_ms IS NULL")
      find.bind(package)
      guard let id = try find.first({ $0.integer() }) else { return false }
      try Self.forgetOrigins(of: package, database)
      var insert = try Command(
        database, "INSERT INTO package_origins (package, place, url) VALUES (?, ?, ?)")
      for (place, origin) in origins.enumerated() {
        insert.bind(id)
        insert.bind(Int64(place))
        insert.bind(origin.url)
        try insert.run()
      }
      return true
    }
  }

  /// Of the packages that have some. What a later version wrote and this one cannot use is left out.
  public func origins() throws(StoreError) -> [Digest: [Origin]] {
    try read("listing origins") { database in
      var command = try Command(
        database,
        """
        SELECT packages.digest, package_origins.url FROM package_origins
        JOIN packages ON packages.id = package_origins.package
        ORDER BY package_origins.package, package_origins.place
        """)
      var origins: [Digest: [Origin]] = [:]
      for (package, url) in try command.all({ (try $0.digest(), $0.text()) }) {
        if let origin = try? Origin(url) { origins[package, default: []].append(origin) }
      }
      return origins
    }
  }

  private static func forgetOrigins(of package: Digest, _ database: Database) throws {
    var forget = try Command(
      database,
      "DELETE FROM package_origins WHERE package = (SELECT id FROM packages WHERE digest = ?)")
    forget.bind(package)
    try forget.run()
  }
}

extension PackageSummary {
  static func decode(_ row: inout Columns) throws -> PackageSummary {
    PackageSummary(
      digest: try row.digest(), problem: row.text(), title: row.text(),
      archiveBytes: row.integer(), unpackedBytes: row.integer())
  }
}
