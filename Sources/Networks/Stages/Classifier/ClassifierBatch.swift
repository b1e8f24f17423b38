// SPDX-License-Identifier: Apache-2.0
import Text
import Torch

/// Candidates as tensors on a device.
struct ClassifierBatch {
  /// (batch, channels, rows, columns).
  let fine: Tensor
  /// (batch · views, channels, rows, columns); the views of a candidate follow each other.
  let coarse: Tensor
  /// (batch, scalars); nil where the design has none.
  let scalars: Tensor?

  /// Checks and stacks candidates.
  ///
  /// - Throws: `StagesError` with the code `input` that says which one does not fit the design.
  init(_ samples: [ClassifierSample], _ design: ClassifierDesign, on device: Device) throws {
    guard !samples.isEmpty else {
      throw StagesError(.input, subject: "batch", detail: "it has no sample")
    }
    for (i, sample) in samples.enumerated() { try Self.check(sample, number: i, design) }
    let (fine, coarse) = (design.fineSize, design.coarseSize)
    self.fine = try Tensor.stacked(
      samples.map { try Tensor($0.fine, shape: [design.fineChannels, fine, fine]) }
    ).to(device)
    self.coarse = try Tensor.stacked(
      samples.flatMap(\.coarse).map {
        try Tensor($0, shape: [design.coarseChannels, coarse, coarse])
      }
    ).to(device)
    scalars =
      design.scalars == 0
      ? nil : try Tensor.stacked(samples.map { try Tensor($0.scalars) }).to(device)
  }

  private static func check(
    _ sample: ClassifierSample, number: Int, _ design: ClassifierDesign
  ) throws {
    func require(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
      if !holds { throw StagesError(.input, subject: "candidate \(number)", detail: detail()) }
    }
    try require(
      sample.fine.count == design.fineCount,
      "its fine patch has \(counted(sample.fine.count, "value")); \(design.fineCount) were expected"
    )
    try require(
      sample.coarse.count == ClassifierDesign.views
        && sample.coarse.allSatisfy { $0.count == design.coarseCount },
      "its coarse patches have \(listed(sample.coarse.map(\.count))) values; "
        + "\(ClassifierDesign.views) of \(design.coarseCount) were expected")
    try require(
      sample.scalars.count == design.scalars,
      "it has \(counted(sample.scalars.count, "scalar")); \(design.scalars) were expected")
    try require(
      sample.fine.allSatisfy(\.isFinite) && sample.scalars.allSatisfy(\.isFinite)
        && sample.coarse.allSatisfy { $0.allSatisfy(\.isFinite) }, "a value is not finite")
  }
}
