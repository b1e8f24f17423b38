// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@Suite struct `Files for other NIfTI readers` {
  /// What `scripts/parity-images.py` compares with what nibabel and SimpleITK read.
  struct Expected: Encodable {
    var file: String
    var datatype: String
    var geometry: Geometry
    var values: [Double]
  }

  /// Written where CAC_PARITY_DIR says, for the cross-reads; else to a folder that is thrown away.
  @Test func `are written with what is in them`() throws {
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_PARITY_DIR"].map {
        URL(fileURLWithPath: $0).appendingPathComponent("nifti")
      } ?? temporary.file("nifti")
    var expected: [Expected] = []
    var random = SplitMix64(seed: 42)
    for i in 0..<12 {
      let geometry = randomGeometry(using: &random)
      let ending = i % 2 == 0 ? "nii" : "nii.gz"
      func write<Element: NIfTIElement>(_ voxels: [Element], _ number: (Element) -> Double) throws {
        let name = "\(i)-\(Element.nifti).\(ending)"
        try NIfTIFile.write(
          Volume(geometry: geometry, voxels: voxels), to: folder.appendingPathComponent(name),
          compressionLevel: i)
        expected.append(
          Expected(
            file: name, datatype: "\(Element.nifti)", geometry: geometry,
            values: voxels.map(number)))
      }
      let count = geometry.extent.count
      try write((0..<count).map { _ in Int16.random(in: .min ... .max, using: &random) }) {
        Double($0)
      }
      try write((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }) {
        Double($0)
      }
      try write((0..<count).map { _ in Float.random(in: -9...9, using: &random) }) { Double($0) }
    }
    try JSONFile.write(expected, to: folder.appendingPathComponent("expected.json"))
    #expect(try Folder.names(in: folder).count == 37)
  }
}
