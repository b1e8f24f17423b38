// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import DICOMObjects
package import Foundation
import Text
package import Volume
import Workflow

/// The mask in a Segmentation of DICOM, put onto a scan's grid by the positions of its frames.
///
/// Segments become arteries where each is named after one, by its anatomic region or its label, else
/// calcium of no known artery. A fractional segment counts where it is at least half.
package struct DICOMSegmentation {
  private let file: SegmentationFile
  private let path: String

  /// How far a frame may lie from its place on the grid, in mm.
  private static let tolerance = 0.05

  /// Whether a file is one of DICOM, by its first bytes.
  package static func isDICOM(_ url: URL) -> Bool {
    LabelFile.ending(of: url.lastPathComponent) == nil && DICOMCatalogue.isDICOM(url)
  }

  /// Reads a file.
  package init(_ url: URL) throws {
    file = try SegmentationFile(url)
    path = url.path
  }

  /// The mask on a grid, 0 where no frame lies.
  ///
  /// - Throws: `WorkflowError` for frames beside the grid, a frame of another orientation or spacing,
  ///   arteries that overlap.
  package func mask(on grid: Geometry) throws -> Volume<UInt8> {
    let labels = try arteries()
    var mask = Volume<UInt8>(geometry: grid, repeating: 0)
    let extent = grid.extent
    var placed = 0
    for frame in file.frames {
      let numbers = file.kind == .labelMap ? nil : labels[frame.segment] ?? 0
      if numbers == 0 { continue }
      let (z, turn) = try place(frame, on: grid)
      guard let z else {
        // A frame outside the scan is nobody's fault where it is empty.
        if frame.pixels.allSatisfy({ $0 == 0 }) { continue }
        throw WorkflowError(
          .invalid,
          "\(path): has a frame at \(position(frame.position)), where the scan has no slice; it belongs "
            + "to another series")
      }
      placed += 1
      let least = file.kind == .fractional ? UInt8((file.maximum + 1) / 2) : 1
      for v in 0..<file.size.rows {
        for u in 0..<file.size.columns {
          let value = frame.pixels[v * file.size.columns + u]
          guard value >= least, value > 0 else { continue }
          let label = numbers ?? labels[Int(value)] ?? 0
          guard label > 0 else { continue }
          let (x, y) = turn(u, v)
          guard (0..<extent.columns).contains(x), (0..<extent.rows).contains(y) else {
            throw WorkflowError(
              .invalid, "\(path): reaches beyond the scan; it belongs to another series")
          }
          let i = mask.offset(z, y, x)
          guard mask.voxels[i] == 0 || mask.voxels[i] == label else {
            throw WorkflowError(
              .invalid,
              "\(path): its segments overlap, so that calcium would belong to two arteries; export "
                + "segments that do not")
          }
          mask.voxels[i] = label
        }
      }
    }
    guard placed > 0 else {
      throw WorkflowError(.invalid, "\(path): no frame of a segment lies in the scan")
    }
    return mask
  }

  /// The label of each segment's number.
  private func arteries() throws -> [Int: UInt8] {
    let regions: [String: Artery] = [
      "3227004": .leftMain, "59438005": .leftAnteriorDescending, "57396003": .leftCircumflex,
      "13647002": .right,
    ]
    let segments = file.segments.filter { $0.number > 0 }
    let named = segments.map { segment in
      (segment.number, regions[segment.region] ?? SlicerSegmentation.artery(segment.label))
    }
    guard !named.isEmpty else {
      throw WorkflowError(.invalid, "\(path): describes no segment")
    }
    let areArteries = named.allSatisfy { $0.1 != nil }
    return Dictionary(
      named.map { ($0.0, areArteries ? $0.1?.rawValue ?? 0 : 1) }, uniquingKeysWith: { a, _ in a })
  }

  /// The slice of a frame, `nil` where there is none, and the voxel of each of its pixels.
  private func place(
    _ frame: SegmentationFile.Frame, on grid: Geometry
  ) throws -> (z: Int?, voxel: (Int, Int) -> (Int, Int)) {
    func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }
    let along = dot(frame.position - grid.origin, grid.direction.z) / grid.spacing.z
    // Rows and columns may run the other way, or be exchanged, but must be those of the scan.
    let d = grid.direction
    let (u, v) = frame.direction
    let (ux, uy, vx, vy) = (dot(u, d.x), dot(u, d.y), dot(v, d.x), dot(v, d.y))
    let steps = [ux, uy, vx, vy].map { $0.rounded() }
    let isParallel =
      zip([ux, uy, vx, vy], steps).allSatisfy { abs($0 - $1) < 1e-3 }
      && abs(steps[0]) + abs(steps[1]) == 1 && abs(steps[2]) + abs(steps[3]) == 1
    let (du, dv) = (
      steps[0] != 0 ? grid.spacing.x : grid.spacing.y,
      steps[3] != 0 ? grid.spacing.y : grid.spacing.x
    )
    guard isParallel, abs(frame.spacing.x - du) < 1e-3, abs(frame.spacing.y - dv) < 1e-3 else {
      throw WorkflowError(
        .invalid,
        "\(path): its frames have another orientation or pixel spacing than the scan; resample it to "
          + "the scan, or name the series that it was made on by --series")
    }
    let start = SIMD2(
      dot(frame.position - grid.origin, d.x) / grid.spacing.x,
      dot(frame.position - grid.origin, d.y) / grid.spacing.y)
    let first = SIMD2(Int(start.x.rounded()), Int(start.y.rounded()))
    let off = SIMD2(
      abs(start.x - start.x.rounded()) * grid.spacing.x,
      abs(start.y - start.y.rounded()) * grid.spacing.y)
    guard max(off.x, off.y) <= Self.tolerance else {
      throw WorkflowError(
        .invalid,
        "\(path): its pixels lie between those of the scan; resample it to the scan, or name the series "
          + "that it was made on by --series")
    }
    let z = Int(along.rounded())
    let isOnSlice = abs(along - along.rounded()) * grid.spacing.z <= 2 * Self.tolerance
    let whole = steps.map { Int($0) }
    return (
      isOnSlice && (0..<grid.extent.slices).contains(z) ? z : nil,
      { u, v in
        (first.x + whole[0] * u + whole[2] * v, first.y + whole[1] * u + whole[3] * v)
      }
    )
  }

  private func position(_ p: SIMD3<Double>) -> String {
    "(" + [p.x, p.y, p.z].map { readable($0) }.joined(separator: ", ") + ") mm"
  }
}
