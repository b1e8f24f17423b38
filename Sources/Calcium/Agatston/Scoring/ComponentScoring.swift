// SPDX-License-Identifier: Apache-2.0
import Volume

/// A run that a convention keeps, with the weight of its component.
struct ScoredRun {
  let run: Run
  let weight: Int
  /// Its share of a rounded component score; 0 where the convention does not round.
  let rounded: Double
}

/// Applies a convention: drops components that are too small and weighs the others.
///
/// A unit is what has one weight: a component, or its cross-section in one slice.
func scoredRuns(
  _ all: Runs, convention: Convention, bounds: DensityBounds, formula: ScoreFormula
) throws(AgatstonError) -> [ScoredRun] {
  let components = try Components(all, connectivity: convention.connectivity)
  let keeps = components.voxelCounts(of: all).map {
    isLargeEnough($0, convention: convention, formula: formula)
  }

  let slicewise = convention.peak == .slice && !convention.connectivity.isPlanar
  var units: [Int32] = []
  var sliceOfUnit: [Int] = []
  var peaks: [Int16] = []
  var counts: [Int] = []
  var unitOfComponent = [Int32](repeating: -1, count: components.count)
  units.reserveCapacity(all.runs.count)
  for (run, component) in zip(all.runs, components.ofRun) {
    let component = Int(component)
    let slice = slicewise ? all.slice(of: run) : 0
    var unit = unitOfComponent[component]
    if unit < 0 || sliceOfUnit[Int(unit)] != slice {
      unit = Int32(truncatingIfNeeded: peaks.count)
      unitOfComponent[component] = unit
      sliceOfUnit.append(slice)
      peaks.append(run.peak)
      counts.append(0)
    }
    peaks[Int(unit)] = max(peaks[Int(unit)], run.peak)
    counts[Int(unit)] += run.count
    units.append(unit)
  }
  let weights = peaks.map { bounds.weight(peak: $0) }

  var kept: [ScoredRun] = []
  for (index, run) in all.runs.enumerated() where keeps[Int(components.ofRun[index])] {
    let unit = Int(units[index])
    var share = 0.0
    if formula.rounds {
      let points = (Double(counts[unit] * weights[unit]) * formula.points)
        .rounded(.toNearestOrEven)
      share = points * Double(run.count) / Double(counts[unit])
    }
    kept.append(ScoredRun(run: run, weight: weights[unit], rounded: share))
  }
  return kept
}

/// Whether a component reaches every minimum of a convention.
///
/// Headers store spacing as float32 in places; a millionth of slack keeps that rounding from
/// deciding over a component that has exactly the minimum.
private func isLargeEnough(_ voxels: Int, convention: Convention, formula: ScoreFormula) -> Bool {
  let slack = 1 - 1e-6
  if let least = convention.minimumVoxels, voxels < least { return false }
  if let least = convention.minimumArea, Double(voxels) * formula.pixelArea < least * slack {
    return false
  }
  if let least = convention.minimumVolume, Double(voxels) * formula.voxelVolume < least * slack {
    return false
  }
  return true
}
