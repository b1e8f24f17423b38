// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import Text
import Workflow

/// An estimate of the memory that the prediction of one case takes, made before it begins.
///
/// The largest phase counts: preprocessing, the sliding window, or the export to the image's grid.
/// Loaded networks and activations on a graphics card are not counted.
struct PredictionMemory {
  /// The bytes of everything that is held at once in the largest phase, with its name.
  let parts: [(what: String, bytes: Double)]
  private let advice: String

  /// The sum, in bytes.
  var bytes: Double { parts.reduce(0) { $0 + $1.bytes } }

  /// An estimate for an image on its own grid and on the network's (z, y, x).
  init(
    shape: [Int], networkShape: [Int], channels: Int, configuration: Configuration,
    labels: LabelScheme, networks: Int, probabilities: Bool, onProcessor: Bool,
    keptWindowStep: Double? = nil
  ) {
    func voxels(_ shape: [Int]) -> Double { shape.reduce(1) { $0 * Double($1) } }
    let (image, grid) = (voxels(shape), voxels(networkShape))
    let isSame = shape == networkShape
    let classes = Double(labels.outputCount)
    let inputs =
      Double(channels)
      + (configuration.previousStage == nil ? 0 : Double(labels.foregroundLabels.count))
    let input = ("the image on the network's grid", 4 * inputs * grid)
    let logits = ("the logits of \(labels.outputCount) classes there", 2 * classes * grid)
    // Measured: eight times the finest stage, 0.27 GB at 512×512 and 32 features.
    let features = Double(configuration.architecture.featuresPerStage.first ?? 32)
    let window = ("a window's activations", 32 * features * voxels(configuration.patchSize))
    // Resampling works in float64, one channel at a time.
    let resampling = ("resampling", isSame ? 0 : 8 * (image + 2 * grid))
    let preprocessing = [
      ("the image", 4 * Double(channels) * image), ("its copy", 4 * Double(channels) * image),
      ("its mask", 4 * image), input, resampling,
    ]
    let copies = networks > 1 ? 2.0 : 1
    var sliding = [
      input, (logits.0, copies * logits.1), ("the windows' weights", 2 * grid),
      (window.0, onProcessor ? window.1 : 0),
    ]
    if let step = keptWindowStep {
      let size = configuration.patchSize
      let flat = size.count == 2
      let windows = SlidingWindow(patchSize: size, step: step)
        .positions(for: flat ? Array(networkShape.dropFirst()) : networkShape).count
      let windowLogits = voxels(size) * Double(windows * (flat ? networkShape[0] : 1) * networks)
      sliding.append(
        ("the windows' logits, kept for --mirror-candidates", 4 * classes * windowLogits))
      // The resampled logits decide where mirrored copies are needed.
      sliding +=
        isSame ? [] : [resampling, ("the logits on the image's grid", 2 * classes * image)]
    }
    let export =
      probabilities
      ? [
        logits, resampling,
        ("the probabilities of \(labels.outputCount) classes", 12 * classes * image),
      ] : [logits, resampling, ("the labels", 5 * image)]
    let phases = [preprocessing, sliding, export]
    let sums = phases.map { $0.reduce(0) { $0 + $1.1 } }
    let largest = sums.indices.max { sums[$0] < sums[$1] } ?? 0
    parts = phases[largest].map { (what: $0.0, bytes: $0.1) }
    advice =
      largest == 2 && probabilities && sums[1] < sums[2]
      ? "leave out --probabilities, which takes it to \(gigabytes(max(sums[0], sums[1])))"
      : networks > 1 && largest == 1
        ? "name one of --folds, or a machine with more memory"
        : "close other programs or use a machine with more memory"
  }

  /// Throws a `WorkflowError` with the numbers where less memory is available, in bytes.
  func require(available: Double) throws {
    guard bytes > available else { return }
    let most = parts.max { $0.bytes < $1.bytes } ?? (what: "", bytes: 0)
    throw WorkflowError(
      .notEnoughMemory,
      "would take about \(gigabytes(bytes)) of memory, \(gigabytes(available)) are "
        + "available; \(gigabytes(most.bytes)) are \(most.what); \(advice)")
  }
}
