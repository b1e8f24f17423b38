// SPDX-License-Identifier: Apache-2.0
public import Volume

/// A scan in cubic voxels of some mm: what the localiser looks at.
///
/// Each voxel is the mean of the scan over its cube; where the scan's slices are thicker than that,
/// it is interpolated between them. The scan must be axial (`Volume.axial`); the coarse axes run to the
/// patient's left, to the back and to the head, whichever way the scan's do.
public struct CoarseScan: Sendable {
  /// The edge of a voxel in mm.
  public let spacing: Double
  /// The numbers of voxels along z, y and x.
  public let extent: [Int]
  /// The mean HU of each voxel, x fastest.
  public let hu: [Float]
  /// For each axis z, y, x: the centre of voxel 0 in voxels of the scan, and the step in them, which is
  /// negative where the axes run in opposite directions.
  let starts: [Double]
  let steps: [Double]

  /// The scan with voxels of an edge in mm.
  ///
  /// - Parameters:
  ///   - scan: the axial CT.
  ///   - spacing: the edge of a voxel in mm.
  ///   - shift: how far the cubes are moved along z, y and x, in voxels.
  public init(_ scan: Volume<Int16>, spacing: Double, shift: SIMD3<Double> = .zero) {
    self.spacing = spacing
    let counts = [scan.extent.slices, scan.extent.rows, scan.extent.columns]
    let spacings = [
      scan.geometry.spacing.z, scan.geometry.spacing.y, scan.geometry.spacing.x,
    ]
    let direction = scan.geometry.direction
    let isReversed = [direction.z.z < 0, direction.y.y < 0, direction.x.x < 0]
    let steps = zip(spacings, isReversed).map { $1 ? -spacing / $0 : spacing / $0 }
    let extent = zip(counts, spacings).map { max(1, Int((Double($0) * $1 / spacing).rounded())) }
    // The cubes lie about the middle of the scan.
    let starts = (0..<3).map { axis in
      (Double(counts[axis]) - 1) / 2 - ((Double(extent[axis]) - 1) / 2 - shift[axis]) * steps[axis]
    }
    let weights = (0..<3).map { axis in
      (0..<extent[axis]).map { i in
        Self.weights(
          around: starts[axis] + Double(i) * steps[axis], width: max(abs(steps[axis]), 1),
          count: counts[axis])
      }
    }
    (self.steps, self.extent, self.starts) = (steps, extent, starts)
    hu = Self.averaged(scan, extent: extent, weights: weights)
  }

  /// The shares that the scan's voxels have in a window of a width, in voxels.
  ///
  /// A window of one voxel or less interpolates between its two neighbours.
  private static func weights(around centre: Double, width: Double, count: Int)
    -> [(index: Int, weight: Float)]
  {
    let low = centre - width / 2
    var shares: [Int: Double] = [:]
    for i in Int(low.rounded(.down))...Int((low + width).rounded(.up)) {
      let overlap = min(Double(i) + 0.5, low + width) - max(Double(i) - 0.5, low)
      if overlap > 0 { shares[min(max(i, 0), count - 1), default: 0] += overlap / width }
    }
    return shares.sorted { $0.key < $1.key }.map { ($0.key, Float($0.value)) }
  }

  private static func averaged(
    _ scan: Volume<Int16>, extent: [Int], weights: [[[(index: Int, weight: Float)]]]
  ) -> [Float] {
    let (columns, rows) = (scan.extent.columns, scan.extent.rows)
    let (nz, ny, nx) = (extent[0], extent[1], extent[2])
    var result = Array(repeating: Float(0), count: nz * ny * nx)
    var planes: [Int: [Float]] = [:]
    // One slice of the scan in coarse rows and columns.
    func plane(_ z: Int) -> [Float] {
      if let known = planes[z] { return known }
      var lines = Array(repeating: Float(0), count: rows * nx)
      scan.voxels.withUnsafeBufferPointer { voxels in
        for y in 0..<rows {
          let start = (z * rows + y) * columns
          for x in 0..<nx {
            var sum: Float = 0
            for (i, w) in weights[2][x] { sum += w * Float(voxels[start + i]) }
            lines[y * nx + x] = sum
          }
        }
      }
      var plane = Array(repeating: Float(0), count: ny * nx)
      for y in 0..<ny {
        for (j, w) in weights[1][y] {
          for x in 0..<nx { plane[y * nx + x] += w * lines[j * nx + x] }
        }
      }
      planes[z] = plane
      return plane
    }
    for z in 0..<nz {
      let needed = Set(weights[0][z].map(\.index))
      planes = planes.filter { needed.contains($0.key) }
      for (k, w) in weights[0][z] {
        let plane = plane(k)
        for i in 0..<ny * nx { result[z * ny * nx + i] += w * plane[i] }
      }
    }
    return result
  }
}
