// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Segmentation

/// How a model predicts, for `cac predict` and `cac score`.
struct PredictOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: "The folds to average; default: all numbered ones that are trained.")
  var folds: [Fold] = []
  @Flag(help: "Do not average over mirrored copies: 4 times faster in 2D, 8 in 3D.")
  var noMirroring = false
  @Option(help: "The step of the sliding window as a share of the patch.")
  var step = 0.5
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"
  @OptionGroup var inference: InferenceFlags

  func validate() throws {
    guard step > 0, step <= 1 else {
      throw ValidationError("--step must be above 0 and at most 1, not \(step)")
    }
    if noMirroring, inference.mirrorCandidates {
      throw ValidationError("--mirror-candidates and --no-mirroring exclude each other; give one")
    }
  }

  /// The request that the options make; throws where this processor cannot do what they ask.
  var request: PredictionRequest {
    get throws {
      var request = PredictionRequest(
        folds: folds.isEmpty ? nil : folds.map(\.description), mirroring: !noMirroring, step: step,
        device: device)
      request.inference = try inference.values
      request.requiresMirroring = inference.mirrorCandidates
      return request
    }
  }
}
