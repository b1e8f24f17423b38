// SPDX-License-Identifier: Apache-2.0

/// Counts and sums over the voxels of a scan, an artery or a lesion.
///
/// Counts are integers, so sums do not depend on the order of the voxels.
struct VoxelSums {
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

/// The formulas that turn sums over voxels into scores, areas, volumes and masses.
struct ScoreFormula {
  let pixelArea: Double
  let voxelVolume: Double
  /// Points of one pixel of weight 1.
  let points: Double
  let rounds: Bool
  let massCalibration: Double?

  func agatston(_ sums: VoxelSums) -> Double {
    rounds ? sums.rounded : Double(sums.weighted) * points
  }

  func area(_ sums: VoxelSums) -> Double { Double(sums.voxels) * pixelArea }

  func volume(_ sums: VoxelSums) -> Double { Double(sums.voxels) * voxelVolume }

  /// c · mean HU · V / 1000 in mg, with c in mg/(cm³·HU) and V in mm³.
  func mass(_ sums: VoxelSums) -> Double? {
    massCalibration.map { $0 * Double(sums.sum) * voxelVolume / 1000 }
  }
}
