// SPDX-License-Identifier: Apache-2.0
public import Learning
public import NNUNet
public import Torch

/// Explains a prediction of trained networks, window by window as it is predicted, without copies.
///
/// One window at a time is in memory, with the activations of one pass.
public final class CaseExplainer {
  private let explainers: [NetworkExplainer]
  private let device: Device
  private let preprocessed: PreprocessedCase
  private let baseline: PreprocessedCase
  private let target: CaseTarget
  private let tiles: CaseTiles

  /// The standard deviation in mm of the blur that makes the baseline.
  ///
  /// A uniform baseline says nothing here: the normalisation after the first convolution removes how
  /// far an image is on its way from one.
  public static let blur = 4.0

  /// An explainer of a case's target.
  ///
  /// - Parameters:
  ///   - networks: one for each fold, on `device`.
  ///   - configuration: patch size and spacing.
  ///   - step: the step of the sliding window as a share of the patch.
  /// - Throws: `ExplanationError` for a network that cannot be looked into.
  public init(
    networks: [any SegmentationNetwork], configuration: Configuration, step: Double,
    device: Device, of preprocessed: PreprocessedCase, target: CaseTarget
  ) throws {
    explainers = try networks.map { network in
      guard let network = network as? any ProbedNetwork else {
        throw ExplanationError(
          .network, subject: configuration.dataIdentifier,
          detail: "this kind of network cannot be looked into; use occlusion")
      }
      return NetworkExplainer(network)
    }
    self.device = device
    (self.preprocessed, self.target) = (preprocessed, target)
    let isFlat = configuration.dimensions == 2
    let spacing = isFlat ? [.infinity] + configuration.spacing : configuration.spacing
    baseline = preprocessed.blurred(by: spacing.map { Self.blur / $0 })
    tiles = CaseTiles(
      SlidingWindow(patchSize: configuration.patchSize, step: step), of: preprocessed.shape,
      target: target, classes: explainers.first?.network.architecture.classes ?? 0)
  }

  /// The stages of the networks, by name.
  public var stageNames: [String] { explainers.first?.network.stageNames ?? [] }

  /// The number of windows with a part of the target, over all networks.
  public var windowCount: Int { tiles.tiles.count * explainers.count }

  /// The maps (z, y, x) of a method on the case's grid, by stage, or one with an empty name.
  ///
  /// Attributions to voxels are added over windows and averaged over networks: they belong to the
  /// number of the whole prediction. Activation maps are averaged by the weights of the prediction over
  /// the windows that hold a part of the target.
  ///
  /// - Parameter onWindow: told how many windows are done.
  public func maps(
    _ options: NetworkExplainer.Options, onWindow: (Int) throws -> Void = { _ in }
  ) throws -> [String: [Float]] {
    let shape = preprocessed.shape
    let count = shape.reduce(1, *)
    var sums: [String: [Float]] = [:]
    var weights = [Float](repeating: 0, count: options.method.isOfStages ? count : 0)
    var done = 0
    for explainer in explainers {
      for tile in tiles.tiles {
        try Task.checkCancellation()
        let maps = try maps(tile, explainer, options).mapValues { try $0.floats() }
        for (name, map) in maps {
          var sum = sums.removeValue(forKey: name) ?? [Float](repeating: 0, count: count)
          CaseTiles.each(tile.start, tiles.size, shape) { inside, whole in
            sum[whole] +=
              options.method.isOfStages ? map[inside] * tiles.gaussian[inside] : map[inside]
          }
          sums[name] = sum
        }
        if options.method.isOfStages {
          CaseTiles.each(tile.start, tiles.size, shape) { weights[$1] += tiles.gaussian[$0] }
        }
        done += 1
        try onWindow(done)
      }
    }
    let share = 1 / Float(explainers.count)
    return sums.mapValues { sum in
      options.method.isOfStages
        ? zip(sum, weights).map { $1 > 0 ? $0 / $1 : 0 } : sum.map { $0 * share }
    }
  }

  private func maps(
    _ tile: CaseTiles.Tile, _ explainer: NetworkExplainer, _ options: NetworkExplainer.Options
  ) throws -> [String: Tensor] {
    try explainer.maps(
      of: tiles.image(tile, of: preprocessed).to(device),
      baseline: tiles.image(tile, of: baseline).to(device),
      weights: tiles.weights(tile).to(device), options)
  }

  /// Whether a method tells this network from a random one, and how well it ranks voxels, in the window
  /// with most of the target.
  public func check(_ options: NetworkExplainer.Options) throws -> MapCheck? {
    guard let tile = tiles.busiest, let explainer = explainers.first else { return nil }
    return try MapCheck(
      explainer, image: tiles.image(tile, of: preprocessed).to(device),
      baseline: tiles.image(tile, of: baseline).to(device),
      weights: tiles.weights(tile).to(device), options)
  }
}
