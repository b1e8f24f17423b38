// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Torch
import Workflow

/// Segments the validation cases of a fold and measures them, in the files that nnU-Net's trainer leaves:
/// label maps and `summary.json` in `fold_k/validation`.
struct MethodValidation {
  private let setup: MethodSetup
  private let device: Device

  /// A validation of a fold on a device.
  init(_ setup: MethodSetup, device: Device) {
    self.setup = setup
    self.device = device
  }

  /// Validates the fold's final checkpoint; returns the mean Dice over classes, `nil` where a class is in
  /// no case.
  ///
  /// - Throws: `WorkflowError` where the user stopped it, or the training has not ended.
  func run(_ scans: MethodScans, progress: ProgressHandler) throws -> Double? {
    let file = setup.folder.checkpoint("final")
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(file.path): no such checkpoint; finish the training with: "
          + setup.command("--continue"))
    }
    let checkpoint = try MethodCheckpoint(contentsOf: file)
    let predictor = MethodPredictor(
      try checkpoint.method(on: device), classes: checkpoint.state.classes)
    let folder = setup.folder.folder.appendingPathComponent("validation")
    try Folder.create(folder)
    let references = ReferenceLabels(of: setup.dataset)
    let ending = setup.description.fileEnding
    let files = scans.validationCases
    var measured: [SegmentationSummary.Case] = []
    for (index, item) in files.enumerated() {
      let ct = try scans.load(item).ct
      let mask = try predictor.labels(of: ct) { part in
        guard !StopSignal.isAsked else {
          throw WorkflowError(
            .stopped,
            "stopped in the validation; the weights are kept, validate with: "
              + setup.command("--validate-only"))
        }
        progress(
          WorkProgress(
            "validate", done: index * 100 + Int(part * 100), of: files.count * 100,
            stepsPerUnit: 100, detail: item.name))
      }
      let written = folder.appendingPathComponent(item.name + ending)
      try LabelMap.uint8(mask).write(to: written)
      let reference = try references.file(of: item.name, ending: ending)
      measured.append(
        .init(
          predictionFile: written.path, referenceFile: reference.path,
          metrics: try SegmentationMetrics.measure(
            prediction: mask, reference: LabelFile.read(reference),
            labels: setup.description.labels)))
    }
    let summary = try SegmentationSummary(cases: measured, labels: setup.description.labels)
    try summary.write(to: folder.appendingPathComponent(SegmentationSummary.fileName))
    return summary.foregroundMeanDice
  }
}
