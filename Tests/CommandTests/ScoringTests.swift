// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// A folder with scans drawn by hand and their masks: pixels of 1 × 1 mm, slices every 3 mm.
private struct DrawnScans {
  let folder: TemporaryFolder
  static let geometry = Geometry(
    extent: Extent(slices: 4, rows: 24, columns: 32), spacing: [1, 1, 3], origin: [-10, -20, 30])

  /// Scans by name, each with squares of (slice, row, column, side, HU, label).
  init(_ scans: [String: [(Int, Int, Int, Int, Int16, UInt8)]]) throws {
    folder = try TemporaryFolder()
    for (name, squares) in scans {
      var ct = Volume<Int16>(geometry: Self.geometry, repeating: 40)
      var mask = Volume<UInt8>(geometry: Self.geometry, repeating: 0)
      for (slice, row, column, side, hu, label) in squares {
        for y in row..<row + side {
          for x in column..<column + side {
            ct[slice, y, x] = hu
            mask[slice, y, x] = label
          }
        }
      }
      for (part, file) in [("ct", "\(name)_0000.nii.gz"), ("masks", "\(name).nii.gz")] {
        let url = folder.file("\(part)/\(file)")
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        if part == "ct" {
          try NIfTIFile.write(ct, to: url)
        } else {
          try NIfTIFile.write(mask, to: url)
        }
      }
    }
  }

  func run(_ line: String) throws -> Cac.Outcome {
    try Cac.run(line.split(separator: " ").map(String.init), in: folder.url)
  }

  func json(_ line: String) throws -> [[String: Any]] {
    let outcome = try run(line + " --json")
    #expect(outcome.status == 0, "\(outcome.err)")
    let value = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
    return try #require(value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] })
  }

  func table(_ name: String) throws -> [[String: String]] { try Cohort.table(folder.file(name)) }
}

@Suite struct `Scoring drawn scans` {
  /// a: LM 4 × 1 and LAD 9 × 4 in slices 1 and 2; b: RCA 16 × 2; c: nothing.
  private static func scans() throws -> DrawnScans {
    try DrawnScans([
      "a": [(1, 2, 2, 2, 150, 1), (1, 10, 10, 3, 450, 2), (2, 10, 10, 3, 450, 2)],
      "b": [(0, 4, 20, 4, 250, 4)], "c": [],
    ])
  }

  @Test func `writes a row for each study and artery and one for their total`() throws {
    let scans = try Self.scans()
    let outcome = try scans.run("score ct --mask masks --kv 120 --arteries-csv out/arteries.csv")
    #expect(outcome.status == 0)
    let rows = try scans.table("out/arteries.csv")
    let studies = rows.compactMap { $0["study"] }
    #expect(studies == ["a", "a", "a", "a", "a", "b", "b", "b", "b", "b", "c", "c", "c", "c", "c"])
    let five = ["LM", "LAD", "LCX", "RCA", "total"]
    let names = rows.compactMap { $0["artery"] }
    #expect(names == five + five + five)
    let scores = rows.map { Double($0["agatston"] ?? "") }
    #expect(scores == [4, 72, 0, 0, 76, 0, 0, 0, 32, 32, 0, 0, 0, 0, 0])
    let densities: [String] = rows.prefix(5).map { $0["density"] ?? "" }
    #expect(densities == ["1.0", "4.0", "", "", "\(76.0 / 22)"])
    #expect(rows[4]["cac_drs"] == "A1/N2" && rows[4]["class_seed"] == "moderate")
    #expect(rows[0]["cac_drs"] == "" && rows[0]["volume_method"] == "voxel")
    #expect(rows.allSatisfy { $0["mass_mg"] == "" && $0["convention"] == "agatston" })
    #expect(scans.folder.file("out").allFiles.contains("arteries.csv.run.json"))
  }

  @Test func `writes every convention into the long tables`() throws {
    let scans = try Self.scans()
    let line = "score ct --mask masks --kv 120 --all-conventions"
    let outcome = try scans.run(line + " --arteries-csv a.csv --lesions-csv l.csv")
    #expect(outcome.status == 0)
    let rows = try scans.table("a.csv")
    #expect(rows.count == 3 * 6 * 5)
    let totals = rows.filter { $0["artery"] == "total" && $0["study"] == "a" }
    #expect(
      totals.compactMap { $0["convention"] }
        == ["agatston", "seed", "ai-cac", "deepcac", "van-velzen", "orcascore"])
    #expect(totals.map { Double($0["agatston"] ?? "") } == [76, 76, 76, 76, 76, 76])
    let lad = rows.filter { $0["artery"] == "LAD" && $0["study"] == "a" }
    #expect(lad.map { Double($0["agatston"] ?? "") } == [72, 72, 72, 72, 72, 76])
    #expect(try scans.table("l.csv").count == 6 * 3)
    for line in outcome.out.split(separator: "\n") where !line.hasPrefix("convention") {
      #expect(line.count <= 100)
    }
  }

  @Test func `writes a row for each lesion`() throws {
    let scans = try Self.scans()
    let outcome = try scans.run(
      "score ct --mask masks --kv 120 --mass-calibration 0.8 --object-hu 450 --lesions-csv l.csv")
    #expect(outcome.status == 0)
    let rows = try scans.table("l.csv")
    #expect(rows.compactMap { $0["study"] } == ["a", "a", "b"])
    #expect(rows.compactMap { $0["lesion"] } == ["1", "2", "1"])
    #expect(rows.compactMap { $0["artery"] } == ["LM", "LAD", "RCA"])
    #expect(rows[1]["first_slice"] == "1" && rows[1]["last_slice"] == "2")
    #expect(rows.compactMap { $0["peak_hu"] } == ["150", "450", "250"])
    // Without blur the integrated volume is that of the voxels, in units of solid calcium.
    func number(_ row: Int, _ column: String) -> Double { Double(rows[row][column] ?? "") ?? -1 }
    let exact: [Double] = [12 * 110.0 / 410, 54, 48 * 210.0 / 410]
    for (row, volume) in exact.enumerated() {
      #expect(abs(number(row, "integrated_volume_mm3") - volume) < 1e-9)
    }
    // Mass is c · HU · V / 1000, integrated mass counts from the background of 40 HU on.
    #expect(abs(number(1, "mass_mg") - 19.44) < 1e-9)
    #expect(abs(number(1, "integrated_mass_mg") - 17.712) < 1e-9)
    #expect(number(1, "x_mm") == 1 && number(1, "z_mm") == 34.5)
  }

  @Test func `counts volume as it is told and names the method everywhere`() throws {
    let scans = try Self.scans()
    let line = "score ct --mask masks --kv 120 --volume isotropic --isotropic-step 0.25"
    let text = try scans.run(line + " --csv r.csv")
    #expect(text.out.contains("volume method: isotropic 0.25 mm"))
    let rows = try scans.table("r.csv")
    #expect(rows.allSatisfy { $0["volume_method"] == "isotropic 0.25 mm" })
    let studies = try scans.json(line)
    #expect(studies.allSatisfy { $0["volume_method"] as? String == "isotropic 0.25 mm" })
    let voxels = try scans.json("score ct --mask masks --kv 120")
    #expect(voxels.allSatisfy { $0["volume_method"] as? String == "voxel" })
    #expect(voxels[0]["volume_mm3"] as? Double == 66)
    let isotropic = try #require(studies[0]["volume_mm3"] as? Double)
    #expect(isotropic > 0 && isotropic < 66)
    #expect(isotropic == Double(rows[0]["computed_vol"] ?? ""))
    // Only the volume depends on the method.
    #expect(studies[0]["agatston"] as? Double == 76)
  }

  @Test func `tells arteries from calcium by all the masks of a folder`() throws {
    let binary = try DrawnScans(["a": [(1, 2, 2, 3, 250, 1)], "b": [(2, 5, 5, 4, 350, 1)]])
    let line = "score ct --mask masks --kv 120"
    #expect(try nonEmpty(binary.json(line)).allSatisfy { $0["arteries"] is NSNull })
    let named = try nonEmpty(binary.json(line + " --labels arteries"))
    #expect(named.allSatisfy { ($0["arteries"] as? [String: Any])?.count == 4 })
    #expect(named.allSatisfy { $0["left_main"] as? Bool == true })
    // Study a has only label 1 here, too, but b says what labels mean, although it comes later.
    let mixed = try DrawnScans(["a": [(1, 2, 2, 3, 250, 1)], "b": [(2, 5, 5, 4, 350, 4)]])
    let studies = try mixed.json(line)
    let parts = try #require(studies[0]["arteries"] as? [String: [String: Any]])
    #expect(parts["LM"]?["agatston"] as? Double == 18)
    #expect((studies[0]["category"] as? [String: Any])?["cac_drs"] as? String == "A1/N1")
    #expect(
      try mixed.json(line + " --labels calcium").allSatisfy {
        $0["arteries"] is NSNull && $0["left_main"] is NSNull
      })
  }

  @Test func `takes any value for calcium only where it is told so`() throws {
    let scans = try DrawnScans(["a": [(1, 2, 2, 3, 250, 255)]])
    let refused = try scans.run("score ct/a_0000.nii.gz --mask masks/a.nii.gz --kv 120")
    #expect(refused.status == 1 && refused.complaints.count == 1)
    #expect(refused.complaints[0].contains("value 255"))
    #expect(refused.complaints[0].contains("--labels calcium"))
    let scored = try scans.json("score ct --mask masks --kv 120 --labels calcium")
    #expect(scored[0]["agatston"] as? Double == 18)
  }

  @Test func `follows the tube voltage`() throws {
    // 140 HU is calcium at 120 kV and none at 100 kV; 230 HU weighs 2 at both.
    let scans = try DrawnScans(["a": [(1, 2, 2, 3, 140, 1), (2, 10, 10, 3, 230, 1)]])
    let line = "score ct/a_0000.nii.gz --mask masks/a.nii.gz"
    #expect(try scans.json(line + " --kv 120")[0]["agatston"] as? Double == 9 + 18)
    let refused = try scans.run(line + " --kv 100")
    #expect(refused.status == 1 && refused.complaints[0].contains("100.0 kV"))
    let table = try scans.json(line + " --kv 100 --kv-table graeni2018")[0]
    #expect(table["agatston"] as? Double == 18)
    let convention = try #require(table["convention"] as? [String: Any])
    #expect(convention["threshold_hu"] as? Int == 145)
    #expect(convention["kv_rule"] as? String == "graeni2018")
    let forced = try scans.json(line + " --kv 100 --force-threshold")[0]
    #expect(forced["agatston"] as? Double == 27)
    let warnings = (forced["quality"] as? [String: Any])?["warnings"] as? [String]
    #expect(warnings?.contains { $0.contains("forced") } == true)
  }

  @Test func `shows one study in detail and warns of metal`() throws {
    let scans = try DrawnScans([
      "a": [(1, 2, 2, 3, 250, 1), (2, 8, 8, 4, 450, 2), (3, 20, 20, 2, 3071, 0)]
    ])
    let outcome = try scans.run(
      "score ct/a_0000.nii.gz --mask masks/a.nii.gz --kv 120 --mass-calibration 0.8")
    let out = outcome.out
    #expect(out.contains("CAC-DRS A1/N2") && out.contains("left main calcified"))
    #expect(out.contains("agatston (≥ 130 HU, 8 neighbours, ≥ 1 mm², peak per slice"))
    #expect(out.contains("field 32 × 24 mm") && out.contains("120 kV"))
    #expect(out.contains("metal: 4 voxels of 3071 HU or more in slice 3"))
    for line in out.split(separator: "\n") { #expect(line.count <= 100) }
  }

  @Test func `gives a note its figures where one study has it, and none where several do`() throws {
    let scans = try DrawnScans([
      "a": [(1, 2, 2, 3, 250, 1), (3, 20, 20, 2, 3071, 0)], "b": [(1, 2, 2, 3, 250, 1)],
      "c": [(1, 2, 2, 3, 250, 1), (2, 20, 20, 1, 3071, 0)],
    ])
    let out = try scans.run("score ct --mask masks --kv 120").out
    #expect(
      out.contains(
        "note (a, c): metal, whose streaks may pass for calcium (figures of each: --json)"),
      "\(out)")
    #expect(!out.contains("voxels of 3071"))
    try FileManager.default.removeItem(at: scans.folder.file("ct/c_0000.nii.gz"))
    try FileManager.default.removeItem(at: scans.folder.file("masks/c.nii.gz"))
    let two = try scans.run("score ct --mask masks --kv 120").out
    #expect(two.contains("note (a): metal: 4 voxels of 3071 HU or more in slice 3"), "\(two)")
  }
}

@Suite struct `Candidates of drawn scans` {
  private static func scans() throws -> DrawnScans {
    try DrawnScans([
      "a": [(1, 2, 2, 2, 150, 0), (1, 10, 10, 3, 450, 0), (2, 10, 10, 3, 440, 0)],
      "b": [(0, 4, 20, 1, 130, 0)],
    ])
  }

  @Test func `are listed by size with peak and place, alike in table, CSV and JSON`() throws {
    let scans = try Self.scans()
    let outcome = try scans.run("score ct --candidates --kv 120 --csv c.csv")
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("a: 2 candidates ≥ 130 HU"))
    for line in outcome.out.split(separator: "\n") { #expect(line.count <= 100) }
    let rows = try scans.table("c.csv")
    #expect(rows.compactMap { $0["study"] } == ["a", "a", "b"])
    #expect(rows.compactMap { $0["voxels"] } == ["18", "4", "1"])
    #expect(rows.compactMap { $0["peak_hu"] } == ["450", "150", "130"])
    #expect(["peak_x", "peak_y", "peak_z"].map { rows[0][$0] } == ["10", "10", "1"])
    #expect(
      ["centroid_x_mm", "centroid_y_mm", "centroid_z_mm"].map { Double(rows[0][$0] ?? "") }
        == [1, -9, 34.5])
    let studies = try scans.json("score ct --candidates --kv 120")
    let first = try #require((studies[0]["candidates"] as? [[String: Any]])?.first)
    #expect(first["peak_voxel"] as? [Int] == [10, 10, 1])
    #expect(first["peak_mm"] as? [Double] == [0, -10, 33])
    #expect(first["volume_mm3"] as? Double == 54 && first["slices"] as? [Int] == [1, 2])
    #expect(studies.map { $0["threshold_hu"] as? Int } == [130, 130])
    #expect(studies[0]["quality"] is [String: Any])
  }

  @Test func `may be asked for from a size or a voltage's threshold on`() throws {
    let scans = try Self.scans()
    func counts(_ options: String) throws -> [Int?] {
      try scans.json("score ct --candidates \(options)").map { ($0["candidates"] as? [Any])?.count }
    }
    #expect(try counts("--kv 120 --min-volume 12") == [2, 0])
    #expect(try counts("--kv 120 --min-volume 12.1") == [1, 0])
    #expect(try counts("--kv 80 --kv-table graeni2018") == [1, 0])
    // No score is made, so another voltage is only warned of.
    #expect(try counts("--kv 100") == [2, 1])
    let out = try scans.run("score ct --candidates --kv 100").out
    #expect(out.contains("120 kV thresholds forced upon a scan of 100.0 kV"))
  }
}
