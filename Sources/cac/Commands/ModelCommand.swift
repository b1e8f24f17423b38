// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Learning
import Segmentation
import Workflow

/// `cac model`: nnU-Net's checkpoints in and out.
struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Show, import and export models.",
    discussion: """
      predict, score and these commands take as MODEL: a model folder of nnU-Net 2, a file of cac \
      model export, the zip of nnUNetv2_export_model_to_zip with one model, or one of its .pth files; and \
      folders of stages, which cac train-stages trains. \
      Importing makes a folder with safetensors, which carry no code. A checkpoint is read without \
      running anything; one that asks for more than numbers is refused.
      """,
    subcommands: [ModelShow.self, ModelImport.self, ModelExport.self, ModelCalibrate.self])
}

/// `cac model show`: what a model folder holds.
struct ModelShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what a model holds, and whether it fits its plan.",
    discussion: """
      Examples:
        cac model show nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d
        cac model show coca-2d.cac     (also checks the SHA-256 of every part)
      """)

  @Argument(help: "A model: a folder, or one file.")
  var model: String
  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    if StagedModelSource.canOpen(path(model)) {
      let summary = try StagedModelSummary(at: path(model))
      return print(json ? try summary.json : summary.table)
    }
    let summary = try ModelSummary.of(path(model))
    print(json ? try summary.json : summary.table)
  }
}

/// `cac model import`: nnU-Net's checkpoints become safetensors.
struct ModelImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Copy a model into a folder, its weights as safetensors.",
    discussion: """
      Examples:
        cac model import downloaded/nnUNetTrainer__nnUNetPlans__3d_fullres nnUNet_results/Dataset501_COCA
        cac model import coca-2d.cac nnUNet_results/Dataset501_COCA
        cac model import exported-by-nnunet.zip nnUNet_results     (with its data set's folder)
        cac model import checkpoint_final.pth nnUNet_results/Dataset501_COCA
      A lone .pth takes plans.json and dataset.json from beside it, else from within.
      """)

  @Argument(help: "A model: a folder, or one file.")
  var model: String
  @Argument(help: "The folder to put the new model folder into, under the model's name.")
  var output: String

  func run() async throws {
    guard StagedModelSource.canOpen(path(model)) else {
      return try copyModel(model, into: output, .importing)
    }
    let copied = try StagedPackage.unpack(path(model), into: path(output))
    print("\(copied.folder): stages \(copied.stages.joined(separator: ", "))")
  }
}

/// `cac model export`: one file, or checkpoints of nnU-Net.
struct ModelExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Pack a model into one file, or copy it for nnU-Net.",
    discussion: """
      Examples:
        cac model export nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d coca-2d.cac \
      --licence CC-BY-4.0
        cac model export nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d \
      for-nnunet/Dataset501_COCA
        cac model export stages chest.cac --name chest --model-version 1.2
      FILE.cac is a zip of safetensors, plans and a card, MODEL.md, without names of cases; the same \
      model gives the same bytes. It predicts, and cannot be used to resume training. Of a cascade it holds \
      the first stage, too. Licence, statements and validation of a card that the model came with stay.
      Of a folder of stages, FILE.cac holds the stages, their cards (localiser.md, classifier.md beside the \
      weights) and the rules between them (rules.json).
      A folder gets checkpoint_final.pth; nnUNetv2_predict_from_modelfolder then predicts with the copy. \
      nnUNetv2_train --c goes on from it: with SGD where it was trained with sgd; where with adamw, call the \
      folder nnUNetTrainerAdam1en3__… and train with -tr nnUNetTrainerAdam1en3, or SGD goes on \
      without optimizer state. Its trainer mirrors unless it is nnUNetTrainerNoMirroring.
      """)

  @Argument(help: "A model: a folder, or one file.")
  var model: String
  @Argument(help: "A file that ends in .cac, or the folder to put the new model folder into.")
  var output: String
  @Option(
    parsing: .upToNextOption,
    help: "The folds to pack into FILE.cac; default: all that are trained."
  )
  var folds: [Fold] = []
  @Option(help: "The name of a model of stages.")
  var name: String?
  @Option(help: "The version of a model of stages.")
  var modelVersion: String?
  @Flag(help: "Pack a cascade without its first stage, which lies beside its folder.")
  var noPreviousStage = false
  @Option(help: "The licence that the card of FILE.cac states.")
  var licence: String?
  @Option(help: "The intended use that the card of FILE.cac states.")
  var intendedUse: String?
  @Option(help: "What the card of FILE.cac says about the training data, in your words.")
  var trainingData: String?

  private var isPackage: Bool { path(output).pathExtension == ModelPackage.ending }

  func validate() throws {
    if !isPackage,
      !folds.isEmpty || noPreviousStage
        || [licence, intendedUse, trainingData, name, modelVersion].contains(where: { $0 != nil })
    {
      throw ValidationError(
        "--folds, --no-previous-stage, --name, --model-version, --licence, --intended-use and "
          + "--training-data belong to a file that ends in .cac")
    }
  }

  func run() async throws {
    if StagedModelSource.canOpen(path(model)) { return try exportStages() }
    for (isGiven, option) in [(name != nil, "name"), (modelVersion != nil, "model-version")]
    where isGiven {
      throw ValidationError("--\(option) is for models of stages; \(model) has a name of its own")
    }
    guard isPackage else { return try copyModel(model, into: output, .exporting) }
    let package = try ModelPackage(
      path(model), folds: folds.isEmpty ? nil : folds.map(\.description),
      withPreviousStage: !noPreviousStage, licence: licence, intendedUse: intendedUse,
      trainingData: trainingData)
    let written = try package.write(to: path(output), progress: ProgressBar().handler)
    print("\(output): folds \(written.folds.joined(separator: ", ")), SHA-256 \(written.sha256)")
  }

  private func exportStages() throws {
    guard isPackage else {
      throw ValidationError(
        "\(output): nnU-Net has no models of stages; name a file that ends in .cac, or see cac model "
          + "import")
    }
    guard folds.isEmpty, !noPreviousStage else {
      throw ValidationError("--folds and --no-previous-stage are for models of nnU-Net")
    }
    let package = try StagedPackage(
      path(model), name: name, version: modelVersion, licence: licence, intendedUse: intendedUse,
      trainingData: trainingData)
    let written = try package.write(to: path(output))
    print("\(output): stages \(written.stages.joined(separator: ", ")), SHA-256 \(written.sha256)")
  }
}

/// Copies the models of a folder or file and prints the folder and the folds of each copy.
private func copyModel(
  _ model: String, into output: String, _ direction: ModelExchange.Direction
) throws {
  let bar = ProgressBar()
  let copied = try ModelExchange.copy(
    path(model), into: path(output), direction, say: bar.say, progress: bar.handler)
  for model in copied { print("\(model.folder): folds \(model.folds.joined(separator: ", "))") }
}
