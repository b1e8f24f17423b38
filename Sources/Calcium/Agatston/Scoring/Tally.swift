// SPDX-License-Identifier: Apache-2.0

/// What the voxels of a total, an artery or a lesion add up to.
///
/// Counts are integers, so sums do not depend on the order of the voxels.
struct Tally {
  var voxels = 0
  /// Voxels whose weight is above 0.
  var weighing = 0
  /// Σ voxels × weight.
  var weighted = 0
  /// Points of conventions that round each component, shared out by voxels.
  var rounded = 0.0
  var sum: Int64 = 0
  var peak = Int16.min

  mutating func add(_ scored: ScoredRun) {
    let n = scored.run.count
    voxels += n
    weighted += n * scored.weight
    if scored.weight > 0 { weighing += n }
    rounded += scored.rounded
    sum &+= scored.run.sum
    peak = max(peak, scored.run.peak)
  }

  /// The mean weight by area of what weighs.
  var density: Double? { weighing > 0 ? Double(weighted) / Double(weighing) : nil }
}

/// The sizes of a voxel and what they make of a tally.
struct Scale {
  let pixelArea: Double
  let voxelVolume: Double
  /// Points of one pixel of weight 1.
  let points: Double
  let rounds: Bool
  let massCalibration: Double?

  func agatston(_ tally: Tally) -> Double {
    rounds ? tally.rounded : Double(tally.weighted) * points
  }

  func area(_ tally: Tally) -> Double { Double(tally.voxels) * pixelArea }

  func volume(_ tally: Tally) -> Double { Double(tally.voxels) * voxelVolume }

  /// c · mean HU · V / 1000 in mg, with c in mg/(cm³·HU) and V in mm³.
  func mass(_ tally: Tally) -> Double? {
    massCalibration.map { $0 * Double(tally.sum) * voxelVolume / 1000 }
  }
}
