// SPDX-License-Identifier: Apache-2.0
import Stages
import Volume

/// Where the heart lies in a scan, for pictures of it.
package struct HeartRegion: Sendable {
  /// The first voxel (x, y, z) of the box round the heart, in voxels of the scan.
  package let low: SIMD3<Int>
  /// The last voxel of that box.
  package let high: SIMD3<Int>
  private let maps: ScanMaps
  private let shares: [Float]

  /// The region of coarse voxels that are the heart, within those of the sac; `nil` where none is.
  ///
  /// - Parameters:
  ///   - isHeart: The coarse voxels of the heart, which the box holds.
  ///   - shares: The probability of the sac with the great vessels at each coarse voxel.
  init?(heart isHeart: [Bool], sac shares: [Float], _ maps: ScanMaps, _ extent: Extent) {
    var low = SIMD3<Double>(repeating: .infinity)
    var high = -low
    for i in isHeart.indices where isHeart[i] {
      let place = maps.voxel(ofCoarse: i)
      low = pointwiseMin(low, place)
      high = pointwiseMax(high, place)
    }
    guard low.x <= high.x else { return nil }
    func voxel(_ p: SIMD3<Double>) -> SIMD3<Int> {
      SIMD3(
        min(max(Int(p.x.rounded()), 0), extent.columns - 1),
        min(max(Int(p.y.rounded()), 0), extent.rows - 1),
        min(max(Int(p.z.rounded()), 0), extent.slices - 1))
    }
    self.low = voxel(low)
    self.high = voxel(high)
    self.maps = maps
    self.shares = shares
  }

  /// How much of a voxel of the scan belongs to the sac with the great vessels, 0 to 1.
  package func share(_ x: Int, _ y: Int, _ z: Int) -> Float {
    maps.value(shares, x: Double(x), y: Double(y), z: Double(z))
  }
}
