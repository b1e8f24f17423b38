// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Images
import TestSupport
import Testing
import Volume

@testable import NNUNet

/// A file of Oracles/fixtures/images.py with what nnunetv2's reader makes of it.
struct ReadImage: Decodable, Sendable, CustomTestStringConvertible {
  var reader: String
  var shape: [Int]
  var values: [Double]
  var spacing: [Double]
  var origin: [Double]?
  var direction: [Double]?
  var name: String?

  var testDescription: String { name ?? "" }
  var url: URL { get throws { try fixture("images/\(#require(name))") } }

  static var all: [ReadImage] {
    get throws {
      let file = try fixture("images/expected.json")
      let table = try JSONDecoder().decode([String: ReadImage].self, from: Data(contentsOf: file))
      return table.map { name, image in
        var image = image
        image.name = name
        return image
      }.sorted { $0.testDescription < $1.testDescription }
    }
  }

  /// Those of two or three axes whose reader tells their place; of four axes it keeps none.
  static var placed: [ReadImage] {
    get throws { try all.filter { [4, 9].contains($0.direction?.count) } }
  }
}

@Suite struct `Image files as nnU-Net reads them` {
  @Test func `all cases are there`() throws {
    #expect(try ReadImage.all.count == 23)
    #expect(try ReadImage.placed.count == 7)
  }

  @Test(arguments: try ReadImage.all) func `have its channels and spacing`(expected: ReadImage)
    throws
  {
    let reader = try #require(ImageFormat(rawValue: expected.reader))
    let channels = try reader.channels(of: expected.url)
    let raw = try RawCase(name: "x", channels: channels)
    #expect([channels.count] + raw.shape == expected.shape)
    for (a, b) in try pairs(channels.flatMap(\.voxels), expected.values) {
      #expect(abs(Double(a) - b) <= 1e-6 * abs(b), "\(a) instead of \(b)")
    }
    for (a, b) in try pairs(raw.spacing, expected.spacing) { #expect(abs(a - b) <= 1e-6 * b) }
  }

  @Test(arguments: try ReadImage.placed) func `lie where it says`(expected: ReadImage) throws {
    let reader = try #require(ImageFormat(rawValue: expected.reader))
    let geometry = try #require(try reader.channels(of: expected.url).first).geometry
    let origin = try #require(expected.origin)
    let direction = try #require(expected.direction)
    let n = origin.count
    try #require(n * n == direction.count)
    for axis in 0..<n { #expect(abs(geometry.origin[axis] - origin[axis]) < 1e-4) }
    let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    for row in 0..<n {
      for column in 0..<n {
        #expect(abs(axes[column][row] - direction[row * n + column]) < 1e-6)
      }
    }
  }

  @Test(arguments: [
    ("colour_0000.png", ImageFormat.itk, "for channels"), ("stack_0000.tiff", .picture, "pictures"),
    ("half_0000.tif", .tiffStack, "stack"), ("double_0000.tiff", .itk, "overwrite_image_reader"),
  ]) func `of a kind that their reader does not take are refused`(
    name: String, reader: ImageFormat, word: String
  ) throws {
    let file = try fixture("images/\(name)")
    let error = try #require(throws: NNUNetError.self) { try reader.channels(of: file) }
    #expect(error.detail.contains(word))
  }

  @Test func `in colour are no label maps`() throws {
    let file = try fixture("images/colour_0000.png")
    let error = try #require(throws: NNUNetError.self) { try ImageFormat.picture.labels(of: file) }
    #expect(error.detail.contains("3 channels"))
  }

  @Test func `find their reader by what the first image is`() throws {
    func reader(_ ending: String, _ example: String? = nil) throws -> ImageFormat {
      let dataset = try DatasetDescription(
        channelNames: ["CT"], labels: LabelScheme(foreground: ["a"]), numTraining: 1,
        fileEnding: ending)
      return try ImageFormat(
        of: dataset, subject: "x", example: example.map { try fixture("images/\($0)") })
    }
    #expect(try reader(".tif", "half_0000.tif") == .picture)
    #expect(try reader(".tif", "stack_0000.tiff") == .tiffStack)
    #expect(try reader(".tiff", "half_0000.tif") == .tiffStack)
    #expect(try reader(".tif") == .picture)
    #expect(try reader(".NRRD") == .itk)
    #expect(try reader(".nii") == .nibabel)
    let error = try #require(throws: NNUNetError.self) { try reader(".jpg") }
    #expect(error.detail.contains("no reader"))
  }

  @Test func `take a stack's spacing from the file beside it`() throws {
    let folder = try TemporaryFolder()
    let geometry = Geometry(
      extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [0.5, 0.75, 3])
    let labels = Volume(geometry: geometry, voxels: (0..<24).map { UInt8($0 % 3) })
    let url = folder.file("case_0000.tiff")
    try ImageFormat.tiffStack.write(labels, to: url)
    #expect(try ImageFormat.tiffStack.labels(of: url).geometry == geometry)
    // Of an image it is case.json, which is not there, so nnU-Net takes 1 mm.
    #expect(try ImageFormat.tiffStack.channels(of: url)[0].geometry.spacing == [1, 1, 1])
    for text in ["{}", "{\"spacing\": [1, 2]}", "{\"spacing\": [1, 2, 0]}", "[]"] {
      try StagedFile.write(text, to: folder.file("case.json"))
      let error = try #require(throws: NNUNetError.self) {
        try ImageFormat.tiffStack.channels(of: url)
      }
      #expect(error.detail.contains("three positive numbers"))
    }
  }
}

@Suite struct `A case of several files` {
  private func dataset(_ folder: TemporaryFolder, channels: Int, files: Int) throws -> RawDataset {
    let url = folder.file("Dataset007_Test")
    try DatasetDescription(
      channelNames: (0..<channels).map { "c\($0)" }, labels: LabelScheme(foreground: ["a"]),
      numTraining: 1
    ).write(to: url.appendingPathComponent("dataset.json"))
    for c in 0..<files {
      try StagedFile.write("x", to: url.appendingPathComponent("imagesTr/a_000\(c).nii.gz"))
    }
    try StagedFile.write("x", to: url.appendingPathComponent("labelsTr/a.nii.gz"))
    return try RawDataset(folder: url)
  }

  private func reader(_ counts: [Int]) -> CaseReader {
    let volume = Volume<Float>(
      geometry: Geometry(extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [1, 1, 3]),
      repeating: 1)
    return CaseReader(
      channels: { url in
        let digit = url.lastPathComponent.dropFirst(5).prefix(1)
        return Array(repeating: volume, count: counts[Int(digit) ?? 0])
      }, labels: { _ in volume })
  }

  @Test(arguments: [(3, [3]), (4, [2, 2]), (2, [1, 1])]) func `joins the channels of its files`(
    channels: Int, counts: [Int]
  ) throws {
    let folder = try TemporaryFolder()
    let dataset = try dataset(folder, channels: channels, files: counts.count)
    let raw = try dataset.load(dataset.cases[0], reader: reader(counts))
    #expect(raw.channels.count == channels)
  }

  @Test(arguments: [
    (3, [1, 2], "1, 2 channels"), (3, [2], "imagesTr lacks a_0001.nii.gz, a_0002.nii.gz"),
    (1, [2], "has 2 channels in 1 file, dataset.json declares 1"),
  ]) func `with other channels than dataset.json declares is refused`(
    channels: Int, counts: [Int], word: String
  ) throws {
    let folder = try TemporaryFolder()
    let dataset = try dataset(folder, channels: channels, files: counts.count)
    let error = try #require(throws: NNUNetError.self) {
      try dataset.load(dataset.cases[0], reader: reader(counts))
    }
    #expect(error.detail.contains(word))
  }
}
