// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Volume

/// The files that Oracles/fixtures/images.py made, without NIfTI and the JSON files beside them.
var sampleFiles: [URL] {
  get throws {
    try fixtures(in: fixture("images")) { !$0.hasSuffix(".json") && !$0.hasSuffix(".gz") }
  }
}

/// A label map of random values up to a largest one, on an oblique grid.
func sampleLabels(_ extent: Extent, upTo largest: UInt8, isPlane: Bool = false) -> Volume<UInt8> {
  var random = SplitMix64(seed: UInt64(extent.count))
  let (c, s) = (0.8, 0.6)
  let geometry = Geometry(
    extent: extent, spacing: [0.5, 0.75, isPlane ? 999 * 0.75 : 3],
    origin: [-120.5, 33.25, isPlane ? 0 : 7],
    direction: Direction(x: [c, -s, 0], y: [s, c, 0], z: [0, 0, isPlane ? 1 : -1]))
  return Volume(
    geometry: geometry,
    voxels: (0..<extent.count).map { $0 == 0 ? largest : .random(in: 0...largest, using: &random) })
}
