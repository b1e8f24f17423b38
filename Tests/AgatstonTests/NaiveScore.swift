// SPDX-License-Identifier: Apache-2.0
import Agatston
import Volume

/// The score of a mask, voxel by voxel as the definitions read: slow and without shortcuts.
struct NaiveScore {
  var agatston = 0.0
  var voxels = 0
  var byLabel: [UInt8: Double] = [:]
  var lesionSizes: [Int] = []

  init(_ scan: Plaques, convention: Convention, thickness: Double) {
    let e = scan.ct.extent
    let s = scan.ct.geometry.spacing
    let bound: Int16 = 130
    var inside: Set<Voxel> = []
    for z in 0..<e.slices {
      for y in 0..<e.rows {
        for x in 0..<e.columns where scan.mask[z, y, x] != 0 {
          let hu = scan.ct[z, y, x]
          let counts =
            convention.threshold == .none || hu > bound
            || convention.threshold == .atLeast && hu == bound
          if counts { inside.insert(Voxel(z, y, x)) }
        }
      }
    }
    var kept: Set<Voxel> = []
    for component in NaiveScore.components(inside, convention.connectivity) {
      let n = Double(component.count)
      if n < Double(convention.minimumVoxels ?? 0) { continue }
      if n * s.x * s.y < (convention.minimumArea ?? 0) - 1e-6 { continue }
      if n * s.x * s.y * s.z < (convention.minimumVolume ?? 0) - 1e-6 { continue }
      kept.formUnion(component)
      var units = [Array(component)]
      if convention.peak == .slice {
        units = Array(Dictionary(grouping: component) { $0.z }.values)
      }
      for unit in units {
        let peak = unit.map { scan.ct[$0.z, $0.y, $0.x] }.max() ?? 0
        let weight = [130, 200, 300, 400].filter { peak >= $0 }.count
        var points = Double(unit.count * weight) * s.x * s.y
        switch convention.factor {
        case .increment: points *= s.z / 3
        case .none: break
        case .roundedThickness: points = (points * thickness / 3).rounded(.toNearestOrEven)
        case .roundedPixel:
          points = Double(unit.count * weight) * (s.x * s.y * s.z / 3 * 1000).rounded() / 1000
        }
        agatston += points
        for voxel in unit {
          var label = scan.mask[voxel.z, voxel.y, voxel.x]
          if convention.leftMainCountsAsLAD, label == 1 { label = 2 }
          byLabel[label, default: 0] += points / Double(unit.count)
        }
      }
    }
    voxels = kept.count
    lesionSizes = NaiveScore.components(kept, .twentySix).map(\.count).sorted()
  }

  struct Voxel: Hashable {
    let z: Int
    let y: Int
    let x: Int
    init(_ z: Int, _ y: Int, _ x: Int) { (self.z, self.y, self.x) = (z, y, x) }
  }

  /// Flood fill, neighbour by neighbour.
  static func components(_ voxels: Set<Voxel>, _ connectivity: Connectivity) -> [Set<Voxel>] {
    var steps: [(Int, Int, Int)] = []
    for dz in -1...1 {
      for dy in -1...1 {
        for dx in -1...1 {
          let moved = abs(dz) + abs(dy) + abs(dx)
          let isStep =
            switch connectivity {
            case .four: dz == 0 && moved == 1
            case .eight: dz == 0 && moved > 0
            case .six: moved == 1
            case .twentySix: moved > 0
            }
          if isStep { steps.append((dz, dy, dx)) }
        }
      }
    }
    var left = voxels
    var found: [Set<Voxel>] = []
    while let seed = left.first {
      var component: Set<Voxel> = []
      var queue = [seed]
      left.remove(seed)
      while let voxel = queue.popLast() {
        component.insert(voxel)
        for (dz, dy, dx) in steps {
          let next = Voxel(voxel.z + dz, voxel.y + dy, voxel.x + dx)
          if left.remove(next) != nil { queue.append(next) }
        }
      }
      found.append(component)
    }
    return found
  }
}
