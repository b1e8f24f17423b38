// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume

/// A box of voxels somewhere in a scan, turned about its z axis: what a step of DeepCAC looks at.
///
/// Places are in mm from the corner of the scan's first voxel, along z, y and x of its array.
package struct VolumeBox: Sendable {
  /// The numbers of voxels along z, y and x.
  package let extent: [Int]
  /// The edges of a voxel in mm.
  package let spacing: [Double]
  /// The middle of the box in mm.
  package let centre: [Double]
  /// How far it is turned, in radians.
  private let angle: Double

  /// A box about a place.
  package init(
    extent: [Int], spacing: [Double], centre: [Double], angle: Double = 0
  ) {
    (self.extent, self.spacing, self.centre, self.angle) = (extent, spacing, centre, angle)
  }

  /// The number of voxels.
  package var count: Int { extent.reduce(1, *) }

  /// The centre of a voxel in mm, without the turn.
  package func place(axis: Int, _ index: Int) -> Double {
    centre[axis] + (Double(index) - Double(extent[axis] - 1) / 2) * spacing[axis]
  }

  /// The number of the voxel that a place lies in, of a box that is not turned; `nil` outside.
  package func voxel(at place: [Double]) -> Int? {
    var offset = 0
    for axis in 0..<3 {
      let index = (place[axis] - centre[axis]) / spacing[axis] + Double(extent[axis] - 1) / 2
      let nearest = Int(index.rounded())
      guard (0..<extent[axis]).contains(nearest) else { return nil }
      offset = offset * extent[axis] + nearest
    }
    return offset
  }

  /// The network's input: −1 … 1 for −1024 … 3071 HU, between the voxels of a scan linearly; air outside.
  package func input(_ scan: SlabScan) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    forEachPlace(scan.grid) { place in
      values.append((Self.value(scan, at: place) + 1024) * (2 / 4095) - 1)
    }
    return values
  }

  /// 1 where the scan's nearest voxel is so marked, 0 elsewhere and outside.
  package func target(_ marks: (Int) -> Bool, _ grid: SlabGrid) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    let extent = grid.extent
    forEachPlace(grid) { p in
      let (z, y, x) = (Int(p.0.rounded()), Int(p.1.rounded()), Int(p.2.rounded()))
      let isInside =
        z >= 0 && z < extent.slices && y >= 0 && y < extent.rows && x >= 0 && x < extent.columns
      values.append(isInside && marks((z * extent.rows + y) * extent.columns + x) ? 1 : 0)
    }
    return values
  }

  /// Calls a function with the place of each voxel in the grid's indices (z, y, x).
  private func forEachPlace(_ grid: SlabGrid, _ body: ((Double, Double, Double)) -> Void) {
    let (sine, cosine) = (sin(angle), cos(angle))
    for k in 0..<extent[0] {
      let z = place(axis: 0, k) / SlabGrid.step - 0.5
      for j in 0..<extent[1] {
        let v = place(axis: 1, j) - centre[1]
        for i in 0..<extent[2] {
          let u = place(axis: 2, i) - centre[2]
          let y = (centre[1] + cosine * v + sine * u) / SlabGrid.pixel - 0.5
          let x = (centre[2] + cosine * u - sine * v) / SlabGrid.pixel - 0.5
          body((z, y, x))
        }
      }
    }
  }

  /// The HU at a place in the grid's indices.
  private static func value(_ scan: SlabScan, at p: (Double, Double, Double)) -> Float {
    let extent = scan.grid.extent
    func isBeyond(_ value: Double, _ count: Int) -> Bool {
      value < -0.5 || value > Double(count) - 0.5
    }
    guard !isBeyond(p.0, extent.slices), !isBeyond(p.1, extent.rows), !isBeyond(p.2, extent.columns)
    else { return -1024 }
    func pair(_ value: Double, _ count: Int) -> (Int, Int, Float) {
      let inside = min(max(value, 0), Double(count - 1))
      let low = Int(inside)
      return (low, min(low + 1, count - 1), Float(inside - Double(low)))
    }
    let (z, y, x) = (pair(p.0, extent.slices), pair(p.1, extent.rows), pair(p.2, extent.columns))
    func row(_ k: Int, _ j: Int) -> Float {
      let start = (k * extent.rows + j) * extent.columns
      return Float(scan.hu[start + x.0]) * (1 - x.2) + Float(scan.hu[start + x.1]) * x.2
    }
    func plane(_ k: Int) -> Float { row(k, y.0) * (1 - y.2) + row(k, y.1) * y.2 }
    return min(3071, max(-1024, plane(z.0) * (1 - z.2) + plane(z.1) * z.2))
  }
}
