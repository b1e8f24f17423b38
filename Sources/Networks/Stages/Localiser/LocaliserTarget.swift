// SPDX-License-Identifier: Apache-2.0
import Text
import Torch

/// A batch of crops as tensors on a device.
struct LocaliserTarget {
  /// The Hounsfield units, (batch, 1, z, y, x).
  let hu: Tensor
  /// The class numbers, int64 (batch, z, y, x); 255 where a voxel does not count.
  let classes: Tensor
  /// The class numbers, with 0 where a voxel does not count.
  let countedClasses: Tensor
  /// 1 where a voxel counts and 0 elsewhere, (batch, 1, z, y, x); nil where all of them count.
  let mask: Tensor?
  /// The heat maps, (batch, maps, z, y, x); nil where the design has none.
  let heatMaps: Tensor?
  /// The number of voxels of each class.
  let counts: [Int]

  /// Checks and stacks the crops of a batch.
  ///
  /// - Throws: `StagesError` with the code `input` that says which crop does not fit the design.
  init(_ batch: [LocaliserSample], _ design: LocaliserDesign, on device: Device) throws {
    guard let extent = batch.first?.extent else {
      throw StagesError(.input, subject: "batch", detail: "it has no sample")
    }
    var counts = [Int](repeating: 0, count: 256)
    for (i, sample) in batch.enumerated() {
      try Self.check(sample, number: i, extent, design)
      for number in sample.classes { counts[Int(number)] += 1 }
      let beyond = counts[design.classes.count..<Int(LocaliserSample.notCounted)]
      if let number = beyond.firstIndex(where: { $0 > 0 }) {
        throw StagesError(
          .input, subject: "sample \(i) of the batch",
          detail: "a voxel is of class \(number); there are \(design.classes.count) classes")
      }
    }
    self.counts = Array(counts.prefix(design.classes.count))
    hu = try Tensor.stacked(batch.map { try Tensor($0.hu, shape: [1] + extent) }).to(device)
    classes = try Tensor.stacked(batch.map { try Tensor($0.classes, shape: extent) })
      .to(device).to(.int64)
    if counts[Int(LocaliserSample.notCounted)] > 0 {
      let outside = try classes.equals(Double(LocaliserSample.notCounted))
      countedClasses = try classes.filled(where: outside, with: 0)
      mask = try outside.not().to(.float32).unsqueezed(1)
    } else {
      (countedClasses, mask) = (classes, nil)
    }
    let maps = design.heatMaps.count
    heatMaps =
      maps == 0
      ? nil
      : try Tensor.stacked(batch.map { try Tensor($0.heatMaps, shape: [maps] + extent) }).to(device)
  }

  private static func check(
    _ sample: LocaliserSample, number: Int, _ extent: [Int], _ design: LocaliserDesign
  ) throws {
    func require(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
      if !holds {
        throw StagesError(.input, subject: "sample \(number) of the batch", detail: detail())
      }
    }
    let multiple = design.multiple
    try require(
      sample.extent.count == 3
        && sample.extent.allSatisfy { (1...4096).contains($0) && $0 % multiple == 0 },
      "its extent is \(crossed(sample.extent)); three multiples of \(multiple) were expected")
    try require(
      sample.extent == extent,
      "its extent is \(crossed(sample.extent)), that of the first sample \(crossed(extent))")
    let voxels = extent.reduce(1, *)
    try require(
      sample.hu.count == voxels && sample.classes.count == voxels
        && sample.heatMaps.count == voxels * design.heatMaps.count,
      "it has \(sample.hu.count) Hounsfield units, \(sample.classes.count) class numbers and "
        + "\(sample.heatMaps.count) values of heat maps for \(counted(voxels, "voxel")) and "
        + counted(design.heatMaps.count, "map"))
  }
}
