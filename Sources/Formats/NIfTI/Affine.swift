// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Volume

/// A matrix from voxel indices to NIfTI's RAS millimetres, as its columns.
///
/// RAS: +x points to the right, +y to the front, +z to the head; x and y are those of LPS negated.
struct Affine {
  /// The steps of one voxel along x, y and z, and the position of voxel (0, 0, 0).
  let x, y, z, offset: SIMD3<Double>

  /// The matrix that the rows `srow_x`, `srow_y`, `srow_z` of a header spell out.
  init(sformOf raw: cnifti_header) {
    self.init(rows: withUnsafeBytes(of: raw.srow) { Array($0.bindMemory(to: Float.self)) })
  }

  /// The matrix that the quaternion of a header stands for, by nifti_clib.
  init(quaternionOf raw: cnifti_header) {
    var rows = [Float](repeating: 0, count: 12)
    withUnsafePointer(to: raw) { cnifti_matrix($0, &rows) }
    self.init(rows: rows)
  }

  private init(rows: [Float]) {
    func column(_ i: Int) -> SIMD3<Double> {
      SIMD3(Double(rows[i]), Double(rows[4 + i]), Double(rows[8 + i]))
    }
    (x, y, z, offset) = (column(0), column(1), column(2), column(3))
  }

  /// The lengths of the steps in mm.
  var lengths: SIMD3<Double> { SIMD3(x.length, y.length, z.length) }

  /// Whether every element is a finite number.
  var isFinite: Bool {
    [x, y, z, offset].allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }
  }

  /// Whether the steps are perpendicular, by the product of the unit steps with their transpose.
  var isOrthonormal: Bool {
    let n = lengths
    guard n.x > 0, n.y > 0, n.z > 0 else { return false }
    return Direction(x: x / n.x, y: y / n.y, z: z / n.z).isOrthonormal
  }

  /// Whether two matrices agree within 1e-4 in every element, which is ITK's tolerance.
  func agrees(with other: Affine) -> Bool {
    zip([x, y, z, offset], [other.x, other.y, other.z, other.offset]).allSatisfy { a, b in
      let d = a - b
      return max(abs(d.x), abs(d.y), abs(d.z)) <= 1e-4
    }
  }

  /// The grid in LPS with this matrix's directions and origin.
  func geometry(extent: Extent, spacing: SIMD3<Double>) -> Geometry {
    let n = lengths
    return Geometry(
      extent: extent, spacing: spacing, origin: swapped(offset),
      direction: Direction(x: swapped(x / n.x), y: swapped(y / n.y), z: swapped(z / n.z)))
  }

  /// Writes a geometry into a header as quaternion and as rows, both of a scanner (code 1).
  static func write(_ geometry: Geometry, into raw: inout cnifti_header) {
    let d = geometry.direction
    let unit = [swapped(d.x), swapped(d.y), swapped(d.z)]
    let origin = swapped(geometry.origin)
    var rotation: [Float] = []
    var rows: [Float] = []
    for row in 0..<3 {
      rotation += (0..<3).map { Float(unit[$0][row]) } + [Float(origin[row])]
      rows += (0..<3).map { Float(unit[$0][row] * geometry.spacing[$0]) } + [Float(origin[row])]
    }
    withUnsafeMutableBytes(of: &raw.srow) { srow in
      rows.withUnsafeBytes { srow.copyMemory(from: $0) }
    }
    cnifti_set_quaternion(&raw, rotation)
    raw.qform_code = 1
    raw.sform_code = 1
  }
}

extension Direction {
  /// Whether the product of the matrix of directions with its transpose is the identity.
  var isOrthonormal: Bool {
    let rows = (0..<3).map { SIMD3(x[$0], y[$0], z[$0]) }
    for i in 0..<3 {
      for j in i..<3 {
        let product = (rows[i] * rows[j]).sum()
        guard abs(product - (i == j ? 1 : 0)) <= Orientation.orthonormalTolerance else {
          return false
        }
      }
    }
    return true
  }
}

/// RAS to LPS, or back; adding zero turns −0 into 0.
private func swapped(_ v: SIMD3<Double>) -> SIMD3<Double> {
  v * SIMD3(-1, -1, 1) + SIMD3<Double>.zero
}
