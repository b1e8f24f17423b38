// SPDX-License-Identifier: Apache-2.0
public import Statistics

/// A metric of lesions that gets an interval; raw values are keys of `evaluation.json`.
public enum LesionMetric: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
  /// The share of reference lesions that were found.
  case sensitivity
  /// The share of predicted lesions that are right.
  case precision
  /// The harmonic mean of both.
  case f1
  /// Predicted lesions without a reference one, per scan.
  case falsePositivesPerScan = "false_positives_per_scan"
}

/// How well the lesions of one size, or of all, were found.
public struct LesionCounts: Hashable, Codable, Sendable {
  /// The size in mm³, for a table: "all" or a band.
  public let size: String
  /// The number of reference lesions.
  public let reference: Int
  /// The number of those that were found.
  public let found: Int
  /// The number of predicted lesions.
  public let predicted: Int
  /// The number of those where the reference has none.
  public let falsePositives: Int
  /// Metrics with intervals from resampled scans, for lesions of one person are not independent;
  /// empty without a bootstrap.
  public let metrics: [LesionMetric: Statistic<Bootstrap>]

  private enum CodingKeys: String, CodingKey {
    case size, reference, found, predicted, metrics
    case falsePositives = "false_positives"
  }

  /// The share of reference lesions that were found; `nil` without any.
  public var sensitivity: Double? { rates.sensitivity }
  /// The share of predicted lesions that are right; `nil` without any.
  public var precision: Double? { rates.precision }
  /// The harmonic mean of both; `nil` where one of them is.
  public var f1: Double? { rates.f1 }

  private var rates: DetectionRates {
    DetectionRates(
      reference: Double(reference), found: Double(found), predicted: Double(predicted),
      wrong: Double(falsePositives))
  }
}

/// The rates that follow from counts of lesions; counts of a resample are weighted sums.
private struct DetectionRates {
  var reference: Double
  var found: Double
  var predicted: Double
  var wrong: Double

  var sensitivity: Double? { reference > 0 ? found / reference : nil }
  var precision: Double? { predicted > 0 ? (predicted - wrong) / predicted : nil }
  var f1: Double? {
    guard let s = sensitivity, let p = precision else { return nil }
    return s + p > 0 ? 2 * s * p / (s + p) : 0
  }
}

/// What a free-response curve ranks predicted lesions by.
public enum LesionRanking: String, Codable, Sendable {
  /// The highest probability of calcium that the model gives to a voxel of the lesion.
  case probability
  /// The lesion's volume in mm³, which stands for it where masks are all that is known.
  case volume
}

/// A point of the free-response curve: what is found if lesions of a lower rank are dropped.
public struct FreeResponsePoint: Hashable, Codable, Sendable {
  /// The lowest rank of a lesion that is kept: a volume in mm³ or a probability.
  public let least: Double
  /// The kept lesions per scan that are wrong.
  public let falsePositivesPerScan: Double
  /// The share of reference lesions that the kept ones find.
  public let sensitivity: Double

  private enum CodingKeys: String, CodingKey {
    case sensitivity, least
    case falsePositivesPerScan = "false_positives_per_scan"
  }
}

/// How the masks of a model agree with the reference's, lesion by lesion and voxel by voxel.
public struct LesionDetection: Hashable, Codable, Sendable {
  /// What counts as found.
  public static let rule =
    "A lesion is a connected component of a mask, over faces, edges or corners; it is found, or "
    + "right, where it shares a voxel with one of the other mask. Intervals resample scans."
  /// What counts as overlap of voxels.
  public static let diceRule =
    "A scan without calcium in either mask has no Dice coefficient and is left out of the mean; one "
    + "with calcium in one mask only counts as 0."
  /// The ends of the bands of size in mm³.
  public static let bands: [Double] = [0, 10, 50, 200, .infinity]

  /// The number of scans.
  public let scans: Int
  /// The slices of all scans.
  public let slices: Int
  /// The slices in which the reference has calcium.
  public let slicesWithReference: Int
  /// All lesions together.
  public let all: LesionCounts
  /// Lesions by size: reference ones by their own, predicted ones by theirs.
  public let bySize: [LesionCounts]
  /// The arteries of the lesions; `nil` where the masks do not tell them apart.
  public let arteries: LesionArteries?
  /// What the free-response curve ranks lesions by.
  public let ranking: LesionRanking
  /// The free-response curve, from few false positives to all.
  public let freeResponse: [FreeResponsePoint]
  /// The mean Dice coefficient of the scans that have one.
  public let meanDice: Double?
  /// Its bootstrap interval.
  public let diceInterval: Statistic<Bootstrap>?
  /// Dice's coefficient of all voxels together.
  public let pooledDice: Double?
  /// The scans with calcium in neither mask, which have no coefficient.
  public let emptyScans: Int
  /// The scans in which the model alone has calcium, which count as 0.
  public let falseScans: Int

  private enum CodingKeys: String, CodingKey {
    case scans, slices, all, arteries
    case slicesWithReference = "slices_with_reference"
    case bySize = "by_size"
    case ranking = "free_response_ranked_by"
    case freeResponse = "free_response"
    case meanDice = "mean_dice"
    case diceInterval = "dice_bootstrap"
    case pooledDice = "pooled_dice"
    case emptyScans = "scans_without_calcium"
    case falseScans = "scans_with_false_calcium_only"
  }

  /// Counts the lesions of scans; intervals need a bootstrap.
  init(_ matches: [LesionMatch], _ options: BootstrapOptions?) async {
    scans = matches.count
    slices = matches.reduce(0) { $0 + $1.slices }
    slicesWithReference = matches.reduce(0) { $0 + $1.slicesWithReference }
    all = await LesionCounts("all", matches, 0..<Double.infinity, options)
    var rows: [LesionCounts] = []
    for (low, high) in zip(Self.bands, Self.bands.dropFirst()) {
      let name =
        low == 0
        ? "below \(Int(high))" : high.isFinite ? "\(Int(low)) to \(Int(high))" : "from \(Int(low))"
      rows.append(await LesionCounts(name, matches, low..<high, options))
    }
    bySize = rows
    arteries = LesionArteries(matches)
    let isSure = matches.allSatisfy { $0.predicted.allSatisfy { $0.probability != nil } }
    ranking = isSure && matches.contains { !$0.predicted.isEmpty } ? .probability : .volume
    freeResponse = Self.curve(matches, by: ranking)
    let dice = matches.compactMap(\.dice)
    meanDice = try? mean(dice)
    var interval: Statistic<Bootstrap>?
    if let options,
      let statistic = try? WeightedStatistic.mean("mean Dice", of: dice, bounds: 0...1)
    {
      interval = await bootstrap([statistic], options).first.map { result in
        Statistic { () throws(StatisticsError) in try result.get() }
      }
    }
    diceInterval = interval
    let sum = matches.reduce(0) { $0 + $1.referenceVoxels + $1.predictedVoxels }
    pooledDice =
      sum == 0 ? nil : Double(matches.reduce(0) { $0 + 2 * $1.sharedVoxels }) / Double(sum)
    emptyScans = matches.count { $0.dice == nil }
    falseScans = matches.count { $0.referenceVoxels == 0 && $0.predictedVoxels > 0 }
  }

  private static func curve(
    _ matches: [LesionMatch], by ranking: LesionRanking
  ) -> [FreeResponsePoint] {
    func rank(_ lesion: LesionMatch.Lesion) -> Double {
      ranking == .probability ? lesion.probability ?? 0 : lesion.volume
    }
    let total = matches.reduce(0) { $0 + $1.reference.count }
    guard total > 0 else { return [] }
    // The ranks at which a reference lesion is found, and at which a false one is kept.
    var found: [Double] = []
    var wrong: [Double] = []
    for match in matches {
      found += match.reference.compactMap { lesion in
        lesion.partners.map { rank(match.predicted[$0]) }.max()
      }
      wrong += match.predicted.filter(\.partners.isEmpty).map(rank)
    }
    found.sort(by: >)
    wrong.sort(by: >)
    var points: [FreeResponsePoint] = []
    var (i, j) = (0, 0)
    for least in Set(found + wrong).sorted(by: >) {
      while i < found.count, found[i] >= least { i += 1 }
      while j < wrong.count, wrong[j] >= least { j += 1 }
      points.append(
        FreeResponsePoint(
          least: least, falsePositivesPerScan: Double(j) / Double(matches.count),
          sensitivity: Double(i) / Double(total)))
    }
    return points
  }
}

extension LesionCounts {
  /// The lesions whose volume lies within bounds.
  init(
    _ size: String, _ matches: [LesionMatch], _ bounds: Range<Double>,
    _ options: BootstrapOptions?
  ) async {
    func within(_ lesions: [LesionMatch.Lesion]) -> [LesionMatch.Lesion] {
      lesions.filter { bounds.contains($0.volume) }
    }
    let reference = matches.map { within($0.reference) }
    let predicted = matches.map { within($0.predicted) }
    let counts = [
      reference.map { Double($0.count) },
      reference.map { Double($0.count { !$0.partners.isEmpty }) },
      predicted.map { Double($0.count) },
      predicted.map { Double($0.count(where: \.partners.isEmpty)) },
      matches.map { _ in 1 },
    ]
    let sums = counts.map { Int($0.reduce(0, +)) }
    self.size = size
    (self.reference, found, self.predicted, falsePositives) = (sums[0], sums[1], sums[2], sums[3])
    guard let options else {
      metrics = [:]
      return
    }
    let statistics = LesionMetric.allCases.map { metric in
      WeightedStatistic(
        metric.rawValue, count: matches.count,
        bounds: metric == .falsePositivesPerScan ? nil : 0...1
      ) { weights in
        let sums = counts.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } }
        let rates = DetectionRates(
          reference: sums[0], found: sums[1], predicted: sums[2], wrong: sums[3])
        return switch metric {
        case .sensitivity: rates.sensitivity
        case .precision: rates.precision
        case .f1: rates.f1
        case .falsePositivesPerScan: sums[4] > 0 ? rates.wrong / sums[4] : nil
        }
      }
    }
    var metrics: [LesionMetric: Statistic<Bootstrap>] = [:]
    for (metric, result) in zip(LesionMetric.allCases, await bootstrap(statistics, options)) {
      metrics[metric] = Statistic { () throws(StatisticsError) in try result.get() }
    }
    self.metrics = metrics
  }
}

extension ModelEvaluation {
  /// Adds the lesions of subjects whose masks were compared; the others are left out.
  mutating func addLesions(_ matches: [String: LesionMatch]) async {
    let known = heldOut.compactMap { matches[$0.subject] }
    guard !known.isEmpty else { return }
    lesions = await LesionDetection(known, options.bootstrap)
  }
}
