// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// How the first network learns: of a minibatch one half is centred on calcium, an eighth on other voxels
/// of at least 130 HU, and the rest lies anywhere.
final class DetectorTraining: NetworkPart {
  let name = "detector"
  let schedule = PartSchedule(
    epochs: 700, iterations: 50, batchSize: 64, rate: 5e-4, penalty: 5e-5)
  private let network: LessmannDetector
  private let device: Device

  init(_ network: LessmannDetector, on device: Device) {
    self.network = network
    self.device = device
  }

  var parameters: [NamedParameter] { network.parameters }

  func loss(
    of scans: [TrainingScan], size: Int, generator: inout KeyedGenerator, dropout: inout Dropout,
    isTraining: Bool
  ) throws -> Tensor {
    let draw = VoxelDraw(scans: scans)
    var voxels: [VoxelDraw.Voxel] = []
    draw.append((size + 1) / 2, of: scans.map(\.calcium), to: &voxels, using: &generator)
    draw.append(size / 8, of: scans.map(\.bright), to: &voxels, using: &generator)
    draw.fill(to: size, &voxels, using: &generator)
    let outputs = LessmannDetector.outputs
    let edge = outputs + LessmannDetector.field - 1
    let planes = try Orientation.allCases.map { orientation in
      try Tensor(
        draw.planes(around: voxels, orientation, edge: edge, window: .detector),
        shape: [size, 1, edge, edge]
      ).to(device)
    }
    let targets = try Orientation.allCases.map { orientation in
      var classes: [Int64] = []
      for voxel in voxels {
        let scan = scans[voxel.scan]
        let place = orientation.place(scan.scan.index(voxel.place))
        orientation.cut(
          scan.classes, scan.scan.grid.extent, plane: place.plane,
          from: (place.row - outputs / 2, place.column - outputs / 2), size: (outputs, outputs),
          outside: 0, into: &classes
        ) { Int64($0) }
      }
      return try Tensor(classes, shape: [size, outputs, outputs]).to(device)
    }
    return try network.loss(planes, targets: targets, dropout: &dropout)
  }
}
