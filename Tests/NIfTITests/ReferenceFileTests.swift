// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIfTI
import Testing
import TestSupport
import Volume

/// A file written by nibabel or SimpleITK, with what they read from it.
struct ReferenceCase: Decodable, Sendable, CustomTestStringConvertible {
  var file: String
  var source: String
  var extent: [Int]
  var spacing: [Double]
  var origin: [Double]
  var direction: [Double]
  var values: [Double]

  var testDescription: String { file }
  var url: URL { get throws { try fixture("nifti/\(file)") } }

  static var all: [ReferenceCase] {
    get throws {
      try JSONDecoder().decode(
        [ReferenceCase].self, from: Data(contentsOf: fixture("nifti/expected.json")))
    }
  }
}

@Suite struct `Files of nibabel and SimpleITK` {
  @Test func `all cases are there`() throws {
    #expect(try ReferenceCase.all.count == 34)
  }

  @Test(arguments: try ReferenceCase.all)
  func `values are those of nibabel`(expected: ReferenceCase) throws {
    let volume = try NIfTIFile.read(expected.url, as: Float.self)
    #expect(volume.voxels.map { Double($0) } == expected.values)
  }

  @Test(arguments: try ReferenceCase.all)
  func `the grid is that of SimpleITK`(expected: ReferenceCase) throws {
    let header = try NIfTIFile.header(of: expected.url)
    let geometry = header.geometry
    let extent = geometry.extent
    #expect([extent.columns, extent.rows, extent.slices] == expected.extent)
    #expect(header.source.rawValue == expected.source)
    // SimpleITK turns the quaternion into float32 directions as well, then normalises.
    let d = geometry.direction
    let columns = [d.x, d.y, d.z]
    for i in 0..<3 {
      #expect(geometry.spacing[i] == expected.spacing[i])
      #expect(geometry.origin[i] == expected.origin[i])
      for j in 0..<3 {
        #expect(abs(columns[j][i] - expected.direction[i * 3 + j]) < 1e-12)
      }
    }
  }

  @Test(arguments: try ReferenceCase.all)
  func `integers are read as HU and as labels where they fit`(expected: ReferenceCase) throws {
    let isInteger = expected.values.allSatisfy { $0 == $0.rounded() }
    let isLabel = isInteger && expected.values.allSatisfy { (0...255).contains($0) }
    if isInteger {
      let volume = try NIfTIFile.read(expected.url, as: Int16.self)
      #expect(volume.voxels.map { Double($0) } == expected.values)
    } else {
      let error = try #require(throws: NIfTIError.self) {
        try NIfTIFile.read(expected.url, as: Int16.self)
      }
      #expect(error.code == .value)
    }
    if isLabel {
      let volume = try NIfTIFile.read(expected.url, as: UInt8.self)
      #expect(volume.voxels.map { Double($0) } == expected.values)
    } else {
      let error = try #require(throws: NIfTIError.self) {
        try NIfTIFile.read(expected.url, as: UInt8.self)
      }
      #expect(error.code == .value)
    }
  }
}
