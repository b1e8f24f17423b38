// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
import Foundation
import Learning
import NNUNet
import Torch
import Volume
import Workflow

/// Segments cases with networks beside nnU-Net, which are loaded once.
final class MethodPredictor: CaseSegmenter {
  private let networks: [any NetworkMethod]
  private let classes: ScanClasses

  /// Loads the networks of some folds of a model, whose probabilities are averaged.
  ///
  /// - Throws: `WorkflowError` where folds tell other classes apart.
  init(_ model: Model, folds: [String], device: String) throws {
    let device = try Device.available(named: device)
    let checkpoints = try folds.map {
      try MethodCheckpoint(of: model, fold: $0)
    }
    guard let first = checkpoints.first,
      checkpoints.allSatisfy({
        $0.state.classes == first.state.classes && $0.state.network == first.state.network
      })
    else {
      throw WorkflowError(
        .invalid, "\(model.folder.path): its folds tell other classes apart; name one of --folds")
    }
    classes = first.state.classes
    networks = try checkpoints.map { try $0.method(on: device) }
  }

  /// A predictor of networks in memory.
  init(_ network: any NetworkMethod, classes: ScanClasses) {
    networks = [network]
    self.classes = classes
  }

  func predict(
    _ raw: consuming RawCase, ct: Volume<Int16>?, probabilities: Bool,
    progress: (Double) -> Void
  ) throws -> CasePredictor.Prediction {
    let ct = ct ?? raw.ct
    let labels = try labels(of: ct) { progress($0) }
    let shape = raw.shape
    return CasePredictor.Prediction(
      labels: .uint8(labels), probabilities: nil,
      properties: CaseProperties(
        geometry: ct.geometry, spacing: raw.spacing, shapeBeforeCropping: shape,
        boundingBox: shape.map { [0, $0] }, shapeAfterCropping: shape))
  }

  /// The label map of a CT in HU, on its grid; `progress` may throw to end the work.
  func labels(
    of ct: Volume<Int16>, progress: (Double) throws -> Void
  ) throws -> Volume<UInt8> {
    let values = [0] + classes.values
    let found = try Self.segment(ct, with: networks[0], networks, progress)
    return Volume(geometry: ct.geometry, voxels: found.map { values[Int($0)] })
  }

  /// Calls the method of all networks by the type of the first one.
  private static func segment<Method: NetworkMethod>(
    _ ct: Volume<Int16>, with first: Method, _ all: [any NetworkMethod],
    _ progress: (Double) throws -> Void
  ) throws -> [UInt8] {
    try Method.segment(ct, with: all.compactMap { $0 as? Method }, progress: progress)
  }
}
