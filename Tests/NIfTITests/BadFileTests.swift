// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@Suite struct `A NIfTI file with a fault` {
  /// Byte offsets of header fields (nifti1.h).
  enum Field {
    static let size = 0, dim = 40, datatype = 70, bitpix = 72, pixdim = 76, offset = 108
    static let slope = 112, intercept = 116, units = 123, quatern = 256, srow = 280, magic = 344
  }

  /// The errors that reading and looking at the header give for some bytes.
  func errors(_ data: Data, name: String = "x.nii") throws -> (
    read: NIfTIError, header: NIfTIError?
  ) {
    let folder = try TemporaryFolder()
    let file = folder.file(name)
    try data.write(to: file)
    let read = try #require(throws: NIfTIError.self) { try NIfTIFile.read(file, as: Int16.self) }
    #expect(read.path == file.path)
    do {
      _ = try NIfTIFile.header(of: file)
      return (read, nil)
    } catch let error as NIfTIError {
      return (read, error)
    }
  }

  func expect(
    _ data: Data, _ code: NIfTIError.Code, _ sentence: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (read, header) = try errors(data)
    #expect(read.code == code, sourceLocation: sourceLocation)
    #expect(read.detail.contains(sentence), sourceLocation: sourceLocation)
    #expect(header?.detail == read.detail, sourceLocation: sourceLocation)
  }

  @Test func `a header of another format is told apart`() throws {
    let file = try plainFile()
    try expect(spoilt(file, at: Field.size, with: Int32(540)), .unsupported, "is a NIfTI-2 file")
    try expect(
      spoilt(file, at: Field.size, with: Int32(540).byteSwapped), .unsupported, "is a NIfTI-2 file")
    try expect(spoilt(file, at: Field.size, with: Int32(7)), .notNIfTI, "header size is 7 instead")
    let half = try errors(spoilt(file, at: Field.magic, with: UInt32(0x0031_696E))).read
    #expect(half.code == .truncated && half.detail.contains("is the header of a pair"))
    try expect(spoilt(file, at: Field.magic, with: UInt32(0)), .notNIfTI, "lacks the mark")
    try expect(Data("subject,score\n1,2\n".utf8), .truncated, "holds 18 bytes")
    try expect(Data(), .truncated, "holds 0 bytes")
  }

  @Test func `dimensions that cannot be are refused`() throws {
    let file = try plainFile()
    func dim(_ i: Int, _ value: Int16) -> Data { spoilt(file, at: Field.dim + 2 * i, with: value) }
    try expect(dim(0, -1), .notNIfTI, "claims -1 dimensions")
    try expect(dim(0, 8), .notNIfTI, "claims 8 dimensions")
    try expect(dim(0, 1), .unsupported, "a line of 4 voxels")
    try expect(dim(1, -4), .notNIfTI, "a dimension of -4 voxels")
    try expect(dim(3, 0), .notNIfTI, "a dimension of 0 voxels")
    let series = spoilt(dim(0, 5), at: Field.dim + 10, with: Int16(5))
    try expect(series, .unsupported, "holds 4×3×2×1×5 voxels")
  }

  @Test func `volumes along a fourth dimension are read only where they are asked for`() throws {
    let folder = try TemporaryFolder()
    var file = spoilt(try plainFile(), at: Field.dim, with: Int16(4))
    file = spoilt(file, at: Field.dim + 8, with: Int16(2))
    file.append(file.suffix(from: 352))
    for name in ["a.nii", "a.nii.gz"] {
      try file.write(to: folder.file(name))
      let error = try #require(throws: NIfTIError.self) {
        try NIfTIFile.read(folder.file(name), as: Int16.self)
      }
      #expect(error.code == .unsupported && error.detail.contains("4×3×2×2 voxels"))
      let frames = try NIfTIFile.readFrames(folder.file(name), as: Int16.self)
      #expect(frames.count == 2)
      #expect(frames[0].voxels == frames[1].voxels)
      #expect(frames[0].extent == Extent(slices: 2, rows: 3, columns: 4))
    }
    try file.dropLast(1).write(to: folder.file("cut.nii"))
    let error = try #require(throws: NIfTIError.self) {
      try NIfTIFile.readFrames(folder.file("cut.nii"), as: Int16.self)
    }
    #expect(error.code == .truncated)
  }

  @Test func `a size that the file cannot have asks for no memory`() throws {
    let huge = spoilt(
      try plainFile(), at: Field.dim + 2, with: SIMD4<Int16>(32767, 32767, 32767, 1))
    try expect(huge, .truncated, "is truncated: 70")
    let folder = try TemporaryFolder()
    try gzip(huge, to: folder.file("x.nii.gz"))
    let (read, header) = try errors(Data(contentsOf: folder.file("x.nii.gz")))
    #expect(read.code == .truncated)
    #expect(read.detail.contains("compressed bytes cannot hold"))
    #expect(header?.detail == read.detail)
  }

  @Test func `missing and surplus bytes are counted`() throws {
    let file = try plainFile()
    try expect(file.dropLast(3), .truncated, "3 of 400 bytes are missing")
    let odd = try errors(file + Data([0, 7])).read
    #expect(odd.code == .trailing && odd.detail.hasPrefix("holds 2 bytes behind the last voxel"))
    let folder = try TemporaryFolder()
    let path = folder.file("x.nii.gz")
    try gzip(file.dropLast(3), to: path)
    #expect(try errors(Data(contentsOf: path)).read.detail.contains("3 of 400 bytes are missing"))
    try gzip(file + Data([0, 7]), to: path)
    let surplus = try errors(Data(contentsOf: path)).read
    #expect(surplus.code == .trailing && surplus.detail == odd.detail)
    let padding = gzipped(Data(count: 60_000))
    let more = try errors((0..<18).reduce(gzipped(file)) { stream, _ in stream + padding }).read
    #expect(more.code == .trailing)
    #expect(more.detail.contains("decompresses to more than the 400 bytes"))
  }

  @Test func `a compressed file that was cut anywhere is an error`() throws {
    let folder = try TemporaryFolder()
    try gzip(plainFile(), to: folder.file("x.nii.gz"))
    let whole = try Data(contentsOf: folder.file("x.nii.gz"))
    for count in stride(from: 0, to: whole.count, by: 2) {
      let error = try errors(whole.prefix(count), name: "\(count).nii.gz").read
      #expect(error.code == .truncated)
    }
  }

  @Test func `compressed bytes that were damaged are an error by their checksum`() throws {
    let folder = try TemporaryFolder()
    try gzip(plainFile(), to: folder.file("x.nii.gz"))
    var bytes = try Data(contentsOf: folder.file("x.nii.gz"))
    bytes[bytes.count - 6] ^= 1  // In the CRC-32.
    #expect(
      try errors(bytes).read.detail.hasPrefix("the compressed bytes are truncated or damaged"))
  }

  @Test func `a file of several gzip members is read`() throws {
    let file = try plainFile()
    let folder = try TemporaryFolder()
    try gzip(file.prefix(360), to: folder.file("a.gz"))
    try gzip(file.dropFirst(360), to: folder.file("b.gz"))
    let both = try Data(contentsOf: folder.file("a.gz")) + Data(contentsOf: folder.file("b.gz"))
    try both.write(to: folder.file("both.nii.gz"))
    try file.write(to: folder.file("plain.nii"))
    #expect(
      try NIfTIFile.read(folder.file("both.nii.gz"), as: Int16.self).voxels
        == NIfTIFile.read(folder.file("plain.nii"), as: Int16.self).voxels)
  }

  @Test func `number formats that are no numbers are refused`() throws {
    let file = try plainFile()
    try expect(spoilt(file, at: Field.datatype, with: Int16(128)), .unsupported, "128 (colours)")
    try expect(spoilt(file, at: Field.datatype, with: Int16(32)), .unsupported, "complex numbers")
    try expect(spoilt(file, at: Field.datatype, with: Int16(9)), .unsupported, "9 (unknown)")
    try expect(spoilt(file, at: Field.bitpix, with: Int16(8)), .notNIfTI, "8 bits a voxel")
    for offset: Float in [0, 351, 352.5, -1, .nan, .infinity, 1e30] {
      try expect(spoilt(file, at: Field.offset, with: offset), .notNIfTI, "voxels begin at byte")
    }
    try expect(
      spoilt(spoilt(file, at: Field.slope, with: Float(2)), at: Field.intercept, with: Float.nan),
      .notNIfTI, "intercept is nan")
  }

  @Test(arguments: [0, -0.35, .nan, .infinity] as [Float])
  func `a spacing that is no length is refused`(spacing: Float) throws {
    for axis in 1...3 {
      try expect(
        spoilt(plainFile(), at: Field.pixdim + 4 * axis, with: spacing), .geometry,
        "the spacing along \(["x", "y", "z"][axis - 1]) is")
    }
  }

  @Test func `a header that contradicts itself is refused`() throws {
    let file = try plainFile()
    try expect(spoilt(file, at: Field.pixdim + 4, with: Float(1)), .geometry, "contradicts itself")
    try expect(spoilt(file, at: Field.srow, with: Float(0)), .geometry, "not perpendicular")
    try expect(spoilt(file, at: Field.srow, with: Float.nan), .geometry, "are no numbers")
    try expect(spoilt(file, at: Field.units, with: UInt8(3)), .unsupported, "micrometres")
    let quaternion = try Data(
      contentsOf: fixture("nifti/left-handed-qform.nii"))
    try expect(
      spoilt(quaternion, at: Field.quatern, with: Float.nan), .geometry, "the qform is no rotation")
  }

  @Test func `an element type that cannot hold a value is told where`() throws {
    let folder = try TemporaryFolder()
    let geometry = Geometry(extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [1, 1, 1])
    func refusal<E: NIfTIElement>(_ value: Float, as type: E.Type) throws -> String {
      var volume = Volume<Float>(geometry: geometry, repeating: 1)
      volume[1, 2, 3] = value
      try NIfTIFile.write(volume, to: folder.file("v.nii"))
      return try #require(throws: NIfTIError.self) {
        try NIfTIFile.read(folder.file("v.nii"), as: type)
      }.detail
    }
    #expect(
      try refusal(0.5, as: UInt8.self)
        == "voxel (3, 2, 1) is 0.5; expected labels, integers from 0 to 255")
    for wrong: Float in [-1, 256, .nan, .infinity, 0.01] {
      #expect(try refusal(wrong, as: UInt8.self).hasPrefix("voxel (3, 2, 1) is"))
    }
    for wrong: Float in [-32769, 32768, .nan, -.infinity, 100.01] {
      #expect(try refusal(wrong, as: Int16.self).hasPrefix("voxel (3, 2, 1) is"))
    }
  }

  @Test func `a missing file or a folder is named`() throws {
    let folder = try TemporaryFolder()
    for operation in [
      { try NIfTIFile.read($0, as: Float.self).geometry },
      { try NIfTIFile.header(of: $0).geometry },
    ] {
      #expect(throws: FileError.self) { try operation(folder.file("none.nii")) }
      #expect(throws: FileError.self) { try operation(folder.url) }
    }
  }

  /// Any byte of the header may be anything: an error or a volume of the file's size, no crash.
  @Test func `random faults in the header never crash`() throws {
    var random = SplitMix64(seed: 11)
    let folder = try TemporaryFolder()
    var refused = 0
    for round in 0..<500 {
      var data = try plainFile()
      for _ in 0...Int.random(in: 0...3, using: &random) {
        data[Int.random(in: 0..<352, using: &random)] = .random(in: 0...255, using: &random)
      }
      let file = folder.file("f.nii")
      try (round % 2 == 0 ? data : gzipped(data)).write(to: file)
      do {
        let volume = try NIfTIFile.read(file, as: Float.self)
        #expect(volume.voxels.count <= 48)
      } catch is NIfTIError {
        refused += 1
      }
    }
    #expect(refused > 50)
  }
}
