// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// What files of other programs have that the format allows, or that every other reader takes.
@Suite struct `A NIfTI file of another program` {
  @Test func `may be padded with zeros behind its voxels or its compressed stream`() throws {
    let folder = try TemporaryFolder()
    let plain = try plainFile()
    try plain.write(to: folder.file("plain.nii"))
    let expected = try NIfTIFile.read(folder.file("plain.nii"), as: Int16.self)
    try (plain + Data(count: 512)).write(to: folder.file("padded.nii"))
    try (gzipped(plain) + Data(count: 1000)).write(to: folder.file("padded.nii.gz"))
    try gzip(plain + Data(count: 512), to: folder.file("within.nii.gz"))
    for name in ["padded.nii", "padded.nii.gz", "within.nii.gz"] {
      let volume = try NIfTIFile.read(folder.file(name), as: Int16.self)
      #expect(volume.voxels == expected.voxels && volume.geometry == expected.geometry)
      #expect(try NIfTIFile.header(of: folder.file(name)).geometry == expected.geometry)
    }
    try (gzipped(plain) + Data(count: 10) + Data([1])).write(to: folder.file("odd.nii.gz"))
    #expect(throws: NIfTIError.self) {
      try NIfTIFile.read(folder.file("odd.nii.gz"), as: Int16.self)
    }
  }

  @Test(arguments: ["a.hdr", "a.img", "B.HDR", "c.hdr", "d.hdr.gz"])
  func `may be a pair of header and voxels`(name: String) throws {
    let folder = try TemporaryFolder()
    let plain = try plainFile()
    try plain.write(to: folder.file("plain.nii"))
    let expected = try NIfTIFile.read(folder.file("plain.nii"), as: Int16.self)
    let (header, voxels) = (header(plain), Data(plain.dropFirst(352)))
    for (stem, first, second) in [("a", "hdr", "img"), ("B", "HDR", "IMG")] {
      try header.write(to: folder.file("\(stem).\(first)"))
      try voxels.write(to: folder.file("\(stem).\(second)"))
    }
    try header.write(to: folder.file("c.hdr"))
    try gzip(voxels, to: folder.file("c.img.gz"))
    try gzip(header, to: folder.file("d.hdr.gz"))
    try gzip(voxels, to: folder.file("d.img.gz"))
    let volume = try NIfTIFile.read(folder.file(name), as: Int16.self)
    #expect(volume.voxels == expected.voxels && volume.geometry == expected.geometry)
  }

  private func header(_ plain: Data) -> Data {
    typealias Field = `A NIfTI file with a fault`.Field
    let header = spoilt(
      spoilt(plain, at: Field.magic, with: UInt32(0x0031_696E)), at: Field.offset, with: Float(0))
    return Data(header.prefix(348))
  }

  @Test func `that is half of a pair says which half is missing`() throws {
    let folder = try TemporaryFolder()
    try header(plainFile()).write(to: folder.file("a.hdr"))
    let error = #expect(throws: NIfTIError.self) {
      try NIfTIFile.read(folder.file("a.hdr"), as: Int16.self)
    }
    #expect(error?.detail.contains("(.img)") == true)
  }

  @Test func `with fractions of HU keeps values below a threshold below it`() throws {
    let folder = try TemporaryFolder()
    let grid = Geometry(extent: Extent(slices: 1, rows: 1, columns: 6), spacing: [1, 1, 3])
    let values: [Float] = [129.6, 129.99, 130, 130.4, -0.5, 40_000]
    try NIfTIFile.write(Volume(geometry: grid, voxels: values), to: folder.file("ct.nii.gz"))
    #expect(
      try NIfTIFile.hounsfield(folder.file("ct.nii.gz")).voxels == [129, 129, 130, 130, -1, 32_767])
    try NIfTIFile.write(
      Volume(geometry: grid, voxels: [1, 2, .nan, 4, 5, 6] as [Float]), to: folder.file("nan.nii"))
    #expect(throws: NIfTIError.self) { try NIfTIFile.hounsfield(folder.file("nan.nii")) }
  }
}
