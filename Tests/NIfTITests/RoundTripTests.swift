// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@Suite struct `A volume written as NIfTI` {
  @Test(arguments: 0..<40)
  func `comes back with its values and its place`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let geometry = randomGeometry(using: &random)
    let folder = try TemporaryFolder()
    func check<Element: NIfTIElement & Equatable>(_ voxels: [Element]) throws {
      let volume = Volume(geometry: geometry, voxels: voxels)
      let name = seed % 2 == 0 ? "v.nii" : "v.nii.gz"
      try NIfTIFile.write(volume, to: folder.file(name), compressionLevel: seed % 13)
      let back = try NIfTIFile.read(folder.file(name), as: Element.self)
      #expect(back.voxels == voxels)
      // float32 keeps 400 mm to 0.00003 mm.
      #expect(back.geometry.mismatch(with: geometry, tolerance: 1e-4) == nil)
      let header = try NIfTIFile.header(of: folder.file(name))
      #expect(header.geometry == back.geometry)
      #expect(header.datatype == Element.nifti)
      #expect(header.source == .sform)
      #expect(header.scale == nil)
      #expect(folder.allNames == [name])
    }
    let count = geometry.extent.count
    try check((0..<count).map { _ in Int16.random(in: .min ... .max, using: &random) })
    try check((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    try check((0..<count).map { _ in Float.random(in: -1...1, using: &random) })
  }

  @Test func `as a plane has a third axis of length 1 in both places, as SimpleITK writes it`()
    throws
  {
    let folder = try TemporaryFolder()
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: 3, columns: 4), spacing: [0.5, 0.6, 599.4],
      origin: [1, 2, 0])
    let file = folder.file("plane.nii")
    try NIfTIFile.write(
      Volume(geometry: geometry, voxels: [UInt8](0..<12)), to: file, asPlane: true)
    let bytes = try Data(contentsOf: file)
    func float(_ offset: Int) -> Float {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Float.self) }
    }
    // Places in the header: pixdim[3], the third number of srow_z, dim[0].
    #expect(float(88) == 1 && float(320) == 1 && bytes[40] == 2)
    #expect(try NIfTIFile.read(file, as: UInt8.self).voxels == [UInt8](0..<12))
  }

  @Test(arguments: 0..<20)
  func `says the same in its quaternion as in its matrix`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let geometry = randomGeometry(using: &random)
    let folder = try TemporaryFolder()
    try NIfTIFile.write(
      Volume<UInt8>(geometry: geometry, repeating: 1), to: folder.file("v.nii"))
    // Without a code for the sform only the quaternion is left.
    let data = spoilt(try Data(contentsOf: folder.file("v.nii")), at: 254, with: Int16(0))
    try data.write(to: folder.file("q.nii"))
    let header = try NIfTIFile.header(of: folder.file("q.nii"))
    #expect(header.source == .qform)
    #expect(header.geometry.mismatch(with: geometry, tolerance: 1e-3) == nil)
  }

  @Test func `gives the same bytes each time, without a date`() throws {
    var random = SplitMix64(seed: 7)
    let volume = Volume<Int16>(geometry: randomGeometry(using: &random), repeating: 5)
    let folder = try TemporaryFolder()
    try NIfTIFile.write(volume, to: folder.file("a.nii.gz"))
    try NIfTIFile.write(volume, to: folder.file("b.nii.gz"))
    let bytes = try Data(contentsOf: folder.file("a.nii.gz"))
    #expect(try bytes == Data(contentsOf: folder.file("b.nii.gz")))
    #expect(Array(bytes[3..<8]) == [0, 0, 0, 0, 0])  // No name, no time.
  }

  @Test func `of one slice keeps three dimensions and the true spacing`() throws {
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: 4, columns: 5), spacing: [0.35, 0.35, 3],
      origin: [-80, -190, 42])
    let folder = try TemporaryFolder()
    let file = folder.file("slice.nii.gz")
    try NIfTIFile.write(Volume<UInt8>(geometry: geometry, repeating: 1), to: file)
    let header = try NIfTIFile.header(of: file)
    #expect(header.geometry.extent == geometry.extent)
    #expect(header.geometry.spacing.z == 3)
    #expect(header.geometry.origin == geometry.origin)
  }

  @Test func `is refused where NIfTI cannot hold it`() throws {
    let folder = try TemporaryFolder()
    func refusal(_ geometry: Geometry, _ name: String = "v.nii", level: Int = 6) throws -> String {
      let error = try #require(throws: NIfTIError.self) {
        try NIfTIFile.write(
          Volume<UInt8>(geometry: geometry, repeating: 0), to: folder.file(name),
          compressionLevel: level)
      }
      #expect(folder.allNames == [])
      return error.detail
    }
    let small = Geometry(extent: Extent(slices: 1, rows: 2, columns: 2), spacing: [1, 1, 1])
    var wrong = small
    wrong.extent = Extent(slices: 1, rows: 1, columns: 40_000)
    #expect(try refusal(wrong).hasPrefix("a grid of 1×1×40000 does not fit NIfTI-1"))
    wrong = small
    wrong.spacing.y = 0
    #expect(try refusal(wrong).hasPrefix("spacing or origin is no length in mm"))
    wrong = small
    wrong.origin.x = .nan
    #expect(try refusal(wrong).hasPrefix("spacing or origin is no length in mm"))
    wrong = small
    wrong.direction.x = [1, 0.01, 0]
    #expect(try refusal(wrong).hasPrefix("the directions are not perpendicular units"))
    #expect(try refusal(small, "v.img") == "the name should end in .nii or .nii.gz")
    #expect(try refusal(small, "v.nii.gz", level: 13) == "compression level 13 is not in 0 to 12")
  }
}
