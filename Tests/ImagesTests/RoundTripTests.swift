// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Images
import TestSupport
import Testing
import Volume

@Suite struct `A label map as an image file` {
  @Test(arguments: [".nrrd", ".mha"], [UInt8(3), 255])
  func `keeps values and grid`(ending: String, largest: UInt8) throws {
    let folder = try TemporaryFolder()
    let labels = sampleLabels(Extent(slices: 3, rows: 4, columns: 5), upTo: largest)
    let url = folder.file("labels" + ending)
    try ImageFile.write(labels, to: url)
    let read = try ImageFile.read(url)
    #expect(read.dimensions == 3)
    #expect(read.volume().voxels == labels.voxels.map(Float.init))
    #expect(read.geometry.mismatch(with: labels.geometry, tolerance: 1e-4) == nil)
    #expect(folder.allNames == ["labels" + ending])
  }

  @Test(arguments: [".nrrd", ".mha", ".png", ".bmp", ".tif"])
  func `of one plane is written as a file of two axes`(ending: String) throws {
    let folder = try TemporaryFolder()
    let labels = sampleLabels(
      Extent(slices: 1, rows: 6, columns: 9), upTo: 3, isPlane: true)
    let url = folder.file("labels" + ending)
    try ImageFile.write(labels, to: url)
    let read = try ImageFile.read(url)
    #expect(read.dimensions == 2)
    #expect(read.components == 1)
    #expect(read.geometry.extent == labels.extent)
    #expect(read.volume().voxels == labels.voxels.map(Float.init))
    if ![".png", ".bmp", ".tif"].contains(ending) {
      #expect(read.geometry.isPlane)
      #expect(read.geometry.mismatch(with: labels.geometry, tolerance: 1e-4) == nil)
    }
  }

  @Test(arguments: [".gipl", ".tif", ".tiff"])
  func `keeps at least its values`(ending: String) throws {
    let folder = try TemporaryFolder()
    let labels = sampleLabels(Extent(slices: 4, rows: 6, columns: 9), upTo: 255)
    let url = folder.file("labels" + ending)
    try ImageFile.write(labels, to: url)
    let read = try ImageFile.read(url)
    #expect(read.geometry.extent == labels.extent)
    #expect(read.volume().voxels == labels.voxels.map(Float.init))
  }

  // The reader fills the last voxel with these bytes to see whether the file goes on to it.
  @Test(arguments: [".nrrd", ".mha", ".gipl", ".png", ".bmp", ".tif"], [UInt8(0xA5), 0x5A])
  func `may end in any value`(ending: String, last: UInt8) throws {
    let folder = try TemporaryFolder()
    var labels = sampleLabels(Extent(slices: 1, rows: 6, columns: 9), upTo: 254, isPlane: true)
    labels[0, 5, 8] = last
    let url = folder.file("labels" + ending)
    try ImageFile.write(labels, to: url)
    #expect(try ImageFile.read(url).volume().voxels == labels.voxels.map(Float.init))
  }

  @Test(arguments: [
    ("labels.png", 2, UInt8(3), "picture"), ("labels.bmp", 2, 3, "picture"),
    ("labels.bmp", 1, 255, "254"), ("labels.jpg", 1, 3, "by its name"),
  ]) func `that its format cannot hold is refused and leaves nothing`(
    name: String, slices: Int, largest: UInt8, word: String
  ) throws {
    let folder = try TemporaryFolder()
    let labels = sampleLabels(Extent(slices: slices, rows: 3, columns: 4), upTo: largest)
    let error = try #require(throws: ImageFileError.self) {
      try ImageFile.write(labels, to: folder.file(name))
    }
    #expect(error.detail.contains(word))
    #expect(folder.allNames.isEmpty)
  }

  @Test(
    .enabled(if: MountedFolder.isPossible, "mounting file systems needs root"),
    arguments: [".nrrd", ".mha", ".png", ".tiff"])
  func `on a full disk is an error and leaves nothing`(ending: String) throws {
    let disk = try MountedFolder(options: "size=64k")
    let isPicture = ending == ".png"
    let labels = sampleLabels(
      Extent(slices: isPicture ? 1 : 4, rows: 512, columns: 512), upTo: 254, isPlane: isPicture)
    #expect(throws: (any Error).self) {
      try ImageFile.write(labels, to: disk.url.appendingPathComponent("labels" + ending))
    }
    #expect(try Folder.names(in: disk.url).isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path).isEmpty)
  }
}
