// SPDX-License-Identifier: Apache-2.0
import Agatston
import Volume

/// A small CT with plaques painted into it, and the mask that marks them.
struct Plaques {
  var ct: Volume<Int16>
  var mask: Volume<UInt8>

  /// An empty scan of slices × rows × columns; spacing (x, y, z) in mm.
  init(
    _ slices: Int, _ rows: Int, _ columns: Int, spacing: SIMD3<Double> = [1, 1, 3],
    origin: SIMD3<Double> = .zero
  ) {
    let geometry = Geometry(
      extent: Extent(slices: slices, rows: rows, columns: columns), spacing: spacing,
      origin: origin)
    ct = Volume(geometry: geometry, repeating: 40)
    mask = Volume(geometry: geometry, repeating: 0)
  }

  /// Paints voxels (z, y, x) with one attenuation and label.
  mutating func paint(_ voxels: [(Int, Int, Int)], hu: Int16, label: UInt8 = 1) {
    for (z, y, x) in voxels {
      ct[z, y, x] = hu
      mask[z, y, x] = label
    }
  }

  /// Paints a rectangle of one slice.
  mutating func paint(
    slice z: Int, rows: Range<Int>, columns: Range<Int>, hu: Int16, label: UInt8 = 1
  ) {
    paint(rows.flatMap { y in columns.map { x in (z, y, x) } }, hu: hu, label: label)
  }

  func scored(
    _ convention: Convention = .agatston, labels: MaskLabels = .calcium,
    change: (inout ScoringOptions) -> Void = { _ in }
  ) throws -> CalciumScore {
    var options = ScoringOptions(labels: labels, kilovoltage: 120)
    change(&options)
    return try score(ct: ct, mask: mask, convention: convention, options: options)
  }
}

/// Whether two numbers agree to a part in 10¹².
func isClose(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
  abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
