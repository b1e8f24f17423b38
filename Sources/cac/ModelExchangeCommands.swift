// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Workflow

/// `cac model`: nnU-Net's checkpoints in and out.
struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Take models from nnU-Net, give them back, or look at one.",
    discussion: """
      A model folder of nnU-Net 2 can be used by predict and score as it is. Importing it makes a \
      copy with safetensors, which carry no code. A checkpoint is read without running anything; \
      one that asks for more than numbers is refused.
      """,
    subcommands: [ModelShow.self, ModelImport.self, ModelExport.self])
}

/// `cac model show`: what a model folder holds.
struct ModelShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Tell what a model folder holds, and whether it fits its plan.",
    discussion:
      "Example: cac model show nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d")

  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d).")
  var model: String
  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let summary = try ModelSummary(path(model))
    print(json ? try summary.json : summary.table)
  }
}

/// The folders of an import or an export.
struct ModelPlaces: ParsableArguments {
  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d).")
  var model: String
  @Argument(help: "The folder to put the new model folder into, under the same name.")
  var output: String

  func copy(_ direction: ModelExchange.Direction) throws {
    let done = try ModelExchange.copy(
      path(model), into: path(output), direction, progress: ProgressBar().handler)
    print("\(done.folder): folds \(done.folds.joined(separator: ", "))")
  }
}

/// `cac model import`: nnU-Net's checkpoints become safetensors.
struct ModelImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Copy a model folder of nnU-Net, its weights as safetensors.",
    discussion: """
      Example: cac model import downloaded/nnUNetTrainer__nnUNetPlans__3d_fullres \
      nnUNet_results/Dataset501_COCA
      """)

  @OptionGroup var places: ModelPlaces

  func run() async throws { try places.copy(.importing) }
}

/// `cac model export`: safetensors become checkpoints of nnU-Net.
struct ModelExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Copy a model folder for nnU-Net, with checkpoint_final.pth.",
    discussion: """
      Example: cac model export nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d \
      for-nnunet/Dataset501_COCA
      nnUNetv2_predict_from_modelfolder then predicts with the copy.
      """)

  @OptionGroup var places: ModelPlaces

  func run() async throws { try places.copy(.exporting) }
}
