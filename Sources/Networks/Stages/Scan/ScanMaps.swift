// SPDX-License-Identifier: Apache-2.0

/// What the localiser says about a scan, asked for by the scan's own voxels.
public struct ScanMaps: Sendable {
  /// What the localiser was given.
  public private(set) var scan: CoarseScan
  /// What it said, on the same grid.
  public private(set) var maps: LocaliserMaps
  private let classNumbers: [String: Int]
  private let mapNumbers: [String: Int]

  /// The maps that a localiser of a design gives a scan.
  public init(_ scan: CoarseScan, _ maps: LocaliserMaps, design: LocaliserDesign) {
    self.scan = scan
    self.maps = maps
    func numbers(_ names: [String]) -> [String: Int] {
      Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
    classNumbers = numbers(design.classes)
    mapNumbers = numbers(design.heatMaps)
  }

  /// The same maps on another grid of equal extent, from which their own is some voxels away along z, y
  /// and x.
  ///
  /// Values between the cubes are interpolated; beyond the border they are those of it.
  func moved(by shift: SIMD3<Double>, onto scan: CoarseScan) -> ScanMaps {
    var copy = self
    copy.scan = scan
    copy.maps.probabilities = Self.moved(maps.probabilities, by: shift, scan.extent)
    copy.maps.heatMaps = Self.moved(maps.heatMaps, by: shift, scan.extent)
    return copy
  }

  /// The mean of several maps on one grid; the first where there is one only.
  static func mean(_ list: [ScanMaps]) -> ScanMaps {
    var mean = list[0]
    guard list.count > 1 else { return mean }
    let share = 1 / Float(list.count)
    for i in mean.maps.probabilities.indices {
      mean.maps.probabilities[i] = list.reduce(0) { $0 + $1.maps.probabilities[i] } * share
    }
    for i in mean.maps.heatMaps.indices {
      mean.maps.heatMaps[i] = list.reduce(0) { $0 + $1.maps.heatMaps[i] } * share
    }
    return mean
  }

  /// Channels of a grid, each read some voxels lower: the value at i is that between i − shift's
  /// neighbours.
  private static func moved(_ values: [Float], by shift: SIMD3<Double>, _ extent: [Int]) -> [Float]
  {
    let plane = extent[1] * extent[2]
    var result = values
    for (axis, stride) in [plane, extent[2], 1].enumerated() {
      let whole = shift[axis].rounded(.down)
      let share = Float(shift[axis] - whole)
      let (near, count) = (Int(whole), extent[axis])
      guard near != 0 || share != 0 else { continue }
      let source = result
      for i in source.indices {
        let k = i / stride % count
        let a = min(max(k - near, 0), count - 1)
        let b = min(max(k - near - 1, 0), count - 1)
        result[i] =
          (1 - share) * source[i + (a - k) * stride] + share * source[i + (b - k) * stride]
      }
    }
    return result
  }

  /// The voxels of the coarse grid.
  public var count: Int { scan.extent.reduce(1, *) }

  /// Whether the localiser looks for a class.
  public func hasClass(_ name: String) -> Bool { classNumbers[name] != nil }

  /// The summed probability of some classes at each coarse voxel.
  public func probability(of classes: [String]) -> [Float] {
    var sum = Array(repeating: Float(0), count: count)
    for number in classes.compactMap({ classNumbers[$0] }) {
      for i in sum.indices { sum[i] += maps.probabilities[number * count + i] }
    }
    return sum
  }

  /// A heat map at each coarse voxel; nil where the localiser has none of the name.
  public func heatMap(_ name: String) -> [Float]? {
    mapNumbers[name].map { Array(maps.heatMaps[$0 * count..<($0 + 1) * count]) }
  }

  /// The value of a coarse map at a voxel (x, y, z) of the scan, between the coarse voxels.
  public func value(_ map: [Float], x: Double, y: Double, z: Double) -> Float {
    // No arrays here: this is asked for each pixel of each view of a candidate.
    let (p, q, r) = (place(z, axis: 0), place(y, axis: 1), place(x, axis: 2))
    let (ny, nx) = (scan.extent[1], scan.extent[2])
    return map.withUnsafeBufferPointer { map in
      var sum: Float = 0
      for k in 0...1 {
        for j in 0...1 {
          let row = ((p.low + k) * ny + q.low + j) * nx + r.low
          let share = (k == 0 ? 1 - p.share : p.share) * (j == 0 ? 1 - q.share : q.share)
          for i in 0...1 {
            let w = share * (i == 0 ? 1 - r.share : r.share)
            // A map of one voxel along an axis has no second.
            if w > 0 { sum += w * map[row + i] }
          }
        }
      }
      return sum
    }
  }

  /// The coarse voxel below a voxel of the scan along an axis, and how far it is on to the next.
  private func place(_ index: Double, axis: Int) -> (low: Int, share: Float) {
    let last = scan.extent[axis] - 1
    let q = min(max((index - scan.starts[axis]) / scan.steps[axis], 0), Double(last))
    let low = min(Int(q), max(last - 1, 0))
    return (low, Float(q - Double(low)))
  }

  /// The place of a coarse voxel in voxels of the scan: x, y, z.
  public func voxel(ofCoarse i: Int) -> SIMD3<Double> {
    let p = coarse(i)
    return SIMD3(scan.starts[2], scan.starts[1], scan.starts[0])
      + p * SIMD3(scan.steps[2], scan.steps[1], scan.steps[0])
  }

  /// The distance of two coarse voxels in mm.
  public func distance(_ i: Int, _ j: Int) -> Double {
    let v = (coarse(i) - coarse(j)) * scan.spacing
    return (v * v).sum().squareRoot()
  }

  private func coarse(_ i: Int) -> SIMD3<Double> {
    let (ny, nx) = (scan.extent[1], scan.extent[2])
    return SIMD3(Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
  }

  /// The centre of a coarse map's weight in voxels of the scan (x, y, z), and its standard deviations
  /// in mm; the middle of the scan and 40 mm where the map is empty.
  func centreAndSpread(of map: [Float]) -> (centre: SIMD3<Double>, spread: SIMD3<Double>) {
    let (ny, nx) = (scan.extent[1], scan.extent[2])
    var (weight, sum, squares) = (0.0, SIMD3<Double>.zero, SIMD3<Double>.zero)
    for (i, value) in map.enumerated() where value > 0.5 {
      let p = SIMD3(Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
      weight += 1
      sum += p
      squares += p * p
    }
    let starts = SIMD3(scan.starts[2], scan.starts[1], scan.starts[0])
    let steps = SIMD3(scan.steps[2], scan.steps[1], scan.steps[0])
    guard weight > 0 else {
      let middle = SIMD3(Double(nx - 1), Double(ny - 1), Double(scan.extent[0] - 1)) / 2
      return (starts + middle * steps, SIMD3(repeating: 40))
    }
    let mean = sum / weight
    let variance = squares / weight - mean * mean
    let spread = SIMD3(
      max(variance.x, 1).squareRoot(), max(variance.y, 1).squareRoot(),
      max(variance.z, 1).squareRoot())
    return (starts + mean * steps, spread * scan.spacing)
  }
}
