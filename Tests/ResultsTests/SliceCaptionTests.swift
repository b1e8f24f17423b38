// SPDX-License-Identifier: Apache-2.0
import Figures
import Testing
import Volume
import Results

@Suite struct `The caption of a slice` {
  @Test func `names the arteries of both masks where it tells them`() throws {
    let ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 2, rows: 2, columns: 4), spacing: [1, 1, 3], origin: .zero),
      repeating: 0)
    var (reference, prediction) = (ct.map { _ in UInt8(0) }, ct.map { _ in UInt8(0) })
    reference[1, 0, 0] = 4
    reference[1, 1, 3] = 1
    prediction[1, 0, 0] = 2
    prediction[0, 0, 0] = 3
    let overlay = try Overlay(ct: ct, reference: reference, prediction: prediction)
    #expect(
      (0...1).map { overlay.caption(slice: $0, tellsArteries: true) } == [
        "slice 1: reference none; prediction LCX", "slice 2: reference LM, RCA; prediction LAD",
      ])
    #expect(overlay.caption(slice: 1, tellsArteries: false) == "slice 2")
  }
}
