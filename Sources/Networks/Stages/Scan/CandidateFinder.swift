// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Finds the connected sets of bright voxels in a part of a scan.
///
/// Voxels that share a face, an edge or a corner are connected. A set that is larger than calcium can
/// be, as bone is, is looked at again above higher thresholds: noise or a calcified wall may link a
/// plaque to a rib. What then stands alone is a candidate with its rim; what stays too large is none.
public struct CandidateFinder: Sendable {
  /// The least HU of calcium.
  public var threshold: Int16
  /// The volume above which a set is no lesion, in mm³.
  public var largestVolume: Double
  /// The area in a slice below which a set is noise, in mm².
  public var smallestArea: Double

  /// A finder; by default the bounds of Agatston's score, and 10 mL.
  public init(
    threshold: Int16 = 130, largestVolume: Double = 10_000, smallestArea: Double = 1
  ) {
    self.threshold = threshold
    self.largestVolume = largestVolume
    self.smallestArea = smallestArea
  }

  /// The thresholds above which sets are separated that are too large, relative to the least HU.
  static let separations = [1.3, 1.7]

  /// The candidates with a voxel in a region.
  ///
  /// - Parameters:
  ///   - scan: the CT.
  ///   - isInside: whether a voxel x, y, z may begin a candidate.
  public func candidates(
    in scan: Volume<Int16>, where isInside: (_ x: Int, _ y: Int, _ z: Int) -> Bool
  ) -> [StageCandidate] {
    var flood = CandidateFlood(
      scan, limit: Int(largestVolume / scan.geometry.voxelVolume), threshold: threshold)
    var found = flood.sets(where: isInside).compactMap { candidate($0, scan) }
    for factor in Self.separations {
      let higher = Int16((Double(threshold) * factor).rounded())
      found += flood.separatedSets(above: higher, where: isInside).compactMap {
        candidate($0, scan)
      }
    }
    return found
  }

  /// The candidate of some voxels, or nil where it reaches the least area in no slice.
  private func candidate(_ members: [Int], _ scan: Volume<Int16>) -> StageCandidate? {
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    var areas: [Int: Int] = [:]
    var sum = SIMD3<Double>.zero
    var peak = Int16.min
    for i in members {
      areas[i / (nx * ny), default: 0] += 1
      sum += SIMD3(Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
      peak = max(peak, scan.voxels[i])
    }
    let largest = Double(areas.values.max() ?? 0) * scan.geometry.pixelArea
    guard largest >= smallestArea else { return nil }
    return StageCandidate(
      voxels: members, peak: peak, area: largest, centre: sum / Double(members.count))
  }
}

/// Sets of connected bright voxels of one scan.
private struct CandidateFlood {
  /// What became of a voxel.
  private enum State {
    static let unseen: UInt8 = 0
    static let taken: UInt8 = 1
    static let tooLarge: UInt8 = 2
  }

  private let scan: Volume<Int16>
  private let limit: Int
  private let threshold: Int16
  private var state: [UInt8]
  /// The voxels of sets that are too large and were begun inside the region.
  private var large: [Int] = []

  init(_ scan: Volume<Int16>, limit: Int, threshold: Int16) {
    self.scan = scan
    self.limit = limit
    self.threshold = threshold
    state = Array(repeating: State.unseen, count: scan.voxels.count)
  }

  /// The sets that begin inside and are not too large; voxels ascending.
  mutating func sets(where isInside: (Int, Int, Int) -> Bool) -> [[Int]] {
    let extent = scan.extent
    let (nx, ny) = (extent.columns, extent.rows)
    var found: [[Int]] = []
    for seed in scan.voxels.indices
    where scan.voxels[seed] >= threshold && state[seed] == State.unseen
      && isInside(seed % nx, seed / nx % ny, seed / (nx * ny))
    {
      var members = [seed]
      var isTooLarge = false
      state[seed] = State.taken
      var stack = [seed]
      while let i = stack.popLast(), !isTooLarge {
        Self.forNeighbours(of: i, extent) { neighbour in
          guard scan.voxels[neighbour] >= threshold else { return }
          if state[neighbour] == State.tooLarge { isTooLarge = true }
          guard state[neighbour] == State.unseen else { return }
          state[neighbour] = State.taken
          members.append(neighbour)
          stack.append(neighbour)
        }
        if members.count > limit { isTooLarge = true }
      }
      if isTooLarge {
        for i in members { state[i] = State.tooLarge }
        large += members
      } else {
        found.append(members.sorted())
      }
    }
    return found
  }

  /// The sets above a higher threshold within those that were too large, with the bright voxels next to
  /// them.
  mutating func separatedSets(
    above higher: Int16, where isInside: (Int, Int, Int) -> Bool
  ) -> [[Int]] {
    let extent = scan.extent
    let (nx, ny) = (extent.columns, extent.rows)
    // A set that was broken off may go on beyond what was seen of it; it is too large all the same.
    var seen: Set<Int> = []
    var found: [[Int]] = []
    for seed in large.sorted()
    where state[seed] == State.tooLarge && scan.voxels[seed] >= higher && !seen.contains(seed)
      && isInside(seed % nx, seed / nx % ny, seed / (nx * ny))
    {
      var members = [seed]
      seen.insert(seed)
      var stack = [seed]
      while let i = stack.popLast(), members.count <= limit {
        Self.forNeighbours(of: i, extent) { neighbour in
          guard scan.voxels[neighbour] >= higher, state[neighbour] != State.taken,
            seen.insert(neighbour).inserted
          else { return }
          members.append(neighbour)
          stack.append(neighbour)
        }
      }
      guard members.count <= limit else { continue }
      for i in members { state[i] = State.taken }
      for i in members {
        Self.forNeighbours(of: i, extent) { neighbour in
          guard scan.voxels[neighbour] >= threshold, state[neighbour] != State.taken else { return }
          state[neighbour] = State.taken
          members.append(neighbour)
        }
      }
      found.append(members.sorted())
    }
    return found
  }

  @inline(__always)
  private static func forNeighbours(of i: Int, _ extent: Extent, _ body: (Int) -> Void) {
    let (nx, ny, nz) = (extent.columns, extent.rows, extent.slices)
    let (x, y, z) = (i % nx, i / nx % ny, i / (nx * ny))
    for k in max(0, z - 1)...min(nz - 1, z + 1) {
      for j in max(0, y - 1)...min(ny - 1, y + 1) {
        let row = (k * ny + j) * nx
        for h in max(0, x - 1)...min(nx - 1, x + 1) { body(row + h) }
      }
    }
  }
}
