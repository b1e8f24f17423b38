// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import Volume

/// Scores candidates one by one, each in its own box of the scan.
///
/// The connected pixels of a candidate are all of its neighbourhood from 130 HU, so that candidates share
/// no lesion and their scores add up to that of a mask with all of them.
package struct CandidateScorer {
  private let ct: Volume<Int16>
  private let convention: Convention
  private let options: ScoringOptions

  /// A scorer of a scan's candidates; the options' labels do not matter.
  package init(_ ct: Volume<Int16>, convention: Convention, options: ScoringOptions) {
    self.ct = ct
    self.convention = convention
    var options = options
    options.labels = .calcium
    self.options = options
  }

  /// The score of some voxels (indices into the scan, x fastest) of whatever artery.
  package func score(_ voxels: [Int]) throws -> CalciumScore {
    let (nx, ny) = (ct.extent.columns, ct.extent.rows)
    func ends(_ place: (Int) -> Int) -> (Int, Int) {
      voxels.reduce((Int.max, -1)) { (min($0.0, place($1)), max($0.1, place($1))) }
    }
    let (x, y, z) = (ends { $0 % nx }, ends { $0 / nx % ny }, ends { $0 / (nx * ny) })
    var geometry = ct.geometry
    geometry.origin = ct.geometry.position(ofVoxel: SIMD3(Double(x.0), Double(y.0), Double(z.0)))
    geometry.extent = Extent(
      slices: z.1 - z.0 + 1, rows: y.1 - y.0 + 1, columns: x.1 - x.0 + 1)
    var box = Volume<Int16>(geometry: geometry, repeating: 0)
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    for voxel in voxels {
      let i = box.offset(voxel / (nx * ny) - z.0, voxel / nx % ny - y.0, voxel % nx - x.0)
      box.voxels[i] = ct.voxels[voxel]
      mask.voxels[i] = 1
    }
    return try Agatston.score(ct: box, mask: mask, convention: convention, options: options)
  }
}
