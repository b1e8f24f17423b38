// SPDX-License-Identifier: Apache-2.0
import Text
public import Volume

/// Scores the calcium that a mask marks in a non-contrast CT.
///
/// ```swift
/// let options = ScoringOptions(labels: .arteries, kilovoltage: 120)
/// let score = try Agatston.score(ct: ct, mask: mask, options: options)
/// print(score.agatston, score.category.cacDRS)
/// for (artery, part) in score.arteries ?? [:] { print(artery.abbreviation, part.agatston) }
/// ```
///
/// Areas, volumes and the slice increment come from the CT's geometry; the increment is the
/// distance between slices, not their nominal thickness. The formulas are those of Agatston 1990
/// (doi:10.1016/0735-1097(90)90282-t) under the rules of the convention; volume counts scored
/// voxels; mass follows Ulzheimer & Kalender 2003 (doi:10.1007/s00330-002-1746-y). A component that
/// spans two arteries is scored once, and its points are split between them by area.
///
/// - Throws: `GeometryError` with both grids where mask and CT differ; `AgatstonError` for a tube
///   voltage without thresholds, a value in the mask that is no artery, slices that are not axial,
///   or an option outside its range.
public func score(
  ct: Volume<Int16>, mask: Volume<UInt8>, convention: Convention = .agatston,
  options: ScoringOptions
) throws -> CalciumScore {
  try mask.requireSameGrid(as: ct, subject: "mask and CT")
  let highestLabel: UInt8 = options.labels == .arteries ? 4 : 255
  return try score(ct: ct, convention: convention, options: options) { threshold in
    try Runs(ct: ct, mask: mask, threshold: threshold, highestLabel: highestLabel)
  }
}

/// Scores what runs of voxels mark in a CT, as a mask with their labels would be scored, without a
/// volume for the mask: a page that scores after every click does not fill one each time.
///
/// - Parameter marked: runs in array order that do not overlap, with labels above 0.
package func score(
  ct: Volume<Int16>, marked: [MarkedRun], convention: Convention = .agatston,
  options: ScoringOptions
) throws -> CalciumScore {
  try score(ct: ct, convention: convention, options: options) { threshold in
    try Runs(ct: ct, marked: marked, threshold: threshold)
  }
}

/// Scores the runs that a mask has at a threshold.
private func score(
  ct: Volume<Int16>, convention: Convention, options: ScoringOptions,
  runs found: (Int16) throws -> Runs
) throws -> CalciumScore {
  try requireScorable(ct.geometry)
  try options.validate()
  try convention.validate()
  let (bounds, voltageWarning) = try options.voltageRule.bounds(kilovoltage: options.kilovoltage)
  let applied = AppliedConvention(
    convention: convention, bounds: bounds, voltageRule: options.voltageRule)
  let formula = ScoreFormula(
    pixelArea: ct.geometry.pixelArea, voxelVolume: ct.geometry.voxelVolume,
    points: points(convention.factor, geometry: ct.geometry, options: options),
    rounds: convention.factor == .roundedThickness, massCalibration: options.massCalibration)

  let mergesLeftMain = options.labels == .arteries && convention.leftMainCountsAsLAD
  func runs(threshold: Int16) throws -> Runs {
    var all = try found(threshold)
    if mergesLeftMain {
      for i in all.runs.indices where all.runs[i].label == Artery.leftMain.rawValue {
        all.runs[i].label = Artery.leftAnteriorDescending.rawValue
      }
    }
    return all
  }
  let threshold = applied.threshold.map { Int16(clamping: $0) } ?? .min
  let scored = try scoredRuns(
    runs(threshold: threshold), convention: convention, bounds: bounds, formula: formula)

  var total = VoxelSums()
  var byLabel = [VoxelSums](repeating: VoxelSums(), count: 256)
  for run in scored {
    total.add(run)
    byLabel[Int(run.run.label)].add(run)
  }
  var volumes = byLabel.map(formula.volume)
  var volume = formula.volume(total)
  if case .isotropic(let step) = options.volumeMethod {
    volumes = try isotropicVolumes(
      ct: ct, runs: runs(threshold: .min), step: step, rule: convention.threshold,
      bound: Double(bounds.lower[0]))
    volume = volumes.reduce(0, +)
  }

  let lesions = try LesionBuilder(
    ct: ct, formula: formula, options: options, darkest: Int(bounds.lower[0])
  ).lesions(scored)
  var arteries: [Artery: ArteryScore]?
  if options.labels == .arteries {
    var parts: [Artery: ArteryScore] = [:]
    for artery in Artery.allCases {
      let sums = byLabel[Int(artery.rawValue)]
      parts[artery] = ArteryScore(
        agatston: formula.agatston(sums), volume: volumes[Int(artery.rawValue)],
        mass: formula.mass(sums), area: formula.area(sums), density: sums.density,
        lesions: lesions.count { $0.artery == artery })
    }
    arteries = parts
  }

  // Shares of rounded components add up to an integer, but for the last bit.
  let agatston = formula.rounds ? total.rounded.rounded() : formula.agatston(total)
  let calcified = arteries?.values.count { $0.agatston > 0 }
  guard let category = RiskCategories(agatston: agatston, calcifiedArteries: calcified) else {
    throw AgatstonError(
      .geometry, subject: "grid", detail: "\(ct.geometry) gives no finite score")
  }
  return CalciumScore(
    convention: applied, agatston: agatston, volume: volume,
    volumeMethod: options.volumeMethod.description, mass: formula.mass(total),
    area: formula.area(total), density: total.density,
    arteries: arteries, lesions: lesions, category: category,
    warnings: [
      voltageWarning.map { ScanWarning($0) }, incrementWarning(ct.geometry, options: options),
    ].compactMap(\.self))
}

/// The points of one pixel of weight 1.
private func points(
  _ factor: SliceFactor, geometry: Geometry, options: ScoringOptions
) -> Double {
  let increment = geometry.spacing.z
  switch factor {
  case .increment: return geometry.pixelArea * increment / 3
  case .none: return geometry.pixelArea
  case .roundedThickness: return geometry.pixelArea * (options.sliceThickness ?? increment) / 3
  case .roundedPixel: return (geometry.voxelVolume / 3 * 1000).rounded() / 1000
  }
}

/// What to say where thickness and increment differ: the slices overlap or leave gaps.
private func incrementWarning(_ geometry: Geometry, options: ScoringOptions) -> ScanWarning? {
  let increment = geometry.spacing.z
  guard let thickness = options.sliceThickness, abs(thickness - increment) > 0.1 else { return nil }
  let verb = thickness > increment ? "overlap" : "leave gaps"
  func short(_ value: Double) -> String { shortDecimal(value, decimals: 4) }
  return ScanWarning(
    "slices \(verb): \(short(thickness)) mm thick, \(short(increment)) mm apart; "
      + "the increment was used",
    summary: "slices \(verb): thickness and increment differ; the increment was used")
}

extension Convention {
  /// Throws `.option` where minima contradict the connectivity or are no sizes.
  func validate() throws(AgatstonError) {
    if minimumArea != nil, !connectivity.isPlanar {
      throw AgatstonError(
        .option, subject: "convention \(name)",
        detail: "a minimum area needs a connectivity of 4 or 8; give a minimum volume instead")
    }
    for least in [minimumArea, minimumVolume, minimumVoxels.map(Double.init)] {
      if let least, !(least >= 0 && least.isFinite) {
        throw AgatstonError(
          .option, subject: "convention \(name)", detail: "\(least) is no minimum size")
      }
    }
  }
}

/// Throws `.geometry` for spacings that give no area, and for slices that are not axial.
///
/// Scores add up axial areas. A tilted gantry is fine, a coronal or sagittal stack is not.
func requireScorable(_ geometry: Geometry) throws(AgatstonError) {
  let spacing = geometry.spacing
  for (axis, mm) in zip(["x", "y", "z"], [spacing.x, spacing.y, spacing.z]) {
    guard mm.isFinite, mm > 0, mm < 1000 else {
      throw AgatstonError(
        .geometry, subject: "grid", detail: "the spacing of \(mm) mm along \(axis) is no distance")
    }
  }
  let normal = geometry.direction.x.cross(geometry.direction.y)
  guard abs(normal.z) > 0.5 * normal.length else {
    throw AgatstonError(
      .geometry, subject: "grid", detail: "the slices are not axial; reformat the series first")
  }
}
