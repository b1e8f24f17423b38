// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Testing

@Suite struct `A warning about a scan` {
  @Test func `is its sentence in JSON`() throws {
    let warning = ScanWarning("noise of 30 HU", summary: "noise")
    let data = try JSONEncoder().encode([warning])
    #expect(String(decoding: data, as: UTF8.self) == #"["noise of 30 HU"]"#)
    #expect(try JSONDecoder().decode([ScanWarning].self, from: data) == [warning])
  }

  @Test func `of metal counts one voxel as one`() throws {
    var scan = Plaques(2, 5, 5)
    scan.paint([(1, 2, 2)], hu: 3071)
    let warnings = try ScanFindings(scan.ct).warnings
    #expect(
      warnings == [
        "metal: 1 voxel of 3071 HU or more in slice 1; its streaks may pass for calcium"
      ])
    #expect(warnings[0].summary == "metal, whose streaks may pass for calcium")
  }
}
