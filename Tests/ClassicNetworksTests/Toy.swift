// SPDX-License-Identifier: Apache-2.0
@testable import ClassicNetworks
import Learning
import Torch
import Volume

/// Small scans with a bright lesion, on the networks' own grid unless a spacing is given.
enum Toy {
  /// A scan of soft tissue with noise, a lesion of 3×3×3 voxels at a place, and bone without label.
  static func volume(
    _ extent: Extent = Extent(slices: 6, rows: 20, columns: 24),
    spacing: SIMD3<Double> = [0.66, 0.66, 1.5], lesion: (Int, Int, Int) = (3, 9, 12)
  ) -> (ct: Volume<Int16>, classes: [UInt8]) {
    var generator = KeyedGenerator(seed: 5, purpose: .training)
    let geometry = Geometry(extent: extent, spacing: spacing)
    var ct = Volume(
      geometry: geometry,
      voxels: (0..<extent.count).map { _ in Int16.random(in: -60...60, using: &generator) })
    var classes = [UInt8](repeating: 0, count: extent.count)
    for z in -1...1 {
      for y in -1...1 {
        for x in -1...1 {
          let place = ct.offset(lesion.0 + z, lesion.1 + y, lesion.2 + x)
          ct.voxels[place] = 400
          classes[place] = 1
        }
      }
    }
    for z in 0..<extent.slices { for x in 1...4 { ct[z, 2, x] = 600 } }
    return (ct, classes)
  }

  static func scan(_ name: String = "toy") -> TrainingScan {
    let (ct, classes) = volume()
    return TrainingScan(name: name, ct, classes: classes)
  }
}

/// A method of one number, to show that the trainer asks the protocol alone: it learns the mean of the
/// bright voxels.
final class MeanMethod: NetworkMethod {
  static let word = "mean"
  static let source = "nowhere"
  let parts: [any NetworkPart]

  init(_ classes: ScanClasses, seed: UInt64, on device: Device) throws {
    parts = [try MeanPart("first"), try MeanPart("second")]
  }

  static func segment(
    _ ct: Volume<Int16>, with networks: [MeanMethod], progress: (Double) throws -> Void
  ) throws -> [UInt8] { ct.voxels.map { $0 > 130 ? 1 : 0 } }
}

private final class MeanPart: NetworkPart {
  let name: String
  let schedule = PartSchedule(epochs: 2, iterations: 3, batchSize: 4, rate: 0.1, penalty: 0)
  private let value: Tensor

  init(_ name: String) throws {
    self.name = name
    value = try Tensor.zeros([1])
    try value.requireGradient()
  }

  var parameters: [NamedParameter] { [("value", value)] }

  func loss(
    of scans: [TrainingScan], size: Int, generator: inout KeyedGenerator, dropout: inout Dropout,
    isTraining: Bool
  ) throws -> Tensor {
    var voxels: [VoxelDraw.Voxel] = []
    VoxelDraw(scans: scans).append(size, of: scans.map(\.bright), to: &voxels, using: &generator)
    let noise = Float.random(in: 0...0.1, using: &generator)
    let wanted = try Tensor(voxels.map { Float(scans[$0.scan].scan.hu[$0.place]) / 600 + noise })
    let difference = try dropout(value - wanted, share: 0.2)
    return try (difference * difference).mean()
  }
}
