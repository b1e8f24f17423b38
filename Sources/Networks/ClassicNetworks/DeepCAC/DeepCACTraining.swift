// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// How a step of DeepCAC learns: boxes of scans, moved by up to 9 voxels and turned by up to 3°, and the
/// Dice of what lies in them.
final class DeepCACTraining: NetworkPart {
  /// Which step it is.
  enum Step: String {
    case localiser, heart, calcium
  }

  /// By what the rate falls, and after how many epochs (Zeleznik 2021).
  private static let decay = 0.7
  /// Epochs have so many minibatches here; the publication passes over its scans.
  private static let iterations = 50

  let name: String
  let schedule: PartSchedule
  private let step: Step
  private let network: VolumeUNet
  private let device: Device
  /// The heart's middle in mm and its voxels, by the name of the scan.
  private var hearts: [String: (centre: [Double], voxels: [Int32])] = [:]

  init(_ step: Step, _ network: VolumeUNet, on device: Device) {
    (self.step, self.network, self.device) = (step, network, device)
    name = step.rawValue
    schedule =
      step == .calcium
      ? PartSchedule(
        epochs: 600, iterations: Self.iterations, batchSize: 8, rate: 1e-4, penalty: 0,
        decay: Self.decay, decayEpochs: 100)
      : PartSchedule(
        epochs: 1200, iterations: Self.iterations, batchSize: 1, rate: 1e-5, penalty: 0,
        decay: Self.decay, decayEpochs: 200)
  }

  var parameters: [NamedParameter] { network.parameters }
  var statistics: [NamedParameter] { network.statistics }

  /// Finds the middle of the heart.
  func prepare(_ scan: TrainingScan) throws {
    guard hearts[scan.name] == nil, let heart = scan.heart else { return }
    let voxels = heart.indices.filter { heart[$0] }.map { Int32($0) }
    guard let box = Self.box(voxels, scan.scan) else { return }
    hearts[scan.name] = (box, voxels)
  }

  /// The middle in mm of the box round voxels.
  private static func box(_ voxels: [Int32], _ scan: SlabScan) -> [Double]? {
    guard let first = voxels.first else { return nil }
    var (low, high) = (scan.index(Int(first)), scan.index(Int(first)))
    for voxel in voxels {
      let p = scan.index(Int(voxel))
      low = (min(low.z, p.z), min(low.y, p.y), min(low.x, p.x))
      high = (max(high.z, p.z), max(high.y, p.y), max(high.x, p.x))
    }
    return zip(DeepCACBoxes.place(low), DeepCACBoxes.place(high)).map { ($0 + $1) / 2 }
  }

  func loss(
    of scans: [TrainingScan], size: Int, generator: inout KeyedGenerator, dropout: inout Dropout,
    isTraining: Bool
  ) throws -> Tensor {
    let known = scans.filter { hearts[$0.name] != nil }
    guard !known.isEmpty else {
      throw LearningError(
        .unsupported, subject: "\(name) of deepcac",
        detail: "in none of the scans a heart was found, which it learns from")
    }
    var (pixels, marks): ([Float], [Float]) = ([], [])
    var extent: [Int] = []
    for number in 0..<size {
      let sample = draw(known, hasCalcium: number % 2 == 0, using: &generator)
      let box = isTraining ? DeepCACBoxes.moved(sample.box, using: &generator) : sample.box
      extent = box.extent
      let scan = sample.scan
      pixels += box.input(scan.scan)
      marks += box.target(
        { self.step == .calcium ? scan.classes[$0] != 0 : scan.heart?[$0] == true },
        scan.scan.grid)
    }
    let shape = [size, 1] + extent
    let found = try network.probabilities(
      Tensor(pixels, shape: shape).to(device), isTraining: isTraining, dropout: &dropout)
    return try VolumeUNet.loss(found, Tensor(marks, shape: shape).to(device))
  }

  /// A scan and the box in it; of calcium's step every second one is about calcium, where there is some.
  private func draw(
    _ scans: [TrainingScan], hasCalcium: Bool, using generator: inout KeyedGenerator
  ) -> (scan: TrainingScan, box: VolumeBox) {
    func any<Value>(_ list: [Value]) -> Value {
      list[Int.random(in: list.indices, using: &generator)]
    }
    let scan = any(scans)
    let heart = hearts[scan.name] ?? (DeepCACBoxes.middle(scan.scan.grid), [])
    switch step {
    case .localiser: return (scan, DeepCACBoxes.scan(scan.scan.grid))
    case .heart:
      return (
        scan,
        VolumeBox(
          extent: DeepCACBoxes.heartExtent, spacing: DeepCACBoxes.heartSpacing,
          centre: heart.centre)
      )
    case .calcium:
      let own = scans.filter { !$0.calcium.isEmpty }
      let other = hasCalcium && !own.isEmpty ? any(own) : scan
      let voxels =
        hasCalcium && !other.calcium.isEmpty
        ? other.calcium : hearts[other.name]?.voxels ?? heart.voxels
      let centre = DeepCACBoxes.place(other.scan.index(Int(any(voxels))))
      return (
        other,
        VolumeBox(
          extent: DeepCACBoxes.cubeExtent, spacing: DeepCACBoxes.cubeSpacing, centre: centre)
      )
    }
  }
}
