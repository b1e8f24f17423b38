// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import DICOM
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// Folders as people have them: with other files beside the scans, names of another alphabet, links.
@Suite struct `Folders of people` {
  private static let grid = Geometry(
    extent: Extent(slices: 24, rows: 20, columns: 24), spacing: [1, 1, 3])

  /// A CT with one bright square of 3 × 3 mm in two slices: a candidate of 54 mm³.
  private static func ct(_ hu: Int16 = 300) -> Volume<Int16> {
    var ct = Volume<Int16>(geometry: grid, repeating: 30)
    for z in 4..<6 { for y in 5..<8 { for x in 5..<8 { ct[z, y, x] = hu } } }
    return ct
  }

  private static func study(_ url: URL, _ name: String = "a") throws {
    try DICOMWriter.write(
      ct(), to: url,
      options: DICOMSeriesOptions(
        identifiersFrom: name, acquisition: Acquisition(kilovolts: 120, sliceThickness: 3)))
  }

  private func json(_ folder: TemporaryFolder, _ arguments: String...) throws -> (
    status: Int32, list: [[String: Any]]
  ) {
    let outcome = try Cac.run(["score"] + arguments + ["--candidates", "--json"], in: folder.url)
    let value = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
    return (outcome.status, try #require(value as? [[String: Any]]))
  }

  private func studies(_ list: [[String: Any]]) -> [String] {
    list.filter { $0["candidates"] != nil }.compactMap { $0["study"] as? String }
  }

  @Test func `with a stray file are still a cohort, and the file is named`() throws {
    let folder = try TemporaryFolder()
    for name in ["one", "two"] { try Self.study(folder.file("cohort/\(name)"), name) }
    try StagedFile.write("free\n", to: folder.file("cohort/LICENSE"))
    let (status, list) = try json(folder, "cohort")
    #expect(status == 0 && studies(list) == ["one", "two"])
    #expect(list.compactMap { $0["not_used"] as? String } == ["LICENSE"])
    let outcome = try Cac.run(["score", "cohort", "--candidates"], in: folder.url)
    #expect(outcome.out.contains("not used: 1 file or folder: LICENSE is no scan"))
  }

  @Test func `with a NIfTI file beside DICOM folders hold all of them`() throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.file("cohort/one"))
    try NIfTIFile.write(Self.ct(), to: folder.file("cohort/two.nii.gz"))
    try StagedFile.write("x", to: folder.file("cohort/notes/readme.txt"))
    let (status, list) = try json(folder, "cohort")
    #expect(status == 0 && studies(list).sorted() == ["one", "two"])
    #expect(list.compactMap { $0["not_used"] as? String } == ["notes"])
    // Which of two scans of one name is meant nobody knows.
    try NIfTIFile.write(Self.ct(), to: folder.file("cohort/one.nii.gz"))
    let refused = try Cac.run(["score", "cohort", "--candidates"], in: folder.url)
    #expect(refused.status == 1 && refused.complaints.first?.contains("called one") == true)
  }

  @Test func `with a broken link or an archive say so and end with status 3`() throws {
    let folder = try TemporaryFolder()
    for name in ["one", "two"] { try Self.study(folder.file("cohort/\(name)"), name) }
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("cohort/three").path, withDestinationPath: "/nowhere/at/all")
    try StagedFile.write("PK", to: folder.file("cohort/four.zip"))
    let outcome = try Cac.run(["score", "cohort", "--candidates"], in: folder.url)
    #expect(outcome.status == 3)
    #expect(outcome.leftOut["three"]?.contains("link to nothing") == true)
    #expect(outcome.leftOut["four.zip"]?.contains("unpack") == true)
    let alone = try Cac.run(["score", "cohort/four.zip", "--candidates"], in: folder.url)
    #expect(alone.status == 1 && alone.complaints.first?.contains("unpack") == true)
  }

  @Test func `with a broken link among the slices are refused, not scored without it`() throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.file("study"))
    let slice = try #require(try Folder.names(in: folder.file("study")).last)
    try Folder.remove(folder.file("study/\(slice)"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("study/\(slice)").path, withDestinationPath: "../gone/\(slice)")
    let outcome = try Cac.run(["score", "study", "--candidates"], in: folder.url)
    #expect(outcome.status == 1 && outcome.complaints.first?.contains("link to nothing") == true)
  }

  #if os(Linux)
    @Test func `with names that are not UTF-8 lose no study and no slice`() throws {
      let folder = try TemporaryFolder()
      for name in ["one", "two"] { try Self.study(folder.file("cohort/\(name)"), name) }
      let slices = try Folder.names(in: folder.file("cohort/two"))
      // Latin-1, as an old file server has it; the shell makes the names.
      let script = """
        cd "$1" && mv one "$(printf 'M\\374ller')" && cd two && mv \(slices[3]) "$(printf 'S\\344u')"
        """
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/bash")
      shell.arguments = ["-c", script, "-", folder.file("cohort").path]
      try shell.run()
      shell.waitUntilExit()
      try #require(shell.terminationStatus == 0)
      let (status, list) = try json(folder, "cohort")
      #expect(status == 0 && studies(list) == ["M%FCller", "two"])
      for study in list {
        #expect((study["candidates"] as? [[String: Any]])?.first?["voxels"] as? Int == 18)
      }
    }

    @Test func `on a full disk end with status 1, not with half of a text`() throws {
      let folder = try TemporaryFolder()
      try NIfTIFile.write(Self.ct(), to: folder.file("ct.nii"))
      let executable = try #require(Cac.executable)
      for arguments in ["score ct.nii --candidates --json", "--help", "--version", "doctor"] {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.currentDirectoryURL = folder.url
        shell.arguments = ["-c", "exec \"$0\" \(arguments) >/dev/full 2>err", executable.path]
        try shell.run()
        shell.waitUntilExit()
        let said = try String(contentsOf: folder.file("err"), encoding: .utf8)
        #expect(shell.terminationStatus == 1, "\(arguments): \(said)")
        #expect(said.contains("standard output"), "\(arguments): \(said)")
      }
    }
  #endif

  @Test func `never lose a scan to an output`() async throws {
    _ = try await Cohort.train.value
    let folder = try TemporaryFolder()
    try NIfTIFile.write(Self.ct(), to: folder.file("in/ct.nii.gz"))
    try NIfTIFile.write(Self.ct().map { $0 > 100 ? UInt8(1) : 0 }, to: folder.file("mask.nii.gz"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: folder.file("in"))
    let before = try FileBytes.read(folder.file("in/ct.nii.gz"))
    for output in ["in", "link", "in/../link"] {
      let outcome = try Cac.run(["predict", Cohort.model.path, "in", output], in: folder.url)
      #expect(outcome.status == 1)
      #expect(outcome.complaints.first?.contains("folder of the scans") == true, "\(outcome.err)")
    }
    for output in ["in/ct.nii.gz", "link/ct.nii.gz", "mask.nii.gz"] {
      let outcome = try Cac.run(
        ["score", "in/ct.nii.gz", "--mask", "mask.nii.gz", "--csv", output], in: folder.url)
      #expect(outcome.status == 1, "\(output)")
      #expect(outcome.complaints.first?.contains("not written over") == true, "\(outcome.err)")
    }
    #expect(try FileBytes.read(folder.file("in/ct.nii.gz")) == before)
    // Slices of a DICOM study and tables are inputs, too.
    try Self.study(folder.file("study"))
    let slice = try #require(try Folder.names(in: folder.file("study")).first)
    let dicom = try Cac.run(
      ["score", "study", "--candidates", "--csv", "study/\(slice)"], in: folder.url)
    #expect(dicom.status == 1)
    #expect(dicom.complaints.first?.contains("not written over") == true, "\(dicom.err)")
  }

  @Test func `with a pair of header and voxels hold one scan, and the voxels are no stray file`()
    throws
  {
    let folder = try TemporaryFolder()
    try NIfTIFile.write(Self.ct(), to: folder.file("whole.nii"))
    var bytes = try FileBytes.read(folder.file("whole.nii"))
    let voxels = bytes.dropFirst(352)
    // The magic "ni1", and voxels from byte 0 of their own file.
    bytes.replaceSubrange(344..<348, with: Data("ni1\0".utf8))
    bytes.replaceSubrange(108..<112, with: Data(count: 4))
    try StagedFile.write(Data(bytes.prefix(348)), to: folder.file("cohort/pair.hdr"))
    try StagedFile.write(Data(voxels), to: folder.file("cohort/pair.img"))
    let (status, list) = try json(folder, "cohort")
    #expect(status == 0 && studies(list) == ["pair"])
    #expect(list.compactMap { $0["not_used"] as? String } == [])
    #expect((list.first?["candidates"] as? [[String: Any]])?.first?["voxels"] as? Int == 18)
  }

  @Test func `with files of other kinds in a DICOM study name them once`() throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.file("study"))
    try NIfTIFile.write(Self.ct().map { $0 > 100 ? UInt8(1) : 0 }, to: folder.file("study/m.nii"))
    let (status, list) = try json(folder, "study")
    #expect(status == 0 && list.count == 1)
    let quality = try #require(list.first?["quality"] as? [String: Any])
    let unused = quality["not_used"] as? [[String: Any]]
    #expect(unused?.map { $0["file"] as? String } == ["m.nii"])
  }

  @Test func `are asked for where an output is named like a file`() async throws {
    _ = try await Cohort.train.value
    let folder = try TemporaryFolder()
    try NIfTIFile.write(Self.ct(), to: folder.file("ct.nii.gz"))
    let outcome = try Cac.run(
      ["predict", Cohort.model.path, "ct.nii.gz", "out.nii.gz"], in: folder.url)
    #expect(outcome.status == 1 && outcome.complaints.first?.contains("name a folder") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("out.nii.gz").path))
  }

  @Test func `with axes in another order have the score of axial slices`() throws {
    let folder = try TemporaryFolder()
    let ct = Self.ct()
    let mask = ct.map { $0 > 100 ? UInt8(1) : 0 }
    try NIfTIFile.write(ct, to: folder.file("ct.nii.gz"))
    try NIfTIFile.write(mask, to: folder.file("mask.nii.gz"))
    // Sagittal storage: z fastest, then y, then x.
    func sagittal<Element>(_ volume: Volume<Element>) -> Volume<Element> {
      let e = volume.extent
      var voxels: [Element] = []
      for x in 0..<e.columns {
        for y in 0..<e.rows { for z in 0..<e.slices { voxels.append(volume[z, y, x]) } }
      }
      let g = volume.geometry
      return Volume(
        geometry: Geometry(
          extent: Extent(slices: e.columns, rows: e.rows, columns: e.slices),
          spacing: SIMD3(g.spacing.z, g.spacing.y, g.spacing.x), origin: g.origin,
          direction: Direction(x: g.direction.z, y: g.direction.y, z: g.direction.x)),
        voxels: voxels)
    }
    try NIfTIFile.write(sagittal(ct), to: folder.file("sagittal.nii.gz"))
    try NIfTIFile.write(sagittal(mask), to: folder.file("sagittal-mask.nii.gz"))
    func score(_ ct: String, _ mask: String) throws -> [String: Any] {
      let outcome = try Cac.run(["score", ct, "--mask", mask, "--json"], in: folder.url)
      #expect(outcome.status == 0, "\(outcome.err)")
      let value = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
      return try #require(value as? [String: Any])
    }
    let expected = try score("ct.nii.gz", "mask.nii.gz")
    for mask in ["sagittal-mask.nii.gz", "mask.nii.gz"] {
      let found = try score("sagittal.nii.gz", mask)
      #expect(found["agatston"] as? Double == expected["agatston"] as? Double)
      let quality = found["quality"] as? [String: Any]
      let warnings = quality?["warnings"] as? [String] ?? []
      #expect(warnings.contains { $0.contains("axial order") })
    }
  }
}
