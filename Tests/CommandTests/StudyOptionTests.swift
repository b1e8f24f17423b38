// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

/// A study as a hospital sends it: a DICOMDIR and folders of files without an ending, in two series,
/// with what identifies the patient in each file.
private struct Disc {
  let folder: TemporaryFolder
  /// The identifiers of the series, soft and sharp.
  let soft: String
  let sharp: String
  let ct: Volume<Int16>

  init() async throws {
    let (copy, tree) = try await Cohort.copy()
    let source = tree.at("patient/\(try await Cohort.diseased())")
    let short = try DICOMReader.read(folder: source).volume
    // As long as a heart, so that the rules choose it.
    var geometry = short.geometry
    geometry.spacing.z = 10
    ct = Volume(geometry: geometry, voxels: short.voxels)
    folder = try TemporaryFolder()
    var uids: [String] = []
    for (i, kernel) in ["I30f", "B70f"].enumerated() {
      let options = DICOMSeriesOptions(
        identifiersFrom: kernel,
        acquisition: Acquisition(kilovolts: 120, kernel: kernel, sliceThickness: 10),
        fileName: { "IM\($0)" })
      uids.append(options.seriesUID)
      let series = folder.file("DISC/DICOM/PA000000/ST000000/SE00000\(i)")
      try FileManager.default.createDirectory(
        at: series.deletingLastPathComponent(), withIntermediateDirectories: true)
      let shift = Int16(i)
      try DICOMWriter.write(ct.map { $0 &+ shift }, to: series, options: options)
      for name in series.allFiles { try Identity.write(into: series.at(name)) }
    }
    (soft, sharp) = (uids[0], uids[1])
    try Self.index.write(to: folder.file("DISC/DICOMDIR"))
    withExtendedLifetime(copy) {}
  }

  /// A DICOMDIR with one record, which names the patient (PS3.3, annex F).
  private static var index: Data {
    let record =
      Identity.element(0x04, 0x1430, "CS", "PATIENT")
      + Identity.secrets.reduce(Data()) {
        $0 + Identity.element($1.group, $1.element, $1.vr, $1.value)
      }
    let item = Data([0xFE, 0xFF, 0x00, 0xE0, UInt8(record.count), 0, 0, 0]) + record
    let sequence =
      Data([0x04, 0, 0x20, 0x12, 0x53, 0x51, 0, 0, UInt8(item.count), 0, 0, 0]) + item
    return Data(count: 128) + Data("DICM".utf8)
      + Identity.element(0x02, 0x02, "UI", "1.2.840.10008.1.3.10")
      + Identity.element(0x02, 0x10, "UI", "1.2.840.10008.1.2.1")
      + Identity.element(0x04, 0x1130, "CS", "DISC") + sequence
  }

  /// The files of the soft series in the order of their numbers, the lowest first.
  var slices: [URL] {
    let series = folder.file("DISC/DICOM/PA000000/ST000000/SE000000")
    return series.allFiles.sorted { ($0.count, $0) < ($1.count, $1) }.map(series.at)
  }

  func score(_ options: String, in input: String = "DISC") throws -> Cac.Outcome {
    let outcome = try Cac.run(
      ["score", input, "--candidates"] + options.split(separator: " ").map(String.init),
      in: folder.url)
    Identity.expectAbsence(from: [
      ("standard output of \(options)", Data(outcome.out.utf8)),
      ("standard error of \(options)", Data(outcome.err.utf8)),
    ])
    return outcome
  }

  /// The only study that a run printed, and its warnings.
  func study(
    _ options: String, in input: String = "DISC"
  ) throws -> (value: [String: Any], warnings: [String], quality: [String: Any]) {
    let outcome = try score(options + " --json", in: input)
    #expect(outcome.status == 0, "\(outcome.err)")
    let list = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]]
    #expect(list?.count == 1)
    let value = try #require(list?.first)
    let quality = try #require(value["quality"] as? [String: Any])
    return (value, quality["warnings"] as? [String] ?? [], quality)
  }

  /// Expects that a run fails in one line with each of the words.
  func refusal(_ options: String, _ words: String...) throws {
    let outcome = try score(options)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    #expect(outcome.out == "")
    for word in words {
      #expect(outcome.complaints.first?.contains(word) == true, "\(outcome.err)")
    }
  }
}

@Suite struct `A disc with two series` {
  @Test(arguments: ["DISC", "DISC/DICOMDIR"])
  func `is scored on the series that is asked for`(input: String) async throws {
    let disc = try await Disc()
    for (uid, other, shift) in [(disc.soft, disc.sharp, 0), (disc.sharp, disc.soft, 1)] {
      let (study, _, quality) = try disc.study("--series \(uid)", in: input)
      #expect(study["series_uid"] as? String == uid)
      let first = (study["candidates"] as? [[String: Any]])?.first
      let peak = try #require(first?["peak_hu"] as? Int)
      let voxel = try #require(first?["peak_voxel"] as? [Int])
      #expect(peak == Int(disc.ct[voxel[2], voxel[1], voxel[0]]) + shift)
      let series = try #require(quality["series"] as? [[String: Any]])
      #expect(series.map { $0["uid"] as? String } == [uid, other])
      #expect(series.map { $0["kept"] as? Bool } == [true, false])
    }
  }

  @Test func `of two studies is refused until one is named, and lists both`() async throws {
    let disc = try await Disc()
    try disc.refusal("", "2 CT series of 2 studies", "--series", disc.soft, disc.sharp)
    #expect(try disc.score("").err.contains("dropped \(disc.sharp)"))
  }

  @Test func `holds no series that it does not name`() async throws {
    let disc = try await Disc()
    try disc.refusal("--series 1.2.3.4", "holds no CT series 1.2.3.4", disc.soft, disc.sharp)
  }

  @Test func `may lack slices only where gaps are filled`() async throws {
    let disc = try await Disc()
    let missing = disc.slices[3]
    try FileManager.default.removeItem(at: missing)
    try disc.refusal("--series \(disc.soft)", "missing", "--fill-gaps")
    let (study, warnings, quality) = try disc.study("--series \(disc.soft) --fill-gaps")
    #expect(warnings.contains { $0.contains("1 of 8 slices is missing") && $0.contains(": 4,") })
    #expect(quality["missing_slices"] as? Int == 1)
    #expect((study["candidates"] as? [Any])?.isEmpty == false)
    // The other series is whole, and the option changes nothing of it.
    let (_, others, _) = try disc.study("--series \(disc.sharp) --fill-gaps")
    #expect(!others.contains { $0.contains("missing") })
  }

  @Test func `may be truncated only where that is allowed`() async throws {
    let disc = try await Disc()
    let slices = disc.slices
    let data = try Data(contentsOf: slices[2])
    try data.prefix(data.count - 1001).write(to: slices[2])
    try Data().write(to: slices[7])
    try disc.refusal("--series \(disc.soft)", "--allow-truncated")
    try disc.refusal("--series \(disc.soft) --fill-gaps", "--allow-truncated")
    let (_, warnings, _) = try disc.study("--series \(disc.soft) --allow-truncated")
    #expect(warnings.contains { $0.contains("1001 bytes") }, "\(warnings)")
    #expect(warnings.contains { $0.contains("1 file beside") }, "\(warnings)")
  }

  @Test func `names its patient nowhere when it is mended and scored`() async throws {
    let disc = try await Disc()
    let slices = disc.slices
    try FileManager.default.removeItem(at: slices[3])
    let data = try Data(contentsOf: slices[1])
    try data.prefix(data.count - 1001).write(to: slices[1])
    try Data(data.prefix(700)).write(to: slices[6])
    let options = "--series \(disc.soft) --fill-gaps --allow-truncated"
    let before = Set(disc.folder.url.allFiles)
    _ = try disc.study(options + " --csv candidates.csv")
    _ = try disc.score(options)
    let written = Set(disc.folder.url.allFiles).subtracting(before)
    #expect(written.contains("candidates.csv"))
    Identity.expectAbsence(
      from: try written.map { ($0, try Data(contentsOf: disc.folder.file($0))) })
    // The search would find it.
    #expect(data.range(of: Data("Zebulon".utf8)) != nil)
  }
}
