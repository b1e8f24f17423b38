// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Figures
import Files
package import Foundation
import Learning
import NIfTI
import NNUNet
import Report
import Torch
import Volume

/// Writes the page about an evaluation.
package struct ReportRun: Sendable {
  private let folder: URL
  private let images: URL?
  private let reference: URL?
  private let prediction: URL?
  private let model: URL?
  private let cohort: URL?

  package init(
    folder: URL, images: URL?, reference: URL?, prediction: URL?, model: URL?, cohort: URL?
  ) {
    self.folder = folder
    self.images = images
    self.reference = reference
    self.prediction = prediction
    self.model = model
    self.cohort = cohort
  }

  /// Writes the page, by default `report.html` in the folder, and returns where it is.
  package func write(to output: URL?) async throws -> URL {
    let result = folder.appendingPathComponent("RESULT.csv")
    guard Folder.isFile(result) else {
      throw WorkflowError(
        "\(folder.path): holds no RESULT.csv; write it with: cac evaluate TABLE --out "
          + folder.path)
    }
    let evaluated = folder.appendingPathComponent("evaluation.json")
    let run = try await EvaluationRun.run(
      tables: [result], options: EvaluationRun.options(of: evaluated) ?? EvaluationOptions())
    let evaluation = run.models[0]
    let report = try cohort.map { try JSONFile.read(PrepareReport.self, from: $0) }
    var content = ReportContent(title: "Coronary calcium: computed against reference")
    content.introduction =
      "Agatston scores of \(evaluation.heldOut.count) held-out subjects, computed from the masks "
      + "of the model and compared with the scores of the reference masks under one convention."
    content.date = String(Date.now.formatted(.iso8601).prefix(10))
    content.cards = cards(evaluation)
    content.metrics = MetricRow.all(of: evaluation).map {
      .init(name: $0.name, value: $0.value, interval: $0.interval, note: $0.note)
    }
    content.figures = try figures(evaluation)
    content.subjects = try await subjects(evaluation)
    if let report { describe(report, in: &content) }
    content.exclusions += evaluation.missing.map {
      .init(subject: $0, reason: "a score is missing in the table")
    }
    content.exclusions += evaluation.excludedZero.map {
      .init(subject: $0, reason: "reference score 0, left out on request")
    }
    try describeModel(in: &content)
    content.methods.append(
      .init(
        "Score",
        "agatston: ≥ 130 HU, 8-connected in plane, ≥ 1 mm², "
          + "weight by the peak of each slice, slice increment / 3"))
    content.provenance = [
      .init("Software", "cac \(RunRecord.version)"),
      .init("libtorch", (try? TorchRuntime.version()) ?? "not loaded"),
    ]
    content.commands = commands()
    let page = output ?? folder.appendingPathComponent("report.html")
    try HTMLReport(content).write(to: page)
    return page
  }

  private func cards(_ evaluation: ModelEvaluation) -> [ReportContent.Card] {
    let metrics = MetricRow.all(of: evaluation)
    func card(_ name: String, _ label: String) -> ReportContent.Card? {
      metrics.first { $0.name == name }.map {
        .init(
          label: label, value: $0.value,
          detail: $0.interval.isEmpty
            ? $0.note : "\(evaluation.options.intervalName) \($0.interval)")
      }
    }
    return [
      .init(label: "Subjects", value: "\(evaluation.heldOut.count)", detail: "held out"),
      card("Spearman ρ", "Spearman ρ"), card("linear κ, five classes", "Linear κ"),
      card("Pearson r", "Pearson r"), card("same class", "Same risk class"),
    ].compactMap(\.self)
  }

  private func figures(_ evaluation: ModelEvaluation) throws -> [ReportContent.Figure] {
    var figures = try evaluation.figures().map { name, plot in
      ReportContent.Figure(
        title: plot.title, caption: Self.captions[name] ?? "", summary: plot.summary,
        svg: try plot.untitled.svg())
    }
    for fold in try model.map({ try Model(at: $0).trainedFolds() }) ?? [] {
      guard let model,
        let log = try? TrainingFolder.log(of: model.appendingPathComponent("fold_\(fold)"))
      else { continue }
      let plot = Plot.learningCurve(
        TrainingHistory(log), title: "Learning curve, fold \(fold)")
      figures.append(
        .init(
          title: plot.title,
          caption: "Loss of the training and validation patches, and pseudo-Dice, by epoch.",
          summary: plot.summary, svg: try plot.untitled.svg()))
    }
    return figures
  }

  private static let captions = [
    "scatter": "Each point is a subject; both axes are log(1 + x). The solid line is the "
      + "regression, the dashed one identity; steps mark the risk classes.",
    "confusion": "Subjects by reference class (rows) and computed class (columns).",
    "bland-altman": "Difference against mean, with bias and limits of agreement.",
  ]

  /// Every held-out subject with its slices that have calcium in either mask.
  private func subjects(_ evaluation: ModelEvaluation) async throws -> [ReportContent.Subject] {
    try await evaluation.heldOut.concurrentMap(width: Machine.cores) { row in
      let pictures = try pictures(of: row.subject)
      return ReportContent.Subject(
        id: row.subject, reference: row.reference, computed: row.computed,
        referenceClass: row.referenceClass.rawValue, computedClass: row.computedClass.rawValue,
        slices: pictures.slices, slicesWithCalcium: pictures.count)
    }
  }

  private func pictures(of subject: String) throws -> (
    slices: [ReportContent.Slice], count: Int
  ) {
    guard let images else { return ([], 0) }
    func mask(_ folder: URL?) throws -> Volume<UInt8>? {
      let file = folder?.appendingPathComponent("\(subject).nii.gz")
      return try file.flatMap {
        Folder.isFile($0) ? try NIfTIFile.read($0, as: UInt8.self) : nil
      }
    }
    let file = images.appendingPathComponent("\(subject)_0000.nii.gz")
    guard Folder.isFile(file) else { return ([], 0) }
    let overlay = try Overlay(
      ct: NIfTIFile.read(file, as: Int16.self), reference: mask(reference),
      prediction: mask(prediction))
    let slices = try overlay.slicesOfInterest(limit: 8).map { z in
      let picture = try overlay.picture(slice: z)
      return ReportContent.Slice(
        png: picture.png, caption: "slice \(z + 1)", summary: picture.summary)
    }
    return (slices, overlay.slicesWithCalcium)
  }

  private func describe(_ report: PrepareReport, in content: inout ReportContent) {
    let kept = report.subjects.filter { $0.leftOut == nil }
    content.cohort = [
      .init("Data set", report.dataset),
      .init("Subjects", "\(report.subjects.count), \(kept.count) of them usable"),
      .init("Training", "\(kept.count { !$0.isTest }) subjects"),
      .init("Held out", "\(kept.count(where: \.isTest)) subjects"),
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

  private func describeModel(in content: inout ReportContent) throws {
    guard let folder = model else { return }
    let model = try Model(at: folder)
    let plan = model.configuration
    content.methods += [
      .init(
        "Network",
        "nnU-Net \(plan.architecture.family.title), \(plan.architecture.nStages) stages, "
          + "\(plan.architecture.featuresPerStage.map { "\($0)" }.joined(separator: "–")) features"),
      .init("Patch", plan.patchSize.map { "\($0)" }.joined(separator: " × ") + " pixels"),
      .init("Spacing", plan.spacing.map { decimal($0, 3) }.joined(separator: " × ") + " mm"),
      .init("Folds", try model.trainedFolds().joined(separator: ", ")),
    ]
    for fold in try model.trainedFolds() {
      guard let log = try? TrainingFolder.log(of: folder.appendingPathComponent("fold_\(fold)"))
      else { continue }
      let seconds = log.reduce(0) { $0 + $1.seconds }
      content.methods.append(
        .init("Training of fold \(fold)", "\(log.count) epochs in \(decimal(seconds / 60)) min"))
    }
  }

  /// The commands that made the evaluation, as their run records kept them.
  private func commands() -> [String] {
    let record = folder.appendingPathComponent("evaluation.json.run.json")
    guard let run = try? JSONFile.read(RunRecord.self, from: record) else { return [] }
    return ["cac " + run.arguments.joined(separator: " ")]
  }
}

extension Plot {
  /// The figure without its title, for a page that has it as a heading.
  fileprivate var untitled: Plot {
    var plot = self
    plot.title = ""
    return plot
  }
}
