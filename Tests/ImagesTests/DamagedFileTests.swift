// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct `A damaged image file` {
  /// What reading gives: nothing, or one sentence in one line.
  private func outcome(_ bytes: Data, _ url: URL) throws -> String? {
    try bytes.write(to: url)
    do {
      _ = try ImageFile.read(url)
      return nil
    } catch let error as ImageFileError {
      return error.detail
    }
  }

  @Test(arguments: try sampleFiles) func `that is cut anywhere ends in a sentence`(file: URL) throws
  {
    let folder = try TemporaryFolder()
    let good = try Data(contentsOf: file)
    let copy = folder.file(file.lastPathComponent)
    #expect(try outcome(good, copy) == nil)
    let isTIFF = file.pathExtension.hasPrefix("tif")
    // The last bytes of a TIFF may be tags, those of what is compressed are checksums.
    let holdsVoxels = ["gipl", "bmp"].contains(file.pathExtension)
    let late = (isTIFF ? [] : [good.count * 3 / 4]) + (holdsVoxels ? [good.count - 1] : [])
    for count in [0, 1, 10, good.count / 4, good.count / 2] + late {
      let said = try outcome(good.prefix(count), copy)
      #expect(said?.isEmpty == false, "\(count) of \(good.count) bytes were read as an image")
      #expect(said?.contains("\n") == false)
    }
  }

  @Test(arguments: try sampleFiles) func `with random bytes never ends the process`(file: URL)
    throws
  {
    let folder = try TemporaryFolder()
    let good = try Data(contentsOf: file)
    let copy = folder.file(file.lastPathComponent)
    var random = SplitMix64(seed: UInt64(good.count))
    for _ in 0..<20 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        // Headers come first, so damage them most.
        let end = Bool.random(using: &random) ? min(200, bytes.count) : bytes.count
        bytes[Int.random(in: 0..<end, using: &random)] = .random(in: 0...255, using: &random)
      }
      if let said = try outcome(bytes, copy) { #expect(!said.isEmpty && !said.contains("\n")) }
    }
  }

  @Test(arguments: ["0", "nan", "-1"])
  func `with a spacing that is no distance is refused`(spacing: String) throws {
    let folder = try TemporaryFolder()
    let text =
      "ObjectType = Image\nNDims = 3\nElementSpacing = \(spacing) 1 1\nDimSize = 1 1 3\n"
      + "ElementType = MET_UCHAR\nElementDataFile = LOCAL\nabc"
    #expect(try outcome(Data(text.utf8), folder.file("flat.mha")) != nil)
    let sound = text.replacingOccurrences(of: "= \(spacing) 1 1", with: "= 2 1 1")
    #expect(try outcome(Data(sound.utf8), folder.file("sound.mha")) == nil)
  }

  @Test(arguments: [
    (
      "big.nrrd",
      "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 100000 100000 100000\nencoding: raw\n\nabc"
    ),
    (
      "big.mha",
      "ObjectType = Image\nNDims = 3\nDimSize = 100000 100000 100000\nElementType = MET_UCHAR\n"
        + "ElementDataFile = LOCAL\nabc"
    ),
    ("wide.nrrd", "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 100000000 2\nencoding: raw\n\nabc"),
  ]) func `whose header claims more than memory holds is refused`(name: String, text: String) throws
  {
    let folder = try TemporaryFolder()
    let said = try #require(try outcome(Data(text.utf8), folder.file(name)))
    #expect(said.contains("claims"))
  }

  @Test(arguments: ImageFile.endings) func `of another kind than its name says is refused`(
    ending: String
  ) throws {
    let folder = try TemporaryFolder()
    let text = Data(String(repeating: "some text, no image\n", count: 100).utf8)
    #expect(try outcome(text, folder.file("x" + ending)) != nil)
    let other = try #require(sampleFiles.first { !$0.lastPathComponent.hasSuffix(ending) })
    #expect(try outcome(Data(contentsOf: other), folder.file("x" + ending)) != nil)
  }

  @Test func `that is missing or a folder is an error that says so`() throws {
    let folder = try TemporaryFolder()
    let error = try #require(throws: FileError.self) { try ImageFile.read(folder.file("a.nrrd")) }
    #expect(error.code == .missing)
    try Folder.create(folder.file("b.nrrd"))
    #expect(throws: ImageFileError.self) { try ImageFile.read(folder.file("b.nrrd")) }
  }

  @Test func `lets others be read at the same time`() async throws {
    let files = try sampleFiles
    try await withThrowingTaskGroup(of: Int.self) { group in
      for i in 0..<60 {
        group.addTask { try ImageFile.read(files[i % files.count]).dimensions }
      }
      for try await dimensions in group { #expect((2...4).contains(dimensions)) }
    }
  }
}
