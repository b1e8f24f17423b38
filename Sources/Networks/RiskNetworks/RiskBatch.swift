// SPDX-License-Identifier: Apache-2.0
import Text
import Torch

/// Subjects as tensors on a device.
struct RiskBatch {
  /// (batch, channels, z, y, x); nil where the network does not look at it.
  let image: Tensor?
  /// (batch, columns); nil where the network does not look at it.
  let table: Tensor?

  /// Checks and stacks subjects.
  ///
  /// - Throws: `RiskNetworkError` with the code `input` that says which one does not fit the design.
  init(_ samples: [RiskSample], _ design: RiskNetworkDesign, on device: Device) throws {
    guard !samples.isEmpty else {
      throw RiskNetworkError(.input, subject: "batch", detail: "it has no subject")
    }
    let (edge, channels) = (design.edge, design.channels)
    let voxels = channels * edge * edge * edge
    for (i, sample) in samples.enumerated() {
      func require(_ values: [Float], _ count: Int, _ what: String) throws {
        guard values.count == count, values.allSatisfy(\.isFinite) else {
          throw RiskNetworkError(
            .input, subject: "subject \(i) of the batch",
            detail:
              "its \(what) has \(counted(values.count, "value")); \(count) finite ones were expected"
          )
        }
      }
      if design.kind.seesImage { try require(sample.image, voxels, "image") }
      if design.kind.seesTable { try require(sample.table, design.columns, "row of the table") }
    }
    image =
      design.kind.seesImage
      ? try Tensor(
        samples.flatMap(\.image), shape: [samples.count, channels, edge, edge, edge]
      ).to(device) : nil
    table =
      design.kind.seesTable
      ? try Tensor(samples.flatMap(\.table), shape: [samples.count, design.columns]).to(device)
      : nil
  }
}
