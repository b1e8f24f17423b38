// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIfTI
import Studies
import TestSupport
import Testing
import Volume

@testable import Scoring
@testable import Segmentation

@Suite struct `A scan that shows no chest` {
  /// A ball of soft tissue in a shell of bone, as a head is, in air.
  private var head: Volume<Int16> {
    let extent = Extent(slices: 24, rows: 64, columns: 64)
    var scan = Volume<Int16>(
      geometry: Geometry(extent: extent, spacing: [3.5, 3.5, 6]), repeating: -1000)
    for z in 0..<24 {
      for y in 0..<64 {
        for x in 0..<64 {
          let (u, v, w) = (Double(x - 32) * 3.5, Double(y - 30) * 3.5, Double(z - 12) * 6)
          let r = (u * u + v * v + w * w).squareRoot()
          scan[z, y, x] = r < 82 ? 35 : r < 90 ? 900 : r < 95 ? 20 : -1000
        }
      }
    }
    return scan
  }

  @Test func `is refused by the default model`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("head.nii.gz")
    try NIfTIFile.write(head, to: file)
    var request = ScoringRequest(input: file)
    request.model = try DefaultModel.ofThisProcess().found()
    request.prediction = PredictionRequest(device: "cpu")
    let error = await #expect(throws: (any Error).self) {
      try await ScoringRun(request).run { _ in }
    }
    #expect("\(try #require(error))".contains("no chest was found"))
  }
}
