// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Studies
import Text
package import Workflow

/// Chooses among cross-validated configurations and their ensembles, as nnU-Net does.
///
/// ```swift
/// var options = BestConfiguration.Options()
/// options.configurations = ["2d", "3d_fullres"]
/// let found = try await BestConfiguration.find(
///   dataset: "501", roots: Roots(), options: options) { print($0) }
/// print(found.table)
/// ```
package struct BestConfiguration: Sendable {
  /// The figure that models are compared by.
  package enum Criterion: String, CaseIterable, Sendable {
    /// The mean Dice of the foreground, nnU-Net's choice.
    case dice
    /// Spearman's correlation of the Agatston scores, then linear kappa of their classes.
    case agatston
  }

  /// What is compared, and how.
  package struct Options: Sendable {
    /// The configurations; where there are none, those of the plans that are trained.
    package var configurations: [String] = []
    /// The names of the plans.
    package var plans = [Plans.defaultName]
    /// The names of the trainers.
    package var trainers = [ModelName.defaultTrainer]
    /// The folds of the cross-validation.
    package var folds = [0, 1, 2, 3, 4]
    /// Whether each pair of models is compared as an ensemble, too.
    package var ensembles = true
    /// The figure that decides.
    package var criterion = Criterion.dice
    /// The number of cases that are worked on at once.
    package var jobs = 1

    /// nnU-Net's choice: its plans and trainer, five folds, and ensembles.
    package init() {}
  }

  /// A model, or an ensemble of two.
  package struct Candidate: Sendable {
    /// The model folder's name, or nnU-Net's name of the ensemble.
    package let name: String
    /// The model folders, one or two.
    let models: [URL]
    /// The label maps of all validated cases.
    let folder: LabelFolder
    /// Their metrics against the references.
    let summary: SegmentationSummary
    /// The agreement of the Agatston scores, where it was asked for.
    package let agreement: CalciumAgreement?

    /// The mean Dice of the foreground; absent where a class is in no case.
    package var dice: Double? { summary.foregroundMeanDice }
  }

  /// Everything that was compared, in order.
  package let candidates: [Candidate]
  /// The index of the best; of equal ones the first.
  package let best: Int
  /// The post-processing of the best.
  let postProcessing: PostProcessingSearch
  /// Notes for the user, one sentence each.
  package let notes: [String]
  let dataset: Dataset
  let options: Options

  /// Gathers the label maps of the folds, measures them, averages every pair of models, and
  /// determines the post-processing of the best; writes the same files as nnU-Net, in the same
  /// folders.
  ///
  /// - Throws: `WorkflowError` where a fold was not validated, probabilities for an ensemble are
  ///   missing, or no model has the figure that decides.
  package static func find(
    dataset name: String, roots: Roots, options: Options, progress: @escaping ProgressHandler
  ) async throws -> BestConfiguration {
    let dataset = try Dataset(name, roots: roots)
    var notes: [String] = []
    let models = try models(of: dataset, options, notes: &notes)
    let references = try ReferenceLabels(of: dataset).folders()
    let raw = options.criterion == .agatston ? try dataset.raw() : nil
    let pairs = options.ensembles ? models.count * (models.count - 1) / 2 : 0
    let counter = ProgressCounter("compare", total: models.count + pairs, handler: progress)
    var candidates: [Candidate] = []

    func add(_ name: String, _ models: [URL], _ folder: LabelFolder, _ reference: URL) async throws
    {
      let summary = try await folder.summary(reference: reference, jobs: options.jobs)
      try summary.write(to: folder.url.appendingPathComponent(SegmentationSummary.fileName))
      var agreement: CalciumAgreement?
      if let raw {
        agreement = try await CalciumAgreement.measure(
          folder, reference: reference, raw: raw, jobs: options.jobs)
      }
      candidates.append(
        Candidate(
          name: name, models: models, folder: folder, summary: summary, agreement: agreement))
      await counter.advance(name)
    }
    for model in models {
      try await add(model.identifier, [model.folder], model.gather(), references.models)
    }
    if let odd = candidates.dropFirst().first(where: {
      $0.summary.cases.count != candidates[0].summary.cases.count
    }) {
      notes.append(
        "\(odd.name) has \(counted(odd.summary.cases.count, "case")), \(candidates[0].name) "
          + "\(candidates[0].summary.cases.count); their figures are not of the same cases")
    }
    for (i, first) in models.enumerated() where options.ensembles {
      for second in models[(i + 1)...] {
        let name =
          "ensemble___\(first.identifier)___\(second.identifier)___"
          + CrossValidation.name(of: options.folds)
        let output = dataset.resultsFolder.appendingPathComponent("ensembles/\(name)")
        let folder = try await CrossValidation.ensemble(
          first, second, in: output, jobs: options.jobs)
        try await add(name, [first.folder, second.folder], folder, references.ensembles)
      }
    }
    guard let best = index(of: candidates, by: options.criterion) else {
      throw WorkflowError(
        .invalid,
        options.criterion == .dice
          ? "\(dataset.name): no model has a mean Dice, because a class is in no validated case"
          : "\(dataset.name): no correlation can be had, because the Agatston scores do not vary")
    }
    let found = try await PostProcessingSearch.run(
      candidates[best].folder, reference: references.ensembles, jobs: options.jobs,
      progress: progress)
    _ = try await found.write(to: candidates[best].folder, jobs: options.jobs)
    let result = BestConfiguration(
      candidates: candidates, best: best, postProcessing: found, notes: notes, dataset: dataset,
      options: options)
    try result.writeInformation()
    return result
  }

  /// The index of the first candidate with the highest figure; `nil` where none has one.
  static func index(of candidates: [Candidate], by criterion: Criterion) -> Int? {
    func value(_ candidate: Candidate) -> (Double, Double)? {
      switch criterion {
      case .dice: candidate.dice.map { ($0, 0) }
      case .agatston:
        candidate.agreement?.spearman.map { ($0, candidate.agreement?.linearKappa ?? -.infinity) }
      }
    }
    var best: (index: Int, value: (Double, Double))?
    for (index, candidate) in candidates.enumerated() {
      guard let value = value(candidate) else { continue }
      if best.map({ value > $0.value }) ?? true { best = (index, value) }
    }
    return best?.index
  }

  /// The models that are compared, in nnU-Net's order: trainers, then configurations, then plans.
  private static func models(
    of dataset: Dataset, _ options: Options, notes: inout [String]
  ) throws -> [CrossValidation] {
    var planned: [String: [String]] = [:]
    for name in options.plans { planned[name] = try dataset.plans(named: name).configurationNames }
    let usual = ["2d", "3d_fullres", "3d_lowres", "3d_cascade_fullres"]
    var models: [CrossValidation] = []
    for trainer in options.trainers {
      for configuration in options.configurations.isEmpty ? usual : options.configurations {
        for plans in options.plans {
          guard planned[plans]?.contains(configuration) == true else {
            if !options.configurations.isEmpty {
              notes.append("\(configuration) is not in \(plans) and was passed over")
            }
            continue
          }
          let name = ModelName(trainer: trainer, plans: plans, configuration: configuration)
          let folder = dataset.resultsFolder.appendingPathComponent("\(name)")
          if Folder.isFolder(folder) {
            models.append(CrossValidation(folder: folder, folds: options.folds))
          } else if options.configurations.isEmpty {
            notes.append("\(configuration) is planned but not trained, and was passed over")
          } else {
            throw WorkflowError(
              .missing,
              "\(folder.path): no such model; run: cac train \(dataset.name) \(configuration) FOLD")
          }
        }
      }
    }
    guard !models.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(dataset.resultsFolder.path): none of the plans' configurations is trained; run: "
          + "cac train \(dataset.name) 2d 0")
    }
    return models
  }
}
