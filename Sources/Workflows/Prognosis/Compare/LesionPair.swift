// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Foundation
import Images
import Report
import Risk
import Scoring
import Studies
import Volume

/// Pictures of a lesion in both scans, side by side: the same place, whether there is calcium or not.
struct LesionPair {
  private let prior: ScoredScan
  private let current: ScoredScan
  private let motion: RigidMotion

  /// Half the width of a picture in mm.
  private static let half = 28.0

  init(prior: ScoredScan, current: ScoredScan, motion: RigidMotion) {
    (self.prior, self.current, self.motion) = (prior, current, motion)
  }

  /// The figure of a change.
  func figure(_ change: LesionChanges.Change) throws -> ReportContent.Figure {
    let before = change.prior.map { prior.score.score.lesions[$0] }
    let after = change.current.map { current.score.score.lesions[$0] }
    // Where there is no lesion, the place is that of its partner.
    let place = before.first.map(\.centroid) ?? motion.inverse.moved(after[0].centroid)
    let other = after.first.map(\.centroid) ?? motion.moved(place)
    let left = try picture(prior, at: place, slice: before.first)
    let right = try picture(current, at: other, slice: after.first)
    let side = 2 * Self.half
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(2 * side + 2) \(side)\" "
      + "width=\"\(12 * side + 12)\" height=\"\(6 * side)\">"
    svg += Self.drawn(left, x: 0, isEmpty: before.isEmpty)
    svg += Self.drawn(right, x: side + 2, isEmpty: after.isEmpty) + "</svg>"
    let name = change.artery?.abbreviation ?? "calcium"
    let numbers =
      "\(NumberFormat.text(change.volumes.before, decimals: 1)) → "
      + "\(NumberFormat.text(change.volumes.after, decimals: 1)) mm³"
    return ReportContent.Figure(
      title: "\(name), \(change.state.rawValue)",
      caption:
        "Left before, right after: \(numbers). \(Int(side)) mm wide, window −160 to 240 HU; what counts "
        + "is outlined"
        + (before.isEmpty || after.isEmpty ? ", a circle shows where it would be." : "."),
      summary: "\(name): a lesion \(change.state.rawValue), \(numbers).", svg: svg)
  }

  private func picture(_ scored: ScoredScan, at place: SIMD3<Double>, slice lesion: Lesion?) throws
    -> ScanView.Picture
  {
    let ct = scored.scan.ct
    let extent = ct.extent
    let voxel = ct.geometry.voxel(at: place)
    // The slice of a lesion that shows most of it.
    let z =
      lesion.flatMap { lesion in
        zip(lesion.slices, lesion.sliceAreas).max { $0.1 < $1.1 }?.0
      } ?? Int(voxel.z.rounded())
    func range(_ middle: Double, _ spacing: Double, _ count: Int) -> Range<Int> {
      let reach = Self.half / spacing
      let low = min(max(Int((middle - reach).rounded()), 0), max(count - 2, 0))
      let high = min(max(Int((middle + reach).rounded()) + 1, low + 2), count)
      return low..<high
    }
    let box = SliceBox(
      rows: range(voxel.y, ct.geometry.spacing.y, extent.rows),
      columns: range(voxel.x, ct.geometry.spacing.x, extent.columns))
    let threshold = Int16(clamping: scored.score.score.convention.threshold ?? 130)
    var marks = scored.mask
    for i in marks.voxels.indices where marks.voxels[i] != 0 && ct.voxels[i] < threshold {
      marks.voxels[i] = 0
    }
    let view = ScanView(ct: ct, marks: marks, box: box, slices: 0..<extent.slices)
    return try view.slice(min(max(z, 0), extent.slices - 1))
  }

  /// A picture with its outlines, in mm; smaller ones at the border of a scan stay at their size.
  private static func drawn(_ picture: ScanView.Picture, x: Double, isEmpty: Bool) -> String {
    var svg =
      "<g transform=\"translate(\(x) 0)\"><rect width=\"\(2 * half)\" height=\"\(2 * half)\"/>"
      + "<image width=\"\(picture.size.x)\" height=\"\(picture.size.y)\" "
      + "preserveAspectRatio=\"none\" href=\"data:image/png;base64,"
      + "\(picture.png.base64EncodedString())\"/>"
    for (_, loops) in picture.outlines.sorted(by: { $0.key < $1.key }) {
      for loop in loops {
        let points = loop.map { "\(rounded($0.x)),\(rounded($0.y))" }.joined(separator: " ")
        svg +=
          "<polygon points=\"\(points)\" fill=\"none\" stroke=\"#ffb000\" stroke-width=\"0.4\"/>"
      }
    }
    if isEmpty {
      // Where the lesion would be.
      svg +=
        "<circle cx=\"\(half)\" cy=\"\(half)\" r=\"6\" fill=\"none\" stroke=\"#56b4e9\" stroke-width=\"0.4\" "
        + "stroke-dasharray=\"1.2 1\"/>"
    }
    return svg + "</g>"
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
