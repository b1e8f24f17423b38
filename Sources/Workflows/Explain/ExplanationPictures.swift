// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Files
import Foundation
import Text
import Volume

/// Pictures of lesions under each map.
struct ExplanationPictures {
  /// A map that is shown.
  struct Shown {
    let title: String
    let warning: String
    let map: Volume<Float>
    /// The magnitude that has the full tint.
    let full: Float

    init(_ title: String, warning: String, _ map: Volume<Float>) {
      (self.title, self.warning, self.map) = (title, warning, map)
      // Single voxels may be far above all others; the tint leaves them out.
      var values = map.voxels.map(abs).filter { $0 > 0 }
      values.sort(by: >)
      full = values.isEmpty ? 1 : values[min(values.count - 1, max(10, values.count / 500))]
    }
  }

  private let ct: Volume<Int16>
  private let marks: Volume<UInt8>
  private let hasArteries: Bool

  /// Half the width of a picture in mm.
  private static let half = 30.0

  /// Pictures of a scan whose scored voxels are marked.
  init(ct: Volume<Int16>, mask: Volume<UInt8>, threshold: Int?, hasArteries: Bool) {
    let least = threshold ?? Int(Int16.min)
    self.ct = ct
    self.hasArteries = hasArteries
    marks = Volume(
      geometry: ct.geometry,
      voxels: zip(mask.voxels, ct.voxels).map { $0 != 0 && Int($1) >= least ? 1 : 0 })
  }

  /// A row of pictures of a lesion: the CT, then each map.
  func sheet(_ lesion: LesionVoxels, _ shown: [Shown]) throws -> Data {
    let extent = ct.extent
    let own = lesion.voxels.filter { $0 / extent.sliceCount == lesion.slice }
    let count = max(own.count, 1)
    let x = own.reduce(0) { $0 + $1 % extent.columns } / count
    let y = own.reduce(0) { $0 + $1 / extent.columns % extent.rows } / count
    func range(_ middle: Int, _ spacing: Double, _ count: Int) -> Range<Int> {
      let reach = Int((Self.half / spacing).rounded())
      let length = min(2 * reach + 1, count)
      let start = min(max(middle - reach, 0), count - length)
      return start..<start + length
    }
    let box = SliceBox(
      rows: range(y, ct.geometry.spacing.y, extent.rows),
      columns: range(x, ct.geometry.spacing.x, extent.columns))
    let z = lesion.slice
    let panels =
      [HeatSheet.Panel(title: "CT, slice \(z + 1)")]
      + shown.map { shown in
        HeatSheet.Panel(title: shown.title, warning: shown.warning) { x, y in
          abs(shown.map.voxels[shown.map.offset(z, y, x)]) / shown.full
        }
      }
    return try HeatSheet(ct: ct, marks: marks, slice: z, box: box, panels: panels).png()
  }

  /// The caption of a sheet.
  func caption(_ shown: [Shown]) -> String {
    "\(Int(2 * Self.half)) mm wide, window −160 to 240 HU, the patient's right at the left. "
      + "Scored calcium is outlined"
      + (shown.isEmpty
        ? "."
        : "; from dark red to yellow: little to much of each "
          + "map's own scale, the same for all lesions; where there is no tint, the map is small.")
  }
}
