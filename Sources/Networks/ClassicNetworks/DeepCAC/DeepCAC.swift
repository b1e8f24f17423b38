// SPDX-License-Identifier: Apache-2.0
import Learning
package import Torch
package import Volume

/// DeepCAC (Zeleznik 2021, doi:10.1038/s41467-021-20966-2): one 3-D U-Net finds the heart, one outlines
/// it, and one marks calcium in cubes within it; what is left is at least 130 HU.
package final class DeepCAC: NetworkMethod {
  package static let word = "deepcac"
  package static let source = "Zeleznik 2021, doi:10.1038/s41467-021-20966-2"
  package static let needsHearts = true
  /// The features of the first convolution.
  package static let features = 32
  /// From which probability on a voxel is calcium, and one of the heart.
  private static let calciumShare: Float = 0.9
  private static let heartShare: Float = 0.5
  /// How far the heart is enlarged along z, in voxels of 2.5 mm to both sides.
  private static let margin = 5

  let localiser: VolumeUNet
  let heart: VolumeUNet
  let calcium: VolumeUNet
  let device: Device
  package let parts: [any NetworkPart]

  /// Calcium alone, which its networks do not tell apart by artery.
  package static func classes(of labels: [(name: String, value: Int)]) throws -> ScanClasses {
    guard labels.count == 1 else {
      throw LearningError(
        .unsupported, subject: word,
        detail: "knows calcium alone, the data set has \(labels.count) labels; prepare it with one")
    }
    return try ScanClasses(labels)
  }

  package convenience init(_ classes: ScanClasses, seed: UInt64, on device: Device) throws {
    try self.init(classes, options: MethodOptions(seed: seed), on: device)
  }

  package init(_ classes: ScanClasses, options: MethodOptions, on device: Device) throws {
    let features = options.features ?? Self.features
    func network(_ shape: VolumeUNet.Shape, _ number: Int) throws -> VolumeUNet {
      try VolumeUNet(
        shape.scaled(to: features), seed: options.seed, number: number, on: device)
    }
    localiser = try network(.heart, 0)
    heart = try network(.heart, 1)
    calcium = try network(.calcium, 2)
    self.device = device
    parts = [
      DeepCACTraining(.localiser, localiser, on: device),
      DeepCACTraining(.heart, heart, on: device),
      DeepCACTraining(.calcium, calcium, on: device),
    ]
  }

  package static func segment(
    _ ct: Volume<Int16>, with networks: [DeepCAC], progress: (Double) throws -> Void
  ) throws -> [UInt8] {
    let scan = SlabScan(ct)
    let nothing = [UInt8](repeating: 0, count: ct.voxels.count)
    let whole = DeepCACBoxes.scan(scan.grid)
    let device = networks[0].device
    let first = try probabilities([whole], of: scan, with: networks.map(\.localiser), device)[0]
    try progress(0.25)
    guard let centre = middle(of: first, in: whole) else { return nothing }
    let around = VolumeBox(
      extent: DeepCACBoxes.heartExtent, spacing: DeepCACBoxes.heartSpacing, centre: centre)
    let second = try probabilities([around], of: scan, with: networks.map(\.heart), device)[0]
    try progress(0.5)
    let isHeart = enlarged(second.map { $0 > heartShare }, around.extent)
    return try calcium(in: ct, scan, around, isHeart, networks) { try progress(0.5 + $0 / 2) }
  }

  /// The mean probabilities of networks in boxes of one extent.
  private static func probabilities(
    _ boxes: [VolumeBox], of scan: SlabScan, with networks: [VolumeUNet], _ device: Device
  ) throws -> [[Float]] {
    try withInferenceMode {
      try boxes.map { box in
        let volume = try Tensor(box.input(scan), shape: [1, 1] + box.extent).to(device)
        var sum = [Float](repeating: 0, count: box.count)
        for network in networks {
          var none = Dropout.none
          let found = try network.probabilities(volume, isTraining: false, dropout: &none).floats()
          for i in sum.indices { sum[i] += found[i] / Float(networks.count) }
        }
        return sum
      }
    }
  }

  /// The middle in mm of the box round the largest piece of the heart; `nil` where there is none.
  private static func middle(of shares: [Float], in box: VolumeBox) -> [Double]? {
    let pieces = ConnectedComponents(
      of: shares.map { $0 > heartShare ? UInt8(1) : 0 }, shape: box.extent, connectivity: .faces)
    guard let largest = pieces.sizes.indices.max(by: { pieces.sizes[$0] < pieces.sizes[$1] })
    else { return nil }
    var (low, high) = ([Int](repeating: .max, count: 3), [Int](repeating: .min, count: 3))
    for (i, label) in pieces.labels.enumerated() where label == Int32(largest + 1) {
      let place = [
        i / (box.extent[1] * box.extent[2]), i / box.extent[2] % box.extent[1], i % box.extent[2],
      ]
      for axis in 0..<3 {
        (low[axis], high[axis]) = (min(low[axis], place[axis]), max(high[axis], place[axis]))
      }
    }
    return (0..<3).map {
      (box.place(axis: $0, low[$0]) + box.place(axis: $0, high[$0])) / 2
    }
  }

  /// The heart with the slices above and below it that the margin reaches.
  static func enlarged(_ isHeart: [Bool], _ extent: [Int]) -> [Bool] {
    let slice = extent[1] * extent[2]
    var result = isHeart
    for i in isHeart.indices where isHeart[i] {
      for z in max(0, i / slice - margin)...min(extent[0] - 1, i / slice + margin) {
        result[z * slice + i % slice] = true
      }
    }
    return result
  }

  /// The voxels of at least 130 HU within the heart that the third step marks.
  private static func calcium(
    in ct: Volume<Int16>, _ scan: SlabScan, _ around: VolumeBox, _ isHeart: [Bool],
    _ networks: [DeepCAC], progress: (Double) throws -> Void
  ) throws -> [UInt8] {
    var classes = [UInt8](repeating: 0, count: ct.voxels.count)
    let places = candidates(of: ct, around, isHeart)
    let edges = zip(DeepCACBoxes.cubeExtent, DeepCACBoxes.cubeSpacing).map { Double($0) * $1 }
    // The cubes lie side by side from the corner of the heart's box.
    let corner = (0..<3).map {
      around.place(axis: $0, 0) - around.spacing[$0] / 2
    }
    var cubes: [[Int]: [(voxel: Int, place: [Double])]] = [:]
    for (voxel, place) in places {
      let key = (0..<3).map { Int((place[$0] - corner[$0]) / edges[$0]) }
      cubes[key, default: []].append((voxel, place))
    }
    let keys = cubes.keys.sorted { $0.lexicographicallyPrecedes($1) }
    for (done, key) in keys.enumerated() {
      let cube = VolumeBox(
        extent: DeepCACBoxes.cubeExtent, spacing: DeepCACBoxes.cubeSpacing,
        centre: (0..<3).map { corner[$0] + (Double(key[$0]) + 0.5) * edges[$0] })
      let shares = try probabilities(
        [cube], of: scan, with: networks.map(\.calcium), networks[0].device)[0]
      for (voxel, place) in cubes[key] ?? [] {
        if let i = cube.voxel(at: place), shares[i] > calciumShare { classes[voxel] = 1 }
      }
      try progress(Double(done + 1) / Double(keys.count))
    }
    return classes
  }

  /// The voxels of a CT of at least 130 HU within the heart, and their places in mm.
  private static func candidates(
    of ct: Volume<Int16>, _ around: VolumeBox, _ isHeart: [Bool]
  ) -> [(voxel: Int, place: [Double])] {
    let (extent, spacing) = (ct.extent, ct.geometry.spacing)
    var found: [(voxel: Int, place: [Double])] = []
    var voxel = 0
    for z in 0..<extent.slices {
      for y in 0..<extent.rows {
        for x in 0..<extent.columns {
          defer { voxel += 1 }
          guard ct.voxels[voxel] >= TrainingScan.threshold else { continue }
          let place = [
            (Double(z) + 0.5) * spacing.z, (Double(y) + 0.5) * spacing.y,
            (Double(x) + 0.5) * spacing.x,
          ]
          if let i = around.voxel(at: place), isHeart[i] { found.append((voxel, place)) }
        }
      }
    }
    return found
  }
}
