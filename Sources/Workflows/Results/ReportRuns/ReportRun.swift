// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Cohorts
import Concurrency
import Evaluation
import Explain
package import Figures
import Files
package import Foundation
import Learning
import NNUNet
import Prognosis
import Report
import Segmentation
import Statistics
import Studies
import Text
import Torch
import Volume
import Workflow

/// Writes the page about an evaluation.
package struct ReportRun: Sendable {
  /// The folder that `cac evaluate --out` has written.
  private let folder: URL
  /// The folder of the scans, for pictures; `nil` for none.
  private let images: URL?
  /// The folder of the reference masks.
  private let reference: URL?
  /// A folder of predicted masks for each model of the evaluation.
  private let predictions: [URL]
  /// The folders of the models, for learning curves and plans.
  private let models: [URL]
  /// The `prepare-report.json` of the data set.
  private let cohort: URL?
  /// The folder that `cac train-risk --out` has written.
  private let risk: URL?
  /// Folders that `cac explain` has written, one for each study.
  private let explanations: [URL]
  private let scale: Scale
  /// The most subjects whose slices are shown, the worst ones.
  private let worst: Int?

  /// A page about the evaluation in a folder; everything else adds a part to it.
  ///
  /// `predictions` are the folders of predicted masks, one for each evaluated model; `worst` limits
  /// the pictures to so many subjects.
  package init(
    folder: URL, images: URL?, reference: URL?, predictions: [URL], models: [URL], cohort: URL?,
    risk: URL? = nil, explanations: [URL] = [], scale: Scale = .log1p, worst: Int? = nil
  ) {
    self.folder = folder
    self.images = images
    self.reference = reference
    self.predictions = predictions
    self.models = models
    self.cohort = cohort
    self.risk = risk
    self.explanations = explanations
    self.scale = scale
    self.worst = worst
  }

  /// Writes the page, by default `report.html` in the folder, and returns where it is.
  package func write(to output: URL?) async throws -> URL {
    let evaluation = try EvaluationResult.read(from: folder)
    guard predictions.isEmpty || predictions.count == evaluation.models.count else {
      throw WorkflowError(
        .invalid,
        "\(counted(predictions.count, "folder")) of predicted masks for "
          + "\(counted(evaluation.models.count, "evaluated model")); "
          + "give one for each in the order of cac evaluate")
    }
    let learned = try risk.map { try CohortFile.read(from: $0) }
    let report = try cohort.map { try JSONFile.read(PrepareReport.self, from: $0) }
    var content = ReportContent(title: "Coronary calcium: computed against reference")
    content.introduction = introduction(evaluation)
    content.date = String(Date.now.formatted(.iso8601).prefix(10))
    content.warnings = evaluation.warnings
    let shown = ReportEvaluation(evaluation.models, scale: scale)
    try shown.fill(&content)
    let trained = try models.map(TrainedModel.init)
    if let learned { content.parts += try CohortPage.parts(learned) }
    content.parts += try trainingPart(trained).map { [$0] } ?? []
    for (number, folder) in explanations.enumerated() {
      var parts = try ExplanationPage.parts(in: folder)
      for i in parts.indices { parts[i].title = "Explained study \(number + 1): \(parts[i].title)" }
      content.parts += parts
    }
    for (index, model) in evaluation.models.enumerated() {
      content.groups.append(
        .init(
          title: evaluation.models.count > 1 ? model.name : "",
          subjects: try await subjects(model, prediction: predictions.isEmpty ? nil : index)))
    }
    if let report { describe(report, in: &content) }
    for model in evaluation.models {
      let suffix = evaluation.models.count > 1 ? " of \(model.name)" : ""
      content.exclusions += model.missing.map {
        .init(subject: $0, reason: "a score is missing in the table\(suffix)")
      }
      content.exclusions += model.excludedZero.map {
        .init(subject: $0, reason: "reference score 0, left out on request\(suffix)")
      }
    }
    for model in trained { describe(model, in: &content) }
    content.methods += shown.methods
    if let learned { content.methods += CohortPage.methods(learned) }
    content.methods.append(
      .init(
        "Score",
        "agatston: ≥ 130 HU, 8-connected in plane, ≥ 1 mm², "
          + "weight by the peak of each slice, slice increment / 3"))
    content.provenance = [
      .init("Software", "cac \(RunRecord.version)"),
      .init("libtorch", (try? TorchRuntime.version()) ?? "not loaded"),
    ]
    if let options = evaluation.models.first?.options.bootstrap {
      content.provenance.append(.init("Seed of the resamples", "\(options.seed)"))
    }
    content.commands = commands(trained)
    let page = output ?? folder.appendingPathComponent("report.html")
    try HTMLReport(content).write(to: page)
    return page
  }

  private func introduction(_ evaluation: EvaluationResult) -> String {
    let count = evaluation.models.first?.heldOut.count ?? 0
    let names = evaluation.models.map(\.name).joined(separator: " and ")
    let source = evaluation.models.count > 1 ? "the models \(names)" : "the model"
    return
      "Agatston scores of \(counted(count, "held-out subject")), computed from the masks of \(source) and "
      + "compared with the scores of the reference masks under one convention."
  }

  /// The course of each fold's training.
  private func trainingPart(_ trained: [TrainedModel]) throws -> ReportContent.Part? {
    var figures: [ReportContent.Figure] = []
    for model in trained {
      let name = trained.count > 1 ? model.name + ", " : ""
      for fold in model.folds {
        guard let log = model.log(of: fold) else { continue }
        for (title, caption, plot) in [
          (
            "Learning curve, \(name)fold \(fold)",
            "Loss of the training and validation patches, and pseudo-Dice, by epoch.",
            Plot.learningCurve(TrainingHistory(log))
          ),
          (
            "Epoch seconds, \(name)fold \(fold)", "How long each epoch took.",
            Plot.epochSeconds(log.map(\.seconds))
          ),
          (
            "Learning rate, \(name)fold \(fold)", "The learning rate of each epoch.",
            Plot.learningRate(log.map(\.learningRate))
          ),
        ] {
          figures.append(
            .init(title: title, caption: caption, summary: plot.summary, svg: try plot.svg()))
        }
      }
    }
    return figures.isEmpty ? nil : .init(title: "Training", figures: figures)
  }

  /// Every held-out subject with its slices that have calcium in either mask.
  private func subjects(
    _ evaluation: ModelEvaluation, prediction: Int?
  ) async throws -> [ReportContent.Subject] {
    let plain = evaluation.heldOut.map { row in
      ReportContent.Subject(
        id: row.subject, reference: row.reference, computed: row.computed,
        referenceClass: row.referenceClass.rawValue, computedClass: row.computedClass.rawValue)
    }
    let shown = Set(
      ReportContent(title: "", subjects: plain).worstFirst.prefix(worst ?? plain.count).map(\.id))
    return try await plain.concurrentMap(width: Machine.processorCount) { subject in
      guard shown.contains(subject.id) else { return subject }
      let pictures = try pictures(
        of: subject.id, prediction: prediction.map { predictions[$0] },
        tellsArteries: !evaluation.arteries.isEmpty)
      var subject = subject
      subject.slices = pictures.slices
      subject.slicesWithCalcium = pictures.count
      return subject
    }
  }

  private func pictures(
    of subject: String, prediction: URL?, tellsArteries: Bool
  ) throws -> (slices: [ReportContent.Slice], count: Int) {
    guard let images else { return ([], 0) }
    func mask(_ folder: URL?) throws -> Volume<UInt8>? {
      try folder.flatMap { try LabelFile.find(subject, in: $0) }.map(LabelFile.read)
    }
    guard let file = try LabelFile.find("\(subject)_0000", in: images) else { return ([], 0) }
    let overlay = try Overlay(
      ct: Scan.hounsfield(file), reference: mask(reference),
      prediction: mask(prediction))
    let slices = try overlay.slicesOfInterest(limit: 8).map { z in
      let picture = try overlay.picture(slice: z)
      return ReportContent.Slice(
        png: picture.png, caption: overlay.caption(slice: z, tellsArteries: tellsArteries),
        summary: picture.summary)
    }
    return (slices, overlay.slicesWithCalcium)
  }

  private func describe(_ report: PrepareReport, in content: inout ReportContent) {
    let kept = report.subjects.filter { $0.leftOut == nil }
    content.cohort = [
      .init("Data set", report.dataset),
      .init("Subjects", "\(report.subjects.count), \(kept.count) of them usable"),
      .init("Training", counted(kept.count { !$0.isTest }, "subject")),
      .init("Held out", counted(kept.count(where: \.isTest), "subject")),
      .init("Without an annotation", "\(kept.count(where: \.isImplicitZero)) (no calcium)"),
      .init("Contour fill", report.contourFill.title),
      .init("Slices", report.slices == .all ? "all" : "annotated ones only"),
    ]
    if report.slices == .annotated {
      content.warnings.append(
        "The data set holds annotated slices only: false positives on other slices are not seen.")
    }
    content.exclusions += report.leftOut.map { .init(subject: $0.subject, reason: $0.reason) }
  }

  private func describe(_ model: TrainedModel, in content: inout ReportContent) {
    let plan = model.model.configuration
    let lead = models.count > 1 ? "\(model.name): " : ""
    content.methods += [
      .init(
        "\(lead)Network",
        "nnU-Net \(plan.architecture.family.title), \(counted(plan.architecture.nStages, "stage")), "
          + "\(plan.architecture.featuresPerStage.map { "\($0)" }.joined(separator: "–")) features"),
      .init(
        "\(lead)Patch", plan.patchSize.map { "\($0)" }.joined(separator: " × ") + " pixels"),
      .init(
        "\(lead)Spacing", plan.spacing.map { readable($0, 3) }.joined(separator: " × ") + " mm"),
      .init("\(lead)Folds", model.folds.joined(separator: ", ")),
    ]
    for fold in model.folds {
      guard let log = model.log(of: fold) else { continue }
      let seconds = log.reduce(0) { $0 + $1.seconds }
      content.methods.append(
        .init(
          "\(lead)Training of fold \(fold)",
          "\(counted(log.count, "epoch")) in \(readable(seconds / 60)) min\(model.seed(of: fold))"
        ))
    }
  }

  /// The commands that made the evaluation and this page, as their run records kept them.
  private func commands(_ trained: [TrainedModel]) -> [String] {
    guard let run = RunRecord.read(beside: folder.appendingPathComponent(EvaluationResult.fileName))
    else { return [] }
    let training = trained.flatMap { CommandHistory.training(of: $0.folder, folds: $0.folds) }
    return (training + (run.earlier ?? []) + [run, RunRecord(command: "report")])
      .map(CommandHistory.line)
  }
}

/// A model whose training the page shows.
private struct TrainedModel {
  /// The model's folder: TRAINER__PLANS__CONFIGURATION.
  let folder: URL
  let model: Model
  /// The folds that have weights.
  let folds: [String]

  init(_ folder: URL) throws {
    self.folder = folder
    model = try Model(at: folder)
    folds = try model.trainedFolds()
  }

  /// The configuration, with which the folder's name ends.
  var name: String {
    let name = folder.standardizedFileURL.lastPathComponent
    return ModelName(name)?.configuration ?? name
  }

  /// The course of a fold's training; `nil` where none was kept.
  func log(of fold: String) -> [EpochRecord]? {
    try? TrainingFolder.log(of: folder.appendingPathComponent("fold_\(fold)"))
  }

  /// The seed of a fold's random numbers, for a sentence; empty for nnU-Net's checkpoints, which do
  /// not hold one.
  func seed(of fold: String) -> String {
    guard let file = try? model.weights(ofFold: fold), file.pathExtension != "pth",
      let stored = try? StoredFold(contentsOf: file)
    else { return "" }
    return ", seed \(stored.state.options.seed)"
  }
}
