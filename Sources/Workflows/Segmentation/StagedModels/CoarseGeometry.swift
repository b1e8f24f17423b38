// SPDX-License-Identifier: Apache-2.0
import Stages
import Volume

extension CoarseScan {
  /// Where the coarse voxels lie in the patient: about the middle of the scan, their axes to the
  /// patient's left, to the back and to the head, but for the scan's own tilt.
  func geometry(in scan: Geometry) -> Geometry {
    func turned(_ axis: SIMD3<Double>, _ component: Double) -> SIMD3<Double> {
      component < 0 ? -axis : axis
    }
    let direction = Direction(
      x: turned(scan.direction.x, scan.direction.x.x),
      y: turned(scan.direction.y, scan.direction.y.y),
      z: turned(scan.direction.z, scan.direction.z.z))
    let middle = SIMD3(
      Double(scan.extent.columns - 1), Double(scan.extent.rows - 1), Double(scan.extent.slices - 1))
    var geometry = Geometry(
      extent: Extent(slices: extent[0], rows: extent[1], columns: extent[2]),
      spacing: SIMD3(repeating: spacing), direction: direction)
    let half = SIMD3(Double(extent[2] - 1), Double(extent[1] - 1), Double(extent[0] - 1)) / 2
    geometry.origin = scan.position(ofVoxel: middle / 2) - geometry.position(ofVoxel: half)
    return geometry
  }
}
