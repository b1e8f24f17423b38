// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Files
public import Statistics

/// Which subjects an evaluation counts.
public struct EvaluationOptions: Hashable, Codable, Sendable {
  /// Whether subjects with a reference score of 0 are left out.
  ///
  /// The Erasmus study left them out, so false positives on healthy subjects were never counted.
  public var excludesZero: Bool
  /// How subjects are resampled for intervals and comparisons; `nil` for not at all.
  public var bootstrap: BootstrapOptions?

  /// All subjects are counted, with BCa intervals of 10,000 resamples, unless told otherwise.
  public init(excludesZero: Bool = false, bootstrap: BootstrapOptions? = BootstrapOptions()) {
    self.excludesZero = excludesZero
    self.bootstrap = bootstrap
  }

  /// The Erasmus study's choices: reference zeros left out, ± one standard deviation of 100 resamples.
  public static let erasmusStudy = EvaluationOptions(excludesZero: true, bootstrap: .erasmusStudy)

  private enum CodingKeys: String, CodingKey {
    case bootstrap
    case excludesZero = "exclude_zero"
  }
}

/// One subject of an evaluation with its classes.
public struct HeldOutRow: Hashable, Codable, Sendable {
  /// The subject.
  public let subject: String
  /// The reference Agatston score.
  public let reference: Double
  /// The computed Agatston score.
  public let computed: Double
  /// The risk class of the reference.
  public let referenceClass: FiveClassRisk
  /// The risk class of the computed score.
  public let computedClass: FiveClassRisk
  /// The reference volume in mm³; `nil` where the table has none.
  public let referenceVolume: Double?
  /// The computed volume in mm³; `nil` where the table has none.
  public let computedVolume: Double?
  /// The arteries' Agatston scores by their abbreviations, those that both sides know; `nil` where
  /// there are none.
  public let arteries: [String: ScorePair]?

  private enum CodingKeys: String, CodingKey {
    case subject, reference, computed, arteries
    case referenceVolume = "volume_reference"
    case computedVolume = "volume_computed"
    case referenceClass = "class_reference"
    case computedClass = "class_computed"
  }
}

/// A reference score and the computed one.
public struct ScorePair: Hashable, Codable, Sendable {
  /// The reference score.
  public let reference: Double
  /// The computed score.
  public let computed: Double
}

/// How well one model scores a cohort, by formula; `EvaluationResult` adds what is resampled.
///
/// ```swift
/// let table = try ResultTable(contentsOf: URL(filePath: "RESULT.csv"))
/// let model = try ModelEvaluation(name: "3d", table: table)
/// print(model.agatston.spearman.value?.coefficient ?? "no correlation", model.farApart.count)
/// ```
public struct ModelEvaluation: Hashable, Codable, Sendable {
  /// The model's name.
  public let name: String
  /// Which subjects were counted.
  public let options: EvaluationOptions
  /// Subjects left out because a score is missing.
  public let missing: [String]
  /// Subjects left out because their reference is 0.
  public let excludedZero: [String]
  /// Agreement of the Agatston scores.
  public let agatston: QuantityAgreement
  /// Agreement of the volumes; `nil` where the table has none.
  public let volume: QuantityAgreement?
  /// Agreement of the masses; `nil` where the table has none.
  public let mass: QuantityAgreement?
  /// Agreement of the arteries' Agatston scores, by their abbreviations.
  public let arteries: [String: QuantityAgreement]
  /// How well arteries with any calcium are told from those without, by their abbreviations; `nil`
  /// where no artery is known.
  public let arteryDetection: [String: CutoffAccuracy]?
  /// Agreement of the five risk classes.
  public let classes: ClassAgreement
  /// The share of subjects with calcium in whom some was found; `nil` without such subjects.
  ///
  /// For readers of the JSON; `cutoffs` has it with its interval.
  public let calciumSensitivity: Double?
  /// The share of subjects without calcium in whom none was found; `nil` without such subjects.
  ///
  /// For readers of the JSON; `cutoffs` has it with its interval.
  public let calciumSpecificity: Double?
  /// The mean Dice coefficient of the subjects that have one.
  public let meanDice: Double?
  /// The subjects that were counted.
  public let heldOut: [HeldOutRow]
  /// Sensitivity, specificity and the like at each bound of Agatston scores.
  public let cutoffs: [CutoffAccuracy]
  /// The subjects whose classes lie two or more apart.
  public let farApart: [HeldOutRow]
  /// Agreement of the number of calcified arteries; `nil` where the table has not all arteries.
  public let vesselCount: VesselCountAgreement?
  /// What the scores' ranges hold; `nil` where the table has no range.
  public let ranges: RangeCoverage?
  /// Metrics with bootstrap intervals; `nil` where nothing was resampled.
  public internal(set) var resampled: ResampledMetrics?
  /// Metrics of subgroups, column by column; empty where none were asked for.
  public internal(set) var subgroups: [Subgroups] = []
  /// What the masks show; `nil` where none were given.
  public internal(set) var lesions: LesionDetection?
  /// Warnings about limits of the numbers, one sentence each.
  public internal(set) var warnings: [String]?
  /// Differences from the models that follow in a comparison.
  public internal(set) var comparisons: [ModelComparison] = []

  private enum CodingKeys: String, CodingKey {
    case name, options, agatston, volume, mass, arteries, classes, cutoffs, subgroups, comparisons
    case lesions, ranges, warnings
    case resampled = "bootstrap"
    case arteryDetection = "arteries_with_calcium"
    case farApart = "two_classes_apart"
    case vesselCount = "vessel_count"
    case missing = "missing_scores"
    case excludedZero = "excluded_zero"
    case calciumSensitivity = "calcium_sensitivity"
    case calciumSpecificity = "calcium_specificity"
    case meanDice = "mean_dice"
    case heldOut = "held_out"
  }

  /// Evaluates a table under a model's name.
  ///
  /// Subjects without a reference or a computed Agatston score are left out and listed. Statistics
  /// that do not exist for the subjects keep their reason. Throws `EvaluationError` `.empty` where
  /// no subject is left, and `.value` for a score that is negative or not finite.
  public init(
    name: String, table: ResultTable, options: EvaluationOptions = EvaluationOptions()
  ) throws(EvaluationError) {
    var missing: [String] = []
    var zero: [String] = []
    var rows: [ResultRow] = []
    var heldOut: [HeldOutRow] = []
    for row in table.rows {
      guard let reference = row.reference.agatston, let computed = row.computed.agatston else {
        missing.append(row.subject)
        continue
      }
      guard reference.isFinite, computed.isFinite,
        let referenceClass = FiveClassRisk(agatston: reference),
        let computedClass = FiveClassRisk(agatston: computed)
      else {
        throw EvaluationError(
          .value, path: name,
          detail: "subject \(row.subject) has the scores \(reference) and \(computed)")
      }
      if options.excludesZero, reference == 0 {
        zero.append(row.subject)
        continue
      }
      rows.append(row)
      heldOut.append(
        HeldOutRow(
          subject: row.subject, reference: reference, computed: computed,
          referenceClass: referenceClass, computedClass: computedClass,
          referenceVolume: row.reference.volume, computedVolume: row.computed.volume,
          arteries: row.arteryPairs))
    }
    func agreement(_ value: (SubjectScores) -> Double?) -> QuantityAgreement? {
      let pairs = rows.compactMap { row -> (Double, Double)? in
        guard let reference = value(row.reference), let computed = value(row.computed)
        else { return nil }
        return (reference, computed)
      }
      return QuantityAgreement(reference: pairs.map(\.0), computed: pairs.map(\.1))
    }
    guard let agatston = agreement(\.agatston) else {
      throw EvaluationError(
        .empty, path: name,
        detail: "no subject is left of \(table.rows.count): \(missing.count) lack a score, "
          + "\(zero.count) have a reference of 0")
    }
    do {
      classes = try ClassAgreement(
        reference: heldOut.map(\.referenceClass), computed: heldOut.map(\.computedClass))
      var cutoffs: [CutoffAccuracy] = []
      for cutoff in Cutoff.allCases {
        cutoffs.append(
          try CutoffAccuracy(
            cutoff, reference: heldOut.map(\.reference), computed: heldOut.map(\.computed)))
      }
      self.cutoffs = cutoffs
    } catch {
      throw EvaluationError(.value, path: name, detail: error.description)
    }
    self.name = name
    self.options = options
    self.missing = missing
    self.excludedZero = zero
    self.heldOut = heldOut
    self.agatston = agatston
    farApart = heldOut.filter { abs($0.referenceClass.index - $0.computedClass.index) >= 2 }
    vesselCount = VesselCountAgreement(rows)
    ranges = RangeCoverage(rows)
    volume = agreement(\.volume)
    mass = agreement(\.mass)
    var arteries: [String: QuantityAgreement] = [:]
    for artery in Artery.allCases {
      arteries[artery.abbreviation] = agreement { $0.arteries[artery] }
    }
    self.arteries = arteries
    var detection: [String: CutoffAccuracy] = [:]
    for artery in arteries.keys {
      let pairs = heldOut.compactMap { $0.arteries?[artery] }
      detection[artery] = try? CutoffAccuracy(
        .any, reference: pairs.map(\.reference), computed: pairs.map(\.computed))
    }
    arteryDetection = detection.isEmpty ? nil : detection
    let anyCalcium = cutoffs.first { $0.cutoff == .any }
    calciumSensitivity = anyCalcium?.sensitivity.value?.share
    calciumSpecificity = anyCalcium?.specificity.value?.share
    meanDice = try? mean(rows.compactMap(\.dice))
  }

  /// Adds bootstrap intervals, and subgroups for each column with every subject's value in it.
  ///
  /// Does nothing without a bootstrap in the options.
  mutating func resample(
    by groups: [(column: String, values: [String: String])] = []
  ) async {
    guard let bootstrap = options.bootstrap else { return }
    resampled = await resampledMetrics(of: heldOut, bootstrap)
    subgroups = []
    for (column, values) in groups {
      subgroups.append(
        await Subgroups(column: column, values: values, rows: heldOut, bootstrap))
    }
  }

  /// The counted subjects as CSV.
  public var heldOutCSV: String {
    CSVTable(
      header: ["subject", "reference", "computed", "class_reference", "class_computed"],
      rows: heldOut.map {
        [
          $0.subject, "\($0.reference)", "\($0.computed)", $0.referenceClass.rawValue,
          $0.computedClass.rawValue,
        ]
      }
    ).text
  }
}

extension ResultRow {
  /// The arteries' scores where both sides know them; `nil` where there are none.
  fileprivate var arteryPairs: [String: ScorePair]? {
    var pairs: [String: ScorePair] = [:]
    for artery in Artery.allCases {
      if let given = reference.arteries[artery], let found = computed.arteries[artery] {
        pairs[artery.abbreviation] = ScorePair(reference: given, computed: found)
      }
    }
    return pairs.isEmpty ? nil : pairs
  }
}
