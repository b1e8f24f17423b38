// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Finds the connected sets of bright voxels in a part of a scan.
///
/// Voxels that share a face, an edge or a corner are connected. A set that is larger than calcium can
/// be, as bone is, is left out whole.
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

  /// The candidates with a voxel in a region.
  ///
  /// - Parameters:
  ///   - scan: the CT.
  ///   - isInside: whether a voxel x, y, z may begin a candidate.
  public func candidates(
    in scan: Volume<Int16>, where isInside: (_ x: Int, _ y: Int, _ z: Int) -> Bool
  ) -> [StageCandidate] {
    let extent = scan.extent
    let (nx, ny, nz) = (extent.columns, extent.rows, extent.slices)
    let limit = Int(largestVolume / scan.geometry.voxelVolume)
    // 0 not seen, 1 in a candidate, 2 in something too large.
    var state = Array(repeating: UInt8(0), count: scan.voxels.count)
    var found: [StageCandidate] = []
    var stack: [Int] = []
    for z in 0..<nz {
      for y in 0..<ny {
        for x in 0..<nx {
          let seed = (z * ny + y) * nx + x
          guard scan.voxels[seed] >= threshold, state[seed] == 0, isInside(x, y, z) else {
            continue
          }
          var members = [seed]
          var isTooLarge = false
          state[seed] = 1
          stack = [seed]
          while let i = stack.popLast() {
            let (u, v, w) = (i % nx, i / nx % ny, i / (nx * ny))
            for k in max(0, w - 1)...min(nz - 1, w + 1) {
              for j in max(0, v - 1)...min(ny - 1, v + 1) {
                let row = (k * ny + j) * nx
                for h in max(0, u - 1)...min(nx - 1, u + 1) {
                  let neighbour = row + h
                  guard scan.voxels[neighbour] >= threshold else { continue }
                  if state[neighbour] == 2 { isTooLarge = true }
                  guard state[neighbour] == 0 else { continue }
                  state[neighbour] = 1
                  members.append(neighbour)
                  stack.append(neighbour)
                }
              }
            }
            if members.count > limit || isTooLarge {
              isTooLarge = true
              break
            }
          }
          if isTooLarge {
            for i in members { state[i] = 2 }
          } else if let candidate = candidate(members.sorted(), scan) {
            found.append(candidate)
          }
        }
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
    return StageCandidate(voxels: members, peak: peak, centre: sum / Double(members.count))
  }
}
