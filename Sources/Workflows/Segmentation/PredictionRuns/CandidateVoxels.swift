// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Volume

/// The voxels of a CT without contrast agent that may be coronary calcium, found without a model.
///
/// Inference may skip all others. The search keeps too many rather than too few: voxels of at least 130 HU
/// stay unless they lie beside or before both lungs (`LungSpace`), as ribs and the chest wall do,
/// belong to a component of 10 mL or more, as vertebrae do, or to a component of less than 0.5 mm²
/// in its slice, as noise does.
///
/// There is no answer for some scans: slices that are not axial, no lungs, or tissue between
/// them above 130 HU (contrast agent).
package struct CandidateVoxels: Sendable {
  /// Neighbouring voxels of at least 130 HU along x.
  package struct Run: Hashable, Sendable {
    /// The index of the slice.
    package let slice: Int
    /// The index of the row.
    package let row: Int
    /// The indices of the columns.
    package let columns: Range<Int>
    /// The number of its component within the slice: bright pixels that touch by edges or corners,
    /// as the Agatston score takes them.
    package let component: Int
  }

  /// The runs of voxels, in array order.
  package let runs: [Run]

  /// The volume from which a component is bone, in mm³: no coronary lesion comes near it.
  private static let boneVolume = 10_000.0
  /// The area of a component in a slice below which nobody marks it, in mm²; lesions have 1 mm² or
  /// more.
  private static let smallestArea = 0.5

  /// Finds the candidates; `nil` where no voxel can be left out with certainty.
  ///
  /// Throws `AgatstonError` `.geometry` for a grid that is too large.
  package init?(_ ct: Volume<Int16>) throws {
    guard let space = LungSpace(ct) else { return nil }
    let runs = try Runs(ct: ct, threshold: 130)
    let components = try Components(runs, connectivity: .twentySix)
    let sliceComponents = try Components(runs, connectivity: .eight)
    let voxels = components.voxelCounts(of: runs)
    let pixels = sliceComponents.voxelCounts(of: runs)
    let limit = Self.boneVolume / ct.geometry.voxelVolume
    let least = Self.smallestArea / ct.geometry.pixelArea
    var kept: [Run] = []
    for (i, run) in runs.runs.enumerated()
    where Double(voxels[Int(components.ofRun[i])]) < limit
      && Double(pixels[Int(sliceComponents.ofRun[i])]) >= least
    {
      let candidate = Run(run, rows: ct.extent.rows, component: sliceComponents.ofRun[i])
      if space.meets(candidate.columns, slice: candidate.slice, row: candidate.row) {
        kept.append(candidate)
      }
    }
    self.runs = kept
  }

  /// All voxels of at least 130 HU, wherever they lie.
  ///
  /// Throws `AgatstonError` `.geometry` for a grid that is too large.
  package init(everywhereIn ct: Volume<Int16>) throws {
    let runs = try Runs(ct: ct, threshold: 130)
    let sliceComponents = try Components(runs, connectivity: .eight)
    self.runs = zip(runs.runs, sliceComponents.ofRun).map { run, component in
      Run(run, rows: ct.extent.rows, component: component)
    }
  }
}

extension CandidateVoxels.Run {
  /// A run on a grid of so many rows.
  fileprivate init(_ run: Agatston.Run, rows: Int, component: Int32) {
    (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: rows)
    columns = Int(run.start)..<Int(run.end)
    self.component = Int(component)
  }
}
