// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

/// What pydicom reads from multi-frame, deflated and unmarked files.
struct ArchiveFile: Decodable, Sendable, CustomTestStringConvertible {
  var file: String
  /// Slices, rows, columns.
  var shape: [Int]
  var origin: [Double]
  var hu: [Int]
  var testDescription: String { file }

  var url: URL { get throws { try fixture("dicom-archive/\(file)") } }

  static var all: [ArchiveFile] {
    get throws {
      try JSONDecoder().decode(
        [ArchiveFile].self, from: Data(contentsOf: fixture("dicom-archive/expected.json")))
    }
  }

  static func named(_ name: String) throws -> ArchiveFile {
    try #require(all.first { $0.file == name })
  }
}

@Suite struct `What archives send` {
  @Test func `is all there`() throws { #expect(try ArchiveFile.all.count == 16) }

  @Test(arguments: try ArchiveFile.all)
  func `gives pydicom's Hounsfield units in the order of the slices`(expected: ArchiveFile) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(at: expected.url, to: folder.file("IM"))
    for place in [folder.url, folder.file("IM")] {
      let ct = try DICOMReader.read(folder: place)
      let extent = ct.volume.extent
      #expect([extent.slices, extent.rows, extent.columns] == expected.shape)
      #expect(ct.volume.voxels == expected.hu.map { Int16(clamping: $0) })
      let geometry = ct.volume.geometry
      #expect([geometry.origin.x, geometry.origin.y, geometry.origin.z] == expected.origin)
      #expect(geometry.spacing == [0.35, 0.41, 3])
      let cut = expected.hu.contains { Int(Int16(clamping: $0)) != $0 }
      #expect(
        ct.notes.map(\.code)
          == (cut ? [.clamped] : []) + (extent.slices == 1 ? [.singleSlice] : []))
    }
  }

  @Test func `carries the acquisition of its functional groups`() throws {
    for (name, kV, kernel) in [
      ("enhanced.dcm", 100.0, "Qr36d"), ("enhanced-implicit-signed.dcm", 100, "Qr36d"),
      ("legacy-converted.dcm", 120, "I30f\\3"),
    ] {
      let ct = try DICOMReader.read(folder: ArchiveFile.named(name).url)
      #expect(ct.acquisition.kilovolts == kV)
      #expect(ct.acquisition.kernel == kernel)
      #expect(ct.acquisition.sliceThickness == 3)
    }
    let ct = try DICOMReader.read(folder: ArchiveFile.named("enhanced-coronal.dcm").url)
    #expect(ct.volume.geometry.direction.z == [0, 1, 0])
    #expect(ct.acquisition.reconstructionDiameter == 180)
  }

  /// The lengths are those of the values that the script gave.
  private func changed(_ name: String, _ old: String, _ new: String, all: Bool = false) throws
    -> Data
  {
    try #require(old.utf8.count == new.utf8.count)
    var data = try Data(contentsOf: ArchiveFile.named(name).url)
    var found = 0
    while let range = data.range(of: Data(old.utf8)), all || found == 0 {
      data.replaceSubrange(range, with: Data(new.utf8))
      found += 1
    }
    try #require(found > 0)
    return data
  }

  @Test func `with frames at one position is refused and names them`() throws {
    let folder = try TemporaryFolder()
    try changed("enhanced.dcm", "20.25\\-171.5", "20.25\\-180.5").write(to: folder.file("x"))
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.code == .duplicatePosition)
    #expect(error.detail.contains("1 of 5 slices repeat a position, first at -180.5 mm"))
    #expect(error.detail.contains("(x frame 1 and x frame 2)"))
  }

  @Test(arguments: [
    ("-10.5\\20.25\\-171.5", "-10.5\\20.25\\nan   ", "frame 1 has no valid ImagePositionPatient"),
    ("-10.5\\20.25\\-180.5", "                  ", "frame 2 has no valid ImagePositionPatient"),
    ("0.41\\0.35", "0.41\\    ", "frame 1 has no valid PixelSpacing"),
  ])
  func `with a number that is none is refused`(old: String, new: String, says: String) throws {
    let folder = try TemporaryFolder()
    try changed("enhanced.dcm", old, new).write(to: folder.file("x"))
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series == [])
    #expect(catalogue.skipped.map(\.code) == [.damaged])
    #expect(catalogue.skipped.first?.reason.hasPrefix(says) == true, "\(catalogue.skipped)")
  }

  @Test func `that claims more frames than it describes is refused`() throws {
    let folder = try TemporaryFolder()
    // NumberOfFrames is the element (0028,0008) with the text "5 ".
    var data = try Data(contentsOf: ArchiveFile.named("enhanced.dcm").url)
    let range = try #require(data.range(of: Data([0x28, 0, 0x08, 0, 0x49, 0x53, 2, 0])))
    for (text, says) in [("6 ", "6 frames"), ("1 ", "1 frame"), ("-1", "-1 frames")] {
      data.replaceSubrange(range.upperBound..<range.upperBound + 2, with: Data(text.utf8))
      try data.write(to: folder.file("x"))
      let skipped = try DICOMCatalogue.scan(folder.url).skipped
      #expect(skipped.first?.reason == "claims \(says) and describes 5")
    }
  }

  @Test func `in several stacks gives a series for each`() throws {
    let folder = try TemporaryFolder()
    var data = try Data(contentsOf: ArchiveFile.named("enhanced.dcm").url)
    // StackID (0020,9056) of the first frame in the file.
    let range = try #require(data.range(of: Data([0x20, 0, 0x56, 0x90, 0x53, 0x48, 2, 0])))
    data[range.upperBound] = UInt8(ascii: "2")
    try data.write(to: folder.file("x"))
    #expect(try DICOMCatalogue.scan(folder.url).series.map(\.files.count) == [1, 4])
  }

  @Test(arguments: [
    "bare-implicit", "bare-with-meta", "deflated.dcm", "enhanced.dcm", "enhanced-deflated.dcm",
    "enhanced-implicit-signed.dcm", "enhanced-jpeg-ls-fragments.dcm",
  ])
  func `cut anywhere is an error, and never read as something else`(name: String) throws {
    let expected = try ArchiveFile.named(name)
    let whole = try Data(contentsOf: expected.url)
    let folder = try TemporaryFolder()
    let hu = expected.hu.map { Int16(clamping: $0) }
    var complete = 0
    for count in stride(from: 0, to: whole.count, by: name.hasPrefix("enhanced") ? 7 : 1) {
      try whole.prefix(count).write(to: folder.file("x"))
      if let ct = try? DICOMReader.read(folder: folder.url) {
        // Only what follows the pixels may be missing: the end of a stream, the mark behind frames.
        #expect(ct.volume.voxels == hu, "cut at \(count)")
        complete += 1
      }
    }
    #expect(complete <= 8)
  }

  @Test(arguments: [
    "bare-explicit", "deflated.dcm", "enhanced.dcm", "enhanced-implicit-signed.dcm",
    "enhanced-big-endian.dcm", "legacy-converted.dcm",
  ])
  func `with random faults never crashes`(name: String) throws {
    let whole = try Data(contentsOf: ArchiveFile.named(name).url)
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: 5)
    var read = 0
    for _ in 0..<150 {
      var data = whole
      for _ in 0...Int.random(in: 0...3, using: &random) {
        data[Int.random(in: 0..<whole.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      try data.write(to: folder.file("x"))
      if let ct = try? DICOMReader.read(
        folder: folder.url, options: .init(fillGaps: true, allowTruncated: true))
      {
        #expect(ct.volume.voxels.count == ct.volume.extent.count)
        read += 1
      }
    }
    #expect(read > 0 && read < 150)
  }

  @Test func `names nobody in anything that comes of it`() throws {
    let folder = try TemporaryFolder()
    for (i, expected) in try ArchiveFile.all.enumerated() {
      let data = try Data(contentsOf: expected.url)
      try data.write(to: folder.file("\(i)"))
      try data.prefix(data.count - 40).write(to: folder.file("\(i)-cut"))
    }
    let catalogue = try DICOMCatalogue.scan(folder.url)
    let selection = SeriesSelection(catalogue)
    var text = "\(dumped(catalogue)) \(dumped(selection)) \(selection.decisions)"
    for series in catalogue.series {
      do {
        let ct = try DICOMReader.read(series, of: catalogue, options: .init(allowTruncated: true))
        text += "\(ct.notes) \(dumped(ct.acquisition)) \(ct.seriesUID ?? "")"
      } catch { text += "\(error)" }
    }
    let secrets = [
      "Nobody", "Known", "4711", "19470321", "20240229", "990417", "770033", "Quack", "1947",
      "077Y",
    ]
    for secret in secrets { #expect(!text.contains(secret), "\(secret)") }
    #expect(catalogue.series.count > 10)
  }

  private func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }
}

@Suite struct `A deflated file` {
  @Test func `that would fill the memory is refused`() throws {
    // Half a megabyte that holds a thousand times as much.
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let file = folder.file("bomb")
    let meta = SampleSlice().data(transferSyntax: "1.2.840.10008.1.2.1.99")
    let end = try #require(meta.range(of: Data([0x08, 0, 0x16, 0]))).lowerBound
    try meta[..<end].write(to: folder.file("head"))
    process.arguments = [
      "sh", "-c",
      // The stream of gzip behind its head of ten bytes is a bare one.
      "(cat '\(folder.file("head").path)'; "
        + "head -c 540000000 /dev/zero | gzip -1 | tail -c +11) > '\(file.path)'",
    ]
    try process.run()
    process.waitUntilExit()
    let skipped = try DICOMCatalogue.scan(file).skipped
    #expect(skipped.map(\.reason) == ["the deflated data set holds more than 512 MiB"])
  }
}
