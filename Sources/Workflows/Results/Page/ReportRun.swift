// SPDX-License-Identifier: Apache-2.0
import Agatston
import Cohorts
import Concurrency
import Evaluation
import Figures
import Files
package import Foundation
import Learning
import NNUNet
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
  private let folder: URL
  private let images: URL?
  private let reference: URL?
  /// A folder of predicted masks for each model of the evaluation.
  private let predictions: [URL]
  private let models: [URL]
  private let cohort: URL?
  private let scale: FigureScale
  /// The most subjects whose slices are shown, the worst ones.
  private let worst: Int?

  package init(
    folder: URL, images: URL?, reference: URL?, predictions: [URL], models: [URL], cohort: URL?,
    scale: FigureScale = .log1p, worst: Int? = nil
  ) {
    self.folder = folder
    self.images = images
    self.reference = reference
    self.predictions = predictions
    self.models = models
    self.cohort = cohort
    self.scale = scale
    self.worst = worst
  }

  /// Writes the page, by default `report.html` in the folder, and returns where it is.
  package func write(to output: URL?) async throws -> URL {
    let run = try EvaluationRun.read(from: folder)
    guard predictions.isEmpty || predictions.count == run.models.count else {
      throw WorkflowError(
        "\(counted(predictions.count, "folder")) of predicted masks for "
          + "\(counted(run.models.count, "evaluated model")); "
          + "give one for each in the order of cac evaluate")
    }
    let report = try cohort.map { try JSONFile.read(PrepareReport.self, from: $0) }
    var content = ReportContent(title: "Coronary calcium: computed against reference")
    content.introduction = introduction(run)
    content.date = String(Date.now.formatted(.iso8601).prefix(10))
    content.warnings = run.warnings
    let evaluation = ReportEvaluation(run.models, scale: scale)
    try evaluation.fill(&content)
    content.parts += try trainingPart().map { [$0] } ?? []
    for (index, model) in run.models.enumerated() {
      content.groups.append(
        .init(
          title: run.models.count > 1 ? model.name : "",
          subjects: try await subjects(model, prediction: predictions.isEmpty ? nil : index)))
    }
    if let report { describe(report, in: &content) }
    for model in run.models {
      let suffix = run.models.count > 1 ? " of \(model.name)" : ""
      content.exclusions += model.missing.map {
        .init(subject: $0, reason: "a score is missing in the table\(suffix)")
      }
      content.exclusions += model.excludedZero.map {
        .init(subject: $0, reason: "reference score 0, left out on request\(suffix)")
      }
    }
    for model in models { try describe(Model(at: model), at: model, in: &content) }
    content.methods += evaluation.methods
    content.methods.append(
      .init(
        "Score",
        "agatston: ≥ 130 HU, 8-connected in plane, ≥ 1 mm², "
          + "weight by the peak of each slice, slice increment / 3"))
    content.provenance = [
      .init("Software", "cac \(RunRecord.version)"),
      .init("libtorch", (try? TorchRuntime.version()) ?? "not loaded"),
    ]
    if let options = run.models.first?.options.bootstrap {
      content.provenance.append(.init("Seed of the resamples", "\(options.seed)"))
    }
    content.commands = commands()
    let page = output ?? folder.appendingPathComponent("report.html")
    try HTMLReport(content).write(to: page)
    return page
  }

  private func introduction(_ run: EvaluationRun) -> String {
    let count = run.models.first?.heldOut.count ?? 0
    let names = run.models.map(\.name).joined(separator: " and ")
    let source = run.models.count > 1 ? "the models \(names)" : "the model"
    return
      "Agatston scores of \(counted(count, "held-out subject")), computed from the masks of \(source) and "
      + "compared with the scores of the reference masks under one convention."
  }

  /// The course of each fold's training.
  private func trainingPart() throws -> ReportContent.Part? {
    var figures: [ReportContent.Figure] = []
    for model in models {
      let name = models.count > 1 ? Self.name(of: model) + ", " : ""
      for fold in try Model(at: model).trainedFolds() {
        guard let log = try? TrainingFolder.log(of: model.appendingPathComponent("fold_\(fold)"))
        else { continue }
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

  /// The configuration, which ends the name of a model's folder: TRAINER__PLANS__CONFIGURATION.
  private static func name(of model: URL) -> String {
    let name = model.standardizedFileURL.lastPathComponent
    return name.components(separatedBy: "__").last ?? name
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
    return try await plain.concurrentMap(width: Machine.cores) { subject in
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
      .init("Contour fill", report.contourFill.rawValue),
      .init("Slices", report.slices == .all ? "all" : "annotated ones only"),
    ]
    if report.slices == .annotated {
      content.warnings.append(
        "The data set holds annotated slices only: false positives on other slices are not seen.")
    }
    content.exclusions += report.leftOut.map { .init(subject: $0.subject, reason: $0.reason) }
  }

  private func describe(
    _ model: Model, at folder: URL, in content: inout ReportContent
  ) throws {
    let plan = model.configuration
    let lead = models.count > 1 ? "\(Self.name(of: folder)): " : ""
    content.methods += [
      .init(
        "\(lead)Network",
        "nnU-Net \(plan.architecture.family.title), \(plan.architecture.nStages) stages, "
          + "\(plan.architecture.featuresPerStage.map { "\($0)" }.joined(separator: "–")) features"),
      .init(
        "\(lead)Patch", plan.patchSize.map { "\($0)" }.joined(separator: " × ") + " pixels"),
      .init(
        "\(lead)Spacing", plan.spacing.map { decimal($0, 3) }.joined(separator: " × ") + " mm"),
      .init("\(lead)Folds", try model.trainedFolds().joined(separator: ", ")),
    ]
    for fold in try model.trainedFolds() {
      guard let log = try? TrainingFolder.log(of: folder.appendingPathComponent("fold_\(fold)"))
      else { continue }
      let seconds = log.reduce(0) { $0 + $1.seconds }
      content.methods.append(
        .init(
          "\(lead)Training of fold \(fold)",
          "\(counted(log.count, "epoch")) in \(decimal(seconds / 60)) min\(Self.seed(of: fold, model))"
        ))
    }
  }

  /// What a fold's draws came from, where its checkpoint says; nnU-Net's do not.
  private static func seed(of fold: String, _ model: Model) -> String {
    guard let file = try? model.weights(ofFold: fold), file.pathExtension != "pth",
      let stored = try? StoredFold(contentsOf: file)
    else { return "" }
    return ", seed \(stored.state.options.seed)"
  }

  /// The commands that made the evaluation and this page, as their run records kept them.
  private func commands() -> [String] {
    guard let run = RunRecord.read(beside: folder.appendingPathComponent("evaluation.json"))
    else { return [] }
    let training = models.flatMap { model in
      CommandHistory.training(
        of: model, folds: (try? Model(at: model).trainedFolds()) ?? [])
    }
    return (training + (run.earlier ?? []) + [run, RunRecord(command: "report")])
      .map(CommandHistory.line)
  }
}
