// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// How the second network learns: half of a minibatch is calcium, two fifths are voxels that the first
/// network marks falsely, and the rest are other voxels of at least 130 HU.
///
/// Where the first network marks nothing falsely, other bright voxels take the place of its errors.
final class VerifierTraining: NetworkPart {
  let name = "verifier"
  let schedule = PartSchedule(
    epochs: 250, iterations: 500, batchSize: 64, rate: 1e-4, penalty: 1e-5)
  private let network: LessmannVerifier
  private let detector: LessmannDetector
  private let device: Device
  /// The voxels that the first network marks falsely, by the name of the scan.
  private var errors: [String: [Int32]] = [:]

  init(_ network: LessmannVerifier, after detector: LessmannDetector, on device: Device) {
    self.network = network
    self.detector = detector
    self.device = device
  }

  var parameters: [NamedParameter] { network.parameters }
  var statistics: [NamedParameter] { network.statistics }

  /// Applies the first network to the bright voxels without calcium.
  func prepare(_ scan: TrainingScan) throws {
    guard errors[scan.name] == nil else { return }
    let marks = try Lessmann.mark(scan.bright, of: scan.scan, with: [detector], device)
    errors[scan.name] = marks.indices.filter { marks[$0] != 0 }.map { scan.bright[$0] }
  }

  func loss(
    of scans: [TrainingScan], size: Int, generator: inout KeyedGenerator, dropout: inout Dropout,
    isTraining: Bool
  ) throws -> Tensor {
    let draw = VoxelDraw(scans: scans)
    var voxels: [VoxelDraw.Voxel] = []
    let calcium = scans.map { scan in
      scan.calcium.filter { scan.scan.hu[Int($0)] >= TrainingScan.threshold }
    }
    draw.append((size + 1) / 2, of: calcium, to: &voxels, using: &generator)
    draw.append(
      (2 * size) / 5, of: scans.map { errors[$0.name] ?? [] }, to: &voxels, using: &generator)
    draw.append(size - voxels.count, of: scans.map(\.bright), to: &voxels, using: &generator)
    draw.fill(to: size, &voxels, using: &generator)
    let edge = LessmannVerifier.edge
    let planes = try Orientation.allCases.map { orientation in
      try Tensor(
        draw.planes(around: voxels, orientation, edge: edge, window: .verifier),
        shape: [size, 1, edge, edge]
      ).to(device)
    }
    let targets = try Tensor(
      voxels.map { Int64(scans[$0.scan].classes[$0.place] == 0 ? 0 : 1) }
    ).to(device)
    return try network.loss(
      planes, targets: targets, isTraining: isTraining, dropout: &dropout)
  }
}
