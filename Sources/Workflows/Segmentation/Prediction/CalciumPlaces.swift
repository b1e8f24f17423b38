// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Volume

/// Where in a CT without contrast agent coronary calcium can lie at all, found without a model.
///
/// Inference may pass over the rest. The search keeps rather too much: voxels of at least 130 HU
/// stay unless they lie beside or before both lungs (`LungSpace`), as ribs and the chest wall do,
/// belong to a component of 10 mL or more, as vertebrae do, or to a component of less than 0.5 mm²
/// in its slice, as noise does.
///
/// There is none where that cannot be told: slices that are not axial, no lungs, or tissue between
/// them above 130 HU (contrast agent).
package struct CalciumPlaces: Sendable {
  /// Neighbouring voxels of at least 130 HU along x.
  package struct Place: Hashable, Sendable {
    /// The index of the slice.
    package let slice: Int
    /// The index of the row.
    package let row: Int
    /// The indices of the columns.
    package let columns: Range<Int>
    /// The number of its component within the slice: bright pixels that touch by edges or corners,
    /// as the Agatston score takes them.
    package let spot: Int
  }

  /// The runs of voxels, in array order.
  package let places: [Place]

  /// The volume from which a component is bone, in mm³: no coronary lesion comes near it.
  private static let boneVolume = 10_000.0
  /// The area of a component in a slice below which nobody marks it, in mm²; lesions have 1 mm² or
  /// more.
  private static let smallestArea = 0.5

  /// Looks for the places; `nil` where no voxel can be left out with certainty.
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
    var places: [Place] = []
    for (i, run) in runs.runs.enumerated()
    where Double(voxels[Int(components.ofRun[i])]) < limit
      && Double(pixels[Int(sliceComponents.ofRun[i])]) >= least
    {
      let place = Place(run, rows: ct.extent.rows, component: sliceComponents.ofRun[i])
      if space.meets(place.columns, slice: place.slice, row: place.row) { places.append(place) }
    }
    self.places = places
  }

  /// All voxels of at least 130 HU, wherever they lie.
  ///
  /// Throws `AgatstonError` `.geometry` for a grid that is too large.
  package init(everywhereIn ct: Volume<Int16>) throws {
    let runs = try Runs(ct: ct, threshold: 130)
    let sliceComponents = try Components(runs, connectivity: .eight)
    places = zip(runs.runs, sliceComponents.ofRun).map { run, component in
      Place(run, rows: ct.extent.rows, component: component)
    }
  }
}

extension CalciumPlaces.Place {
  /// A run on a grid of so many rows.
  fileprivate init(_ run: Run, rows: Int, component: Int32) {
    (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: rows)
    columns = Int(run.start)..<Int(run.end)
    spot = Int(component)
  }
}
