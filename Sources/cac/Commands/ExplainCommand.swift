// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Explain
import Foundation
import Segmentation
import Workflow

/// `cac explain`: why a score is what it is.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Show why a model gives a study its score: maps, occlusion, what would turn the class.",
    discussion: """
      Writes explain.html with the lesions by what they contribute, pictures, maps as NIfTI on the scan's \
      grid, and the same as explanation.json. Each map of a network is checked: does it change when the \
      weights are random? One that does not says so on its picture. A stopped run goes on by the same \
      command.

      Examples:
        cac explain default study_folder --out explained
        cac explain …/nnUNetTrainer__nnUNetPlans__2d ct.nii.gz --out explained --method grad-cam \
      --method integrated-gradients
        cac explain …/nnUNetTrainer__nnUNetPlans__2d ct.nii.gz --out explained --target LAD --box 12
      """)

  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d), one file, or default.")
  var model: String
  @Argument(help: "An image file, a DICOM folder or file: one scan.")
  var study: String
  @Option(help: "The folder for the results.")
  var out = "explained"
  @Option(
    help: """
      A method, may be repeated: grad-cam, grad-cam++, integrated-gradients, guided-backpropagation, \
      deconvolution (these need one network of nnU-Net's kind, grad-cam also takes the classifier of stages), \
      patch-occlusion (of that classifier), occlusion or counterfactual. (default: occlusion and \
      counterfactual, with grad-cam of one network, patch-occlusion of stages)
      """)
  var method: [ExplainMethod] = []
  @Option(
    help:
      "What is explained: total, LM, LAD, LCX, RCA, or a lesion by its number, from 1 by falling points."
  )
  var target = "total"
  @Option(help: "The scoring convention, as for cac score.")
  var convention = "agatston"
  @Option(
    help:
      "The stage of Grad-CAM, as decoder.stages.3 or encoder.stages.0 (default: all of the decoder)."
  )
  var layer: String?
  @Option(help: "The edge of an occluded box in mm.")
  var box = 20.0
  @Option(name: .customLong("box-step"), help: "The distance of boxes in mm (default: --box).")
  var boxStep: Double?
  @Option(help: "The points of integrated gradients.")
  var points = 16
  @Option(help: "A mask of the calcium that is there, to check where maps point.")
  var reference: String?
  @OptionGroup var prediction: PredictOptions
  @OptionGroup var uncertainty: UncertaintyOption
  @OptionGroup var dicom: StudyOptions

  func validate() throws {
    guard ExplainTarget(target) != nil else {
      throw ValidationError(
        "--target must be total, LM, LAD, LCX, RCA or a lesion's number from 1, not \(target)")
    }
    for (value, name) in [(box, "box"), (boxStep ?? box, "box-step")]
    where !(1...200).contains(value) {
      throw ValidationError("--\(name) must be from 1 to 200 mm, not \(value)")
    }
    guard (1...256).contains(points) else {
      throw ValidationError("--points must be from 1 to 256, not \(points)")
    }
  }

  func run() async throws {
    var request = ExplainRequest(
      model: try DefaultModel.url(named: model), study: path(study), output: path(out))
    request.methods = method
    request.target = ExplainTarget(target) ?? .total
    request.layer = layer
    (request.box, request.step, request.points) = (box, boxStep ?? box, points)
    request.reference = reference.map(path)
    request.prediction = try prediction.request
    request.prediction.uncertainty = uncertainty.uncertainty
    request.convention = convention
    request.dicom = dicom.input
    StopSignal.listen()
    let bar = ProgressBar()
    let result = try ExplainRun(request).run(
      listing: { bar.say("\($0)") }, say: bar.say, progress: bar.handler)
    print(ExplanationText.text(result))
    print("page: \(path(out).appendingPathComponent("explain.html").path)")
  }
}
