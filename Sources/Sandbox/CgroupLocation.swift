/// Where in the cgroup file systems this process stands, read from two files of procfs.
///
/// A pure reading of text: whether anything can be done there is for ``CgroupTree`` to find out.
struct CgroupLocation: Equatable {
  /// Directory of this process in the v1 hierarchy of each controller that has one.
  var v1: [String: String] = [:]
  /// Directory of this process in the v2 hierarchy.
  var v2: String?
  /// Whether ``v2`` is the hierarchy's root, where the rule against processes in inner groups does
  /// not hold.
  var v2IsRoot = false

  /// - Parameters:
  ///   - mountinfo: `/proc/self/mountinfo`
  ///   - cgroup: `/proc/self/cgroup`
  init(mountinfo: String, cgroup: String) {
    var positions: [String: String] = [:]
    for line in cgroup.split(separator: "\n") {
      // hierarchy:controller,controller:path - and 0::path for v2
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        positions[String(controller)] = String(parts[2])
      }
    }
    for line in mountinfo.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count >= dash + 4, dash >= 6 else {
        continue
      }
      let root = String(fields[3])
      let point = String(fields[4])
      switch fields[dash + 1] {
      case "cgroup2":
        guard v2 == nil, let position = positions[""] else { continue }
        v2 = CgroupLocation.join(point, CgroupLocation.relative(position, to: root))
        v2IsRoot = position == "/" && root == "/"
      case "cgroup":
        for option in fields[dash + 3].split(separator: ",") {
          let controller = String(option)
          guard v1[controller] == nil, let position = positions[controller] else { continue }
          v1[controller] = CgroupLocation.join(point, CgroupLocation.relative(position, to: root))
        }
      default:
        continue
      }
    }
  }

  /// A container may see only a part of the hierarchy, mounted at `root`; a position outside of it
  /// (as after a cgroup namespace was entered) is taken as the mount point itself.
  private static func relative(_ position: String, to root: String) -> String {
    if root == "/" { return position }
    if position == root { return "/" }
    return position.hasPrefix(root + "/") ? String(position.dropFirst(root.count)) : "/"
  }

  private static func join(_ point: String, _ position: String) -> String {
    position == "/" || position.contains("..") ? point : point + position
  }
}
