// SPDX-License-Identifier: Apache-2.0
import Text

/// The number of voxels along each axis of a volume, in array order.
public struct Extent: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The number of slices, the slowest axis of the array.
  public var slices: Int
  /// The number of rows of a slice.
  public var rows: Int
  /// The number of columns of a slice, the fastest axis of the array.
  public var columns: Int

  /// An extent in array order.
  public init(slices: Int, rows: Int, columns: Int) {
    self.slices = slices
    self.rows = rows
    self.columns = columns
  }

  /// The number of voxels of one slice.
  public var sliceCount: Int { rows * columns }

  /// The number of voxels of the volume.
  public var count: Int { slices * rows * columns }

  /// The extent as slices × rows × columns.
  public var description: String { "\(slices)×\(rows)×\(columns)" }
}

/// The unit vectors, in DICOM LPS, along which the voxel indices of a volume grow.
///
/// LPS: +x points to the patient's left, +y to the back (posterior), +z to the head (superior).
public struct Direction: Hashable, Sendable, Codable {
  /// The direction of a growing column index.
  public var x: SIMD3<Double>
  /// The direction of a growing row index.
  public var y: SIMD3<Double>
  /// The direction of a growing slice index.
  public var z: SIMD3<Double>

  /// A direction from its three unit vectors.
  public init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// Axial slices of a supine patient, seen from the feet, ordered from feet to head.
  public static let identity = Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1])
}

/// Where the voxels of a volume lie in the patient.
///
/// ```swift
/// let grid = Geometry(
///   extent: Extent(slices: 40, rows: 512, columns: 512), spacing: [0.4, 0.4, 3])
/// let position = grid.position(ofVoxel: [256, 256, 10])  // LPS mm
/// ```
///
/// The array order is (z, y, x) with x fastest; vectors are (x, y, z). Positions are millimetres in
/// DICOM LPS and mean voxel centres.
public struct Geometry: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The number of voxels along each axis.
  public var extent: Extent
  /// The distance between neighbouring voxel centres along (x, y, z), in mm.
  public var spacing: SIMD3<Double>
  /// The centre of voxel (0, 0, 0), in LPS mm.
  public var origin: SIMD3<Double>
  /// The directions of the voxel axes in LPS.
  public var direction: Direction

  /// A geometry; spacing and origin in mm, LPS.
  public init(
    extent: Extent, spacing: SIMD3<Double>, origin: SIMD3<Double> = .zero,
    direction: Direction = .identity
  ) {
    self.extent = extent
    self.spacing = spacing
    self.origin = origin
    self.direction = direction
  }

  /// The volume of one voxel in mm³.
  public var voxelVolume: Double { spacing.x * spacing.y * spacing.z }

  /// The area of one pixel of a slice in mm².
  public var pixelArea: Double { spacing.x * spacing.y }

  /// The patient position, in LPS mm, of a voxel index (x, y, z), which may be fractional.
  public func position(ofVoxel index: SIMD3<Double>) -> SIMD3<Double> {
    let step = index * spacing
    return origin + direction.x * step.x + direction.y * step.y + direction.z * step.z
  }

  /// The fractional voxel index (x, y, z) of a patient position in LPS mm.
  ///
  /// The directions are taken as orthonormal, which holds for every geometry that the readers accept.
  public func voxel(at position: SIMD3<Double>) -> SIMD3<Double> {
    let d = position - origin
    return SIMD3(
      (d * direction.x).sum() / spacing.x, (d * direction.y).sum() / spacing.y,
      (d * direction.z).sum() / spacing.z)
  }

  /// How this geometry differs from another, as a sentence, or `nil` where they agree.
  ///
  /// Extents must be equal, corners of the grid must agree within `tolerance` mm: float32 headers
  /// move a corner by some micrometres, a wrong grid by at least a fraction of a voxel.
  public func mismatch(with other: Geometry, tolerance: Double = 0.01) -> String? {
    if extent != other.extent { return "grid \(extent) against \(other.extent)" }
    let last = SIMD3(Double(extent.columns - 1), Double(extent.rows - 1), Double(extent.slices - 1))
    for corner in 0..<8 {
      let index = SIMD3(
        corner & 1 == 0 ? 0 : last.x, corner & 2 == 0 ? 0 : last.y, corner & 4 == 0 ? 0 : last.z)
      let d = position(ofVoxel: index) - other.position(ofVoxel: index)
      if !((d * d).sum().squareRoot() <= tolerance) { return "\(self) against \(other)" }
    }
    return nil
  }

  /// Extent, spacing, origin and directions in one line.
  public var description: String {
    "grid \(extent), spacing \(text(spacing)) mm, origin \(text(origin)) mm, "
      + "directions \(text(direction.x)) \(text(direction.y)) \(text(direction.z))"
  }

  private func text(_ v: SIMD3<Double>) -> String {
    func short(_ value: Double) -> String { shortDecimal(value, decimals: 4) }
    return "(\(short(v.x)), \(short(v.y)), \(short(v.z)))"
  }
}
