// SPDX-License-Identifier: Apache-2.0
import Agatston
import Meshes

/// A reference heart on the grid of an atlas: its cavities, and what joins it to the body's vessels.
struct HeartGraft {
  let heart: ReferenceHeart
  let grid: VoxelGrid

  /// The voxels by which the heart replaces the parts of the body's own.
  func parts(
    aorta: [Int32], pulmonaryArteries: [Int32]
  ) -> [BodyParts3D: [Int32]] {
    var cavities: [BodyParts3D: VoxelSet] = [:]
    let walls = set(
      .ventricularWalls, .papillaryMuscles, .leftAtrium, .rightAtrium, .mitralValve,
      .tricuspidValve, .aorticValve, .pulmonaryValve, .ascendingAorta, .pulmonaryTrunk)
    // What is inside of several chambers belongs to that whose walls are round most of it.
    let chambers: [(BodyParts3D, VoxelSet)] = [
      (.leftVentricle, set(.leftVentricle, .septum, .mitralValve, .aorticValve)),
      (.rightVentricle, set(.rightVentricle, .septum, .tricuspidValve, .pulmonaryValve)),
      (.leftAtrium, set(.leftAtrium, .mitralValve)),
      (.rightAtrium, set(.rightAtrium, .tricuspidValve)),
      (.aorta, set(.ascendingAorta, .aorticValve)),
      (.pulmonaryTrunk, set(.pulmonaryTrunk, .pulmonaryValve)),
    ]
    let counts = chambers.map { Self.wallsRound($0.1.dilated(grid.spacing)) }
    for (chamber, _) in chambers { cavities[chamber] = VoxelSet(grid) }
    for i in walls.bits.indices where walls.bits[i] == 0 {
      var best = (chamber: 0, count: UInt8(0))
      for k in counts.indices where counts[k][i] > best.count { best = (k, counts[k][i]) }
      if best.count >= Self.leastWalls { cavities[chambers[best.chamber].0]?.bits[i] = 1 }
    }
    var parts: [BodyParts3D: [Int32]] = [
      .myocardium: set(.ventricularWalls, .papillaryMuscles).indices,
      .atrialWalls: set(.leftAtrium, .rightAtrium).indices,
      .aorticRoot: set(.aorticValve).indices,
      .mitralValve: set(.mitralValve).indices,
      .coronaryVeins: set(.veins).indices,
    ]
    for (chamber, cavity) in cavities { parts[chamber] = cavity.indices }
    parts[.aorta] = joined(
      (parts[.aorta] ?? []) + set(.ascendingAorta).indices, to: aorta, radius: 12,
      keeping: { p, top in p.z > top - 6 || p.y > -95 })
    parts[.pulmonaryTrunk] = joined(
      (parts[.pulmonaryTrunk] ?? []) + set(.pulmonaryTrunk).indices,
      to: pulmonaryArteries, radius: 9, keeping: { _, _ in false })
    return parts
  }

  /// The arteries in the order in which their courses are found: trunks first.
  var vessels: [(artery: Artery, isTrunk: Bool, mesh: Mesh)] {
    let list: [(Artery, Bool, ReferenceHeart.Part)] = [
      (.leftMain, true, .leftMain), (.right, true, .right),
      (.leftAnteriorDescending, true, .leftAnteriorDescending),
      (.leftCircumflex, true, .leftCircumflex), (.leftAnteriorDescending, false, .diagonal),
      (.leftCircumflex, false, .circumflexBranches), (.right, false, .rightBranches),
    ]
    return list.flatMap { artery, isTrunk, part in
      heart.meshes(part).map { (artery, isTrunk, $0) }
    }
  }

  private func set(_ parts: ReferenceHeart.Part...) -> VoxelSet {
    var set = VoxelSet(grid)
    for part in parts {
      for mesh in heart.meshes(part) { for i in mesh.voxels(on: grid) { set.bits[Int(i)] = 1 } }
    }
    return set
  }

  /// Of 14 directions those in which a wall lies, for each voxel.
  private static func wallsRound(_ walls: VoxelSet) -> [UInt8] {
    let (nx, ny, nz) = (walls.grid.extent.x, walls.grid.extent.y, walls.grid.extent.z)
    var counts = Array(repeating: UInt8(0), count: walls.bits.count)
    var directions = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    for j in [-1, 1] {
      for k in [-1, 1] { directions.append((1, j, k)) }
    }
    for (dx, dy, dz) in directions + directions.map({ (-$0.0, -$0.1, -$0.2) }) {
      var isWallAhead = Array(repeating: false, count: walls.bits.count)
      let (xs, ys, zs) = (order(nx, dx), order(ny, dy), order(nz, dz))
      for z in zs {
        for y in ys {
          for x in xs {
            let (u, v, w) = (x + dx, y + dy, z + dz)
            guard u >= 0, v >= 0, w >= 0, u < nx, v < ny, w < nz else { continue }
            let next = (w * ny + v) * nx + u
            if isWallAhead[next] || walls.bits[next] != 0 {
              let i = (z * ny + y) * nx + x
              isWallAhead[i] = true
              counts[i] += 1
            }
          }
        }
      }
    }
    return counts
  }

  // From the far end of an axis to its start, so that what is ahead is known.
  private static func order(_ count: Int, _ step: Int) -> [Int] {
    step > 0 ? (0..<count).reversed() : Array(0..<count)
  }

  /// The least number of walls round a cavity; its valves and veins have gaps.
  private static let leastWalls = 11

  /// The heart's vessel with what goes on in the body, and a tube between their nearest ends.
  private func joined(
    _ own: [Int32], to body: [Int32], radius: Float,
    keeping isKept: (_ place: SIMD3<Float>, _ top: Float) -> Bool
  ) -> [Int32] {
    func places(_ voxels: [Int32]) -> [SIMD3<Float>] {
      voxels.map { grid.position(ofVoxel: Int($0)) }
    }
    let ownPlaces = places(own)
    guard let top = ownPlaces.map(\.z).max() else { return own }
    let rim = ownPlaces.filter { $0.z > top - 4 }
    let end = rim.reduce(.zero, +) / Float(rim.count)
    let kept = body.filter { isKept(grid.position(ofVoxel: Int($0)), top) }
    let targets = places(kept.isEmpty ? body : kept)
    guard let nearest = targets.min(by: { squared($0 - end) < squared($1 - end) }) else {
      return own
    }
    // The middle of what lies near the nearest place, rather than its rim.
    let near = targets.filter { squared($0 - nearest) < 4 * radius * radius }
    let start = near.reduce(.zero, +) / Float(max(near.count, 1))
    var tube: Set<Int> = []
    let steps = max(1, Int(squared(start - end).squareRoot() / grid.spacing))
    for i in 0...steps {
      let p = end + (start - end) * (Float(i) / Float(steps))
      tube.formUnion(grid.indices(within: radius, of: p))
    }
    return own + kept + tube.sorted().map { Int32($0) }
  }
}

extension VoxelSet {
  /// The voxels of the set, ascending.
  var indices: [Int32] { bits.indices.compactMap { bits[$0] != 0 ? Int32($0) : nil } }
}
