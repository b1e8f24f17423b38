// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import DICOM
import DICOMObjects
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// Results as DICOM objects, and read from them.
@Suite struct `DICOM objects` {
  private static let grid = Geometry(
    extent: Extent(slices: 5, rows: 24, columns: 28), spacing: [0.5, 0.5, 3],
    origin: [-7, -100, 30])

  /// A study with a plaque of 9 voxels of the LAD in two slices and one of the RCA.
  private func study(_ name: String = "a") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var ct = Volume<Int16>(geometry: Self.grid, repeating: 30)
    var mask = Volume<UInt8>(geometry: Self.grid, repeating: 0)
    for (z, y0, x0, label) in [(1, 4, 5, 2), (2, 4, 5, 2), (3, 15, 18, 4)] {
      for y in y0..<y0 + 3 {
        for x in x0..<x0 + 3 {
          ct[z, y, x] = 420
          mask[z, y, x] = UInt8(label)
        }
      }
    }
    try DICOMWriter.write(
      ct, to: folder.file("study"),
      options: .init(identifiersFrom: name, acquisition: .init(kilovolts: 120, sliceThickness: 3)))
    try NIfTIFile.write(mask, to: folder.file("mask.nii.gz"))
    return folder
  }

  private func score(_ folder: TemporaryFolder, _ mask: String) throws -> [String: Any] {
    let outcome = try Cac.run(["score", "study", "--mask", mask, "--json"], in: folder.url)
    outcome.expectSuccess()
    let value = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
    return try #require(value as? [String: Any])
  }

  /// A value of JSON as text, keys in order.
  private func sorted(_ value: Any?) throws -> String {
    let data = try JSONSerialization.data(withJSONObject: [value], options: .sortedKeys)
    return String(decoding: data, as: UTF8.self)
  }

  @Test func `a Segmentation, binary or label map, is scored as the mask it was made of`() throws {
    let folder = try study()
    try Cac.run(
      ["dicom", "study", "--mask", "mask.nii.gz", "-o", "out", "--seg", "--labelmap"],
      in: folder.url
    ).expectSuccess()
    let wanted = try score(folder, "mask.nii.gz")
    for name in ["out/seg.dcm", "out/labelmap.dcm"] {
      let found = try score(folder, name)
      for key in ["agatston", "volume_mm3", "arteries", "lesions"] {
        #expect(try sorted(found[key]) == sorted(wanted[key]), "\(key) of \(name)")
      }
    }
    let file = try SegmentationFile(folder.file("out/seg.dcm"))
    #expect(file.segments.map(\.number) == [1, 2, 3, 4])
    #expect(file.frames.count == 4 * Self.grid.extent.slices, "every slice, for every segment")
  }

  @Test func `a report has the numbers of the score, by artery and in all`() throws {
    let folder = try study()
    try Cac.run(
      ["dicom", "study", "--mask", "mask.nii.gz", "-o", "out", "--seg", "--sr"], in: folder.url
    ).expectSuccess()
    let score = try score(folder, "mask.nii.gz")
    let numbers = try MeasurementFile(folder.file("out/sr.dcm")).numbers
    let points = numbers.filter { $0.concept == "450360000" }
    // Two plaques of 9 voxels of 0.25 mm² at weight 4, in two slices and in one.
    #expect(points.map(\.value) == [0, 18, 0, 9, 27])
    #expect(points.last?.value == score["agatston"] as? Double)
    #expect(numbers.filter { $0.concept == "111038" }.map(\.value) == [0, 1, 0, 1, 2])
    #expect(numbers.last { $0.concept == "122657" }?.value == 130)

    let table = folder.file("result.csv")
    try Cac.run(
      [
        "score", "study", "--mask", "mask.nii.gz", "--reference", "out/sr.dcm", "--csv",
        "result.csv",
      ], in: folder.url
    ).expectSuccess()
    let row = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")[1]
    #expect(row.hasPrefix("study,27.0,27.0,20.25,20.25,"), "\(row)")
  }

  @Test func `stable identifiers are those of series and result`() throws {
    let folder = try study()
    func identifiers(_ name: String, _ options: [String]) throws -> String {
      try Cac.run(
        ["dicom", "study", "--mask", "mask.nii.gz", "-o", name, "--seg"] + options, in: folder.url
      ).expectSuccess()
      // The head of the file ends with the instance here; dates come later.
      let data = try Data(contentsOf: folder.file("\(name)/seg.dcm"))
      return String(decoding: data.prefix(246), as: UTF8.self)
    }
    #expect(try identifiers("a", ["--stable-uids"]) == identifiers("b", ["--stable-uids"]))
    #expect(
      try identifiers("c", ["--stable-uids", "--origin", "ai"])
        != identifiers("d", ["--stable-uids"]))
    #expect(try identifiers("e", []) != identifiers("f", []))
  }

  @Test func `the Segmentation of another series is refused`() throws {
    let folder = try study()
    try Cac.run(["dicom", "study", "--mask", "mask.nii.gz", "-o", "out", "--seg"], in: folder.url)
      .expectSuccess()
    var moved = Self.grid
    moved.origin.z += 1.4
    try DICOMWriter.write(
      Volume<Int16>(geometry: moved, repeating: 30), to: folder.file("other"),
      options: .init(identifiersFrom: "b", acquisition: .init(kilovolts: 120, sliceThickness: 3)))
    let outcome = try Cac.run(["score", "other", "--mask", "out/seg.dcm"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("belongs to another series"), "\(outcome.err)")
  }

  @Test func `a study that is not DICOM is refused before anything is written`() throws {
    let folder = try study()
    let outcome = try Cac.run(
      ["dicom", "mask.nii.gz", "--mask", "mask.nii.gz", "-o", "out"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.first?.contains("is no DICOM study") == true, "\(outcome.err)")
    #expect(!Folder.isFolder(folder.file("out")))
  }

  @Test func `a peer that does not answer ends in one sentence that names it`() throws {
    let folder = try study()
    // Port 1 of this machine: nobody listens there.
    for arguments in [["--echo"], ["study"]] {
      let outcome = try Cac.run(
        ["send"] + arguments + ["NOBODY@127.0.0.1:1", "--timeout", "2"], in: folder.url)
      #expect(outcome.status == 1)
      #expect(
        outcome.complaints.first?.contains("NOBODY at 127.0.0.1:1") == true, "\(outcome.err)")
    }
  }
}
