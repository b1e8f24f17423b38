// SPDX-License-Identifier: Apache-2.0
import DICOM
@testable import Studies
import TestSupport
import Testing
import Volume

@testable import Scoring

/// Factors of calcium mass in headers, and which of three is taken.
@Suite struct `The factor of calcium mass` {
  /// An elliptic chest of a width in air, on pixels of 1.5 mm; `nil` fills the image.
  private func scan(width: Double?, patient: Double? = nil, device: [Double]? = nil) -> Scan.Loaded
  {
    let extent = Extent(slices: 3, rows: 320, columns: 320)
    var ct = Volume<Int16>(
      geometry: Geometry(extent: extent, spacing: [1.5, 1.5, 3]),
      repeating: width == nil ? 40 : -1000)
    if let width {
      for z in 0..<3 {
        for y in 0..<320 {
          for x in 0..<320 {
            let dx = (Double(x) - 160) * 1.5 / (width / 2), dy = (Double(y) - 160) * 1.5 / 100
            if dx * dx + dy * dy <= 1 { ct[z, y, x] = 40 }
          }
        }
      }
    }
    var acquisition = Acquisition()
    acquisition.massFactorOfPatient = patient
    acquisition.massFactorsOfDevice = device
    return Scan.Loaded(ct: ct, isDICOM: true, acquisition: acquisition)
  }

  @Test(
    arguments: [
      (280.0, 0.74), (316, 0.74), (324, 0.78), (376, 0.78), (390, 0.84), (nil, 0.78),
    ] as [(Double?, Double)])
  func `the width of the chest chooses among the scanner's three`(width: Double?, factor: Double) {
    let found = MassCalibration(nil, scan(width: width, device: [0.74, 0.78, 0.84]))
    #expect(found?.factor == factor)
    #expect(found?.source.contains("Calcium Scoring Mass Factor Device") == true)
    #expect(found?.source.contains("assumed") == (width == nil))
  }

  @Test func `the user's factor counts before the patient's, and that before the scanner's`() {
    let scan = scan(width: 350, patient: 0.9, device: [0.74, 0.78, 0.84])
    #expect(MassCalibration(0.5, scan)?.factor == 0.5)
    #expect(MassCalibration(0.5, scan)?.note == nil)
    #expect(MassCalibration(nil, scan)?.factor == 0.9)
    #expect(MassCalibration(nil, self.scan(width: 350)) == nil)
  }
}
