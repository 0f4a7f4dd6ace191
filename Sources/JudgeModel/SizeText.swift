/// Which way a size is rounded when it is told.
public enum SizeRounding: Hashable, Sendable {
  case up
  case down
}

/// A number of bytes in the units in which people write `--cache-budget`, with one decimal: `612 MiB`,
/// `1.5 GiB`. A need rounded up and what there is rounded down never look the same when they are not.
public func sizeText(_ bytes: Int64, rounded: SizeRounding) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
  let bytes = max(0, bytes)
  var unit = 0
  while unit + 1 < units.count, bytes >> (10 * Int64(unit + 1)) > 0 { unit += 1 }
  let scale = Int64(1) << (10 * Int64(unit))
  let whole = bytes / scale
  // Below 2^63: the rest is less than the scale, of at most 2^50.
  let rest = bytes % scale * 10
  let tenths = whole * 10 + rest / scale + (rounded == .up && rest % scale > 0 ? 1 : 0)
  return tenths % 10 == 0
    ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
