// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import DICOM
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// One way to spoil a subject of a COCA tree, and the words that tell about it.
struct Spoiling: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let words: [String]
  let spoil: @Sendable (_ slices: [URL], _ annotation: URL) throws -> Void

  init(
    _ name: String, says words: String...,
    spoil: @escaping @Sendable (_ slices: [URL], _ annotation: URL) throws -> Void
  ) {
    testDescription = name
    self.words = words
    self.spoil = spoil
  }

  /// Replaces the first occurrence of a text in a file; fails where there is none.
  static func replace(_ text: String, with other: String, in url: URL) throws {
    var data = try Data(contentsOf: url)
    let range = try #require(data.range(of: Data(text.utf8)), "\(text) in \(url.path)")
    data.replaceSubrange(range, with: Data(other.utf8))
    try data.write(to: url)
  }

  /// Replaces the first match of a pattern in an annotation.
  static func replace(pattern: String, with other: String, in url: URL) throws {
    let text = try String(contentsOf: url, encoding: .utf8)
    let range = try #require(text.range(of: pattern, options: .regularExpression))
    try text.replacingCharacters(in: range, with: other).write(
      to: url, atomically: false, encoding: .utf8)
  }

  /// The points of the first region of an annotation that has some.
  static let firstPixel = #"(?<=<string>)\([0-9.]+, [0-9.]+\)(?=</string>)"#
  static let firstPosition = #"(?<=<string>)\(-?[0-9.]+, -?[0-9.]+, -?[0-9.]+\)(?=</string>)"#
}

@Suite struct `Of a cohort with a spoilt subject` {
  static let cases: [Spoiling] = [
    Spoiling("files that are no DICOM", says: "annotation-without-dicom", "no readable series") {
      slices, _ in
      for slice in slices { try Data("not a scan".utf8).write(to: slice) }
    },
    Spoiling("no series", says: "annotation-without-dicom", "no readable series") { slices, _ in
      for slice in slices { try FileManager.default.removeItem(at: slice) }
    },
    Spoiling("a truncated slice", says: "unreadable-volume", "bytes") { slices, _ in
      let data = try Data(contentsOf: slices[3])
      try data.prefix(data.count - 1001).write(to: slices[3])
    },
    Spoiling("an empty slice", says: "unreadable-files", "unreadable-volume") { slices, _ in
      try Data().write(to: slices[4])
    },
    Spoiling("slices missing in the middle", says: "uneven-slices", "slices are missing") {
      slices, _ in
      for slice in slices[3...4] { try FileManager.default.removeItem(at: slice) }
    },
    Spoiling("colour images", says: "annotation-without-dicom") { slices, _ in
      for slice in slices {
        try Spoiling.replace("MONOCHROME2 ", with: "RGB         ", in: slice)
      }
    },
    Spoiling("an annotation that is no property list", says: "unreadable-annotation") { _, xml in
      try Data("<html><body>Not found</body></html>".utf8).write(to: xml)
    },
    Spoiling("an empty annotation", says: "unreadable-annotation") { _, xml in
      try Data().write(to: xml)
    },
    Spoiling("points outside of the image", says: "broken-roi", "outside the image") { _, xml in
      try Spoiling.replace(pattern: Spoiling.firstPixel, with: "(900.5, 900.5)", in: xml)
    },
    Spoiling("letters in a coordinate", says: "broken-roi", "finite numbers") { _, xml in
      try Spoiling.replace(pattern: Spoiling.firstPixel, with: "(12.x, 14)", in: xml)
    },
    Spoiling("a region where no slice is", says: "unmatched-roi", "lie on no slice") { _, xml in
      let text = try String(contentsOf: xml, encoding: .utf8)
      // Every height of every region, a metre up.
      let moved = text.replacing(#/\((-?[0-9.]+), (-?[0-9.]+), (-?[0-9.]+)\)/#) { match in
        "(\(match.1), \(match.2), \((Double(match.3) ?? 0) + 1000))"
      }
      try moved.write(to: xml, atomically: false, encoding: .utf8)
    },
  ]

  @Test(arguments: cases)
  func `prepare leaves out that one and says why`(spoiling: Spoiling) async throws {
    let (folder, tree) = try await Cohort.copy()
    let subject = try await Cohort.diseased()
    try spoiling.spoil(Cohort.slices(of: subject, in: tree), tree.at("calcium_xml/\(subject).xml"))
    let outcome = try Cac.run(
      ["coca", "prepare", "tree", "--dataset", "9_Bad", "--dimension", "3d"], in: folder.url)
    #expect(outcome.status == 3)
    #expect(Array(outcome.leftOut.keys) == [subject])
    let reason = outcome.leftOut[subject] ?? ""
    for word in spoiling.words { #expect(reason.contains(word), "\(reason)") }
    let raw = folder.file("nnUNet_raw/Dataset009_Bad")
    let others = (0..<8).map(String.init).filter { $0 != subject }
    #expect(raw.at("labelsTr").allFiles == others.map { "cac_000\($0).nii.gz" })
    #expect(raw.at("imagesTr").allFiles == others.map { "cac_000\($0)_0000.nii.gz" })
    for id in others {
      let mask = "cac_000\(id).nii.gz"
      _ = try await Cohort.prepare.value
      let part = Cohort.testSubjects.contains(id) ? "Ts" : "Tr"
      #expect(
        try Data(contentsOf: raw.at("labelsTr/\(mask)"))
          == Data(contentsOf: Cohort.raw.at("labels\(part)/\(mask)")))
    }
    #expect(folder.url.stagedNames == [])
    let report = try String(contentsOf: raw.at("prepare-report.json"), encoding: .utf8)
    #expect(report.contains("left_out"))
  }

  @Test(arguments: cases)
  func `audit lists that one and changes nothing`(spoiling: Spoiling) async throws {
    let (folder, tree) = try await Cohort.copy()
    let subject = try await Cohort.diseased()
    try spoiling.spoil(Cohort.slices(of: subject, in: tree), tree.at("calcium_xml/\(subject).xml"))
    let before = folder.url.allFiles
    let outcome = try Cac.run(["coca", "audit", "tree"], in: folder.url)
    #expect(outcome.status == 3)
    #expect(Array(outcome.leftOut.keys) == [subject])
    #expect(outcome.out.contains("8 subjects, 7 usable"))
    #expect(folder.url.allFiles == before)
  }

  @Test func `two series of a subject are told apart by the annotation`() async throws {
    let (folder, tree) = try await Cohort.copy()
    let subject = try await Cohort.diseased()
    let slices = Cohort.slices(of: subject, in: tree)
    let ct = try DICOMReader.read(folder: tree.at("patient/\(subject)"))
    // The same heart with other noise, at the same positions.
    let other = ct.volume.map { $0 > 1000 ? $0 : $0 + 3 }
    try DICOMWriter.write(
      other, to: try #require(slices.first).deletingLastPathComponent().at("other"),
      options: DICOMSeriesOptions(identifiersFrom: "another", fileName: { "\($0).dcm" }))
    let outcome = try Cac.run(
      ["coca", "prepare", "tree", "--dataset", "9_Two", "--dimension", "3d"], in: folder.url)
    #expect(outcome.status == 0, "\(outcome.err)")
    let image = try NIfTIFile.read(
      folder.file("nnUNet_raw/Dataset009_Two/imagesTr/cac_000\(subject)_0000.nii.gz"),
      as: Int16.self)
    #expect(image.voxels == ct.volume.voxels)
    #expect(slices.count == 8)
    // Without an annotation nobody knows which series is meant.
    let score = try Cac.run(["score", "tree/patient/\(subject)", "--candidates"], in: folder.url)
    #expect(score.status == 1)
    #expect(score.complaints.count == 1)
    #expect(score.complaints.first?.contains("2 CT series") == true)
  }

  @Test func `reference leaves out an annotation that cannot be read`() async throws {
    let (folder, tree) = try await Cohort.copy()
    let subject = try await Cohort.diseased()
    try Data("<plist>".utf8).write(to: tree.at("calcium_xml/\(subject).xml"))
    let outcome = try Cac.run(["coca", "reference", "tree", "--csv", "r.csv"], in: folder.url)
    #expect(outcome.status == 3)
    #expect(Array(outcome.leftOut.keys) == [subject])
    let rows = try Cohort.table(folder.file("r.csv"))
    #expect(rows.count == 8)
    #expect(rows.first { $0["id"] == subject }?["agatston"] == "")
  }
}

@Suite struct `Of scans and masks that cannot be used` {
  /// Images and masks of the training cases, to be spoilt.
  private func pairs() async throws -> TemporaryFolder {
    _ = try await Cohort.prepare.value
    let folder = try TemporaryFolder()
    for (part, name) in [("imagesTr", "images"), ("labelsTr", "masks")] {
      try FileManager.default.copyItem(at: Cohort.raw.at(part), to: folder.file(name))
    }
    return folder
  }

  private static let mask = "masks/cac_0003.nii.gz"
  private static let image = "images/cac_0003_0000.nii.gz"

  static let cases: [(String, [String], @Sendable (URL) throws -> Void)] = [
    (
      "a mask on another grid", ["spacing"],
      { folder in
        let mask = try NIfTIFile.read(folder.at(Self.mask), as: UInt8.self)
        var geometry = mask.geometry
        geometry.spacing.x *= 1.01
        try NIfTIFile.write(
          Volume(geometry: geometry, voxels: mask.voxels), to: folder.at(Self.mask))
      }
    ),
    (
      "a mask with fewer slices", ["×"],
      { folder in
        let mask = try NIfTIFile.read(folder.at(Self.mask), as: UInt8.self)
        var geometry = mask.geometry
        geometry.extent.slices -= 1
        let voxels = Array(mask.voxels.dropLast(geometry.extent.sliceCount))
        try NIfTIFile.write(Volume(geometry: geometry, voxels: voxels), to: folder.at(Self.mask))
      }
    ),
    (
      "a mask that is no NIfTI", [mask],
      { folder in try Data("no mask".utf8).write(to: folder.at(mask)) }
    ),
    (
      "no mask", ["mask"],
      { folder in try FileManager.default.removeItem(at: folder.at(mask)) }
    ),
    (
      "a label that is none", ["9"],
      { folder in
        var mask = try NIfTIFile.read(folder.at(Self.mask), as: UInt8.self)
        mask.voxels[0] = 9
        try NIfTIFile.write(mask, to: folder.at(Self.mask))
      }
    ),
    (
      "a truncated image", [image],
      { folder in
        let data = try Data(contentsOf: folder.at(image))
        try data.prefix(data.count / 2).write(to: folder.at(image))
      }
    ),
    ("an empty image", [image], { folder in try Data().write(to: folder.at(image)) }),
    (
      "a header of another size", [image],
      { folder in
        var bytes = Data(count: 400)
        bytes[0] = 92
        try bytes.write(to: folder.at(image))
      }
    ),
  ]

  @Test(arguments: cases)
  func `score leaves out that one and scores the others`(
    name: String, words: [String], spoil: @Sendable (URL) throws -> Void
  ) async throws {
    let folder = try await pairs()
    try spoil(folder.url)
    let outcome = try Cac.run(
      ["score", "images", "--mask", "masks", "--csv", "r.csv", "--json"], in: folder.url)
    #expect(outcome.status == 3, "\(outcome.err)")
    #expect(Array(outcome.leftOut.keys) == ["cac_0003"])
    let reason = outcome.leftOut["cac_0003"] ?? ""
    for word in words { #expect(reason.contains(word), "\(reason)") }
    let rows = try Cohort.table(folder.file("r.csv"))
    #expect(
      rows.compactMap { $0["patient_name"] } == ["cac_0000", "cac_0002", "cac_0005", "cac_0007"])
  }

  @Test(arguments: cases)
  func `a study by itself fails with one line`(
    name: String, words: [String], spoil: @Sendable (URL) throws -> Void
  ) async throws {
    let folder = try await pairs()
    try spoil(folder.url)
    let outcome = try Cac.run(
      ["score", Self.image, "--mask", Self.mask, "--csv", "r.csv"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    for word in words { #expect(outcome.complaints.first?.contains(word) == true) }
    #expect(outcome.out == "")
    #expect(!Folder.isFile(folder.file("r.csv")))
  }

  @Test func `predict leaves out a broken scan and segments the others`() async throws {
    _ = try await Cohort.train.value
    let folder = try await pairs()
    for id in [2, 5, 7] {
      try FileManager.default.removeItem(at: folder.file("images/cac_000\(id)_0000.nii.gz"))
    }
    try Data("no scan".utf8).write(to: folder.file(Self.image))
    let outcome = try Cac.run(
      ["predict", Cohort.model.path, "images", "out", "--no-mirroring", "--device", "cpu"],
      in: folder.url)
    #expect(outcome.status == 3)
    #expect(Array(outcome.leftOut.keys) == ["cac_0003"])
    #expect(folder.file("out").allFiles.filter { $0.hasSuffix(".nii.gz") } == ["cac_0000.nii.gz"])
  }

  @Test func `a model without weights, plans or the right form is refused in one line`()
    async throws
  {
    _ = try await Cohort.train.value
    let folder = try await pairs()
    let name = Cohort.model.lastPathComponent
    let model = folder.file(name)
    try FileManager.default.copyItem(at: Cohort.model, to: model)
    func refusal(_ word: String) throws {
      let outcome = try Cac.run(
        ["predict", name, "images", "out", "--device", "cpu"], in: folder.url)
      #expect(outcome.status == 1)
      #expect(outcome.complaints.count == 1)
      #expect(outcome.complaints.first?.contains(word) == true, "\(outcome.err)")
      #expect(folder.file("out").allFiles == [])
    }
    let fold = model.at("fold_0")
    for file in fold.allFiles where file.hasSuffix(".safetensors") {
      let data = try Data(contentsOf: fold.at(file))
      try data.prefix(data.count / 2).write(to: fold.at(file))
    }
    try refusal("checkpoint_final.safetensors")
    for file in fold.allFiles { try FileManager.default.removeItem(at: fold.at(file)) }
    try refusal("weights")
    try FileManager.default.removeItem(at: model.at("plans.json"))
    try refusal("plans.json")
  }
}
