// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Testing
import Volume

@Suite struct `The JSON of a score` {
  private func study(labels: MaskLabels, mass: Double? = nil) throws -> StudyScore {
    var scan = Plaques(3, 8, 8, spacing: [0.5, 0.5, 2.5], origin: [-10, 20, 30])
    scan.paint(slice: 1, rows: 1..<4, columns: 1..<4, hu: 210, label: 1)
    scan.paint(slice: 2, rows: 2..<7, columns: 2..<7, hu: 480, label: 2)
    let score = try scan.scored(labels: labels) {
      $0.massCalibration = mass
      $0.sliceThickness = 3
    }
    return StudyScore(
      study: "COCA_001", seriesUID: "1.2.3", score: score,
      quality: ScanQuality(kilovoltage: 120, thickness: 3, increment: 2.5, kernel: "I30f"))
  }

  private func json(_ value: some Encodable) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
    return try #require(object as? [String: Any])
  }

  @Test func `has the keys of the file format`() throws {
    let root = try json(study(labels: .arteries))
    let keys = [
      "study", "series_uid", "convention", "agatston", "volume_mm3", "mass_mg", "density",
      "arteries", "lesions", "category", "quality",
    ]
    #expect(Set(keys).isSubset(of: root.keys))
    #expect(root["mass_mg"] is NSNull)
    let convention = try #require(root["convention"] as? [String: Any])
    #expect(convention["name"] as? String == "agatston")
    #expect(convention["threshold_hu"] as? Int == 130)
    #expect(convention["connectivity"] as? Int == 8)
    #expect(convention["min_area_mm2"] as? Double == 1)
    #expect(convention["slice_factor"] as? String == "increment/3")
    let arteries = try #require(root["arteries"] as? [String: [String: Any]])
    #expect(arteries.keys.sorted() == ["LAD", "LCX", "LM", "RCA"])
    let lad = try #require(arteries["LAD"])
    #expect(Set(["agatston", "volume_mm3", "lesions"]).isSubset(of: lad.keys))
    let lesion = try #require((root["lesions"] as? [[String: Any]])?.first)
    let lesionKeys = [
      "artery", "agatston", "volume_mm3", "area_mm2", "peak_hu", "mean_hu", "slices",
      "centroid_mm", "slice_areas_mm2", "diameter_mm", "mass_mg", "density", "background_hu",
      "integrated_mass_mg", "integrated_volume_mm3",
    ]
    #expect(Set(lesionKeys) == Set(lesion.keys))
    #expect(lesion["artery"] as? String == "LAD")
    #expect((lesion["centroid_mm"] as? [Double])?.count == 3)
    let category = try #require(root["category"] as? [String: Any])
    #expect(category["seed"] as? String == "moderate")
    #expect(category["standard"] as? String == "11-100")
    #expect(category["cac_drs"] as? String == "A1/N2")
    let quality = try #require(root["quality"] as? [String: Any])
    #expect(quality["kv"] as? Double == 120)
    #expect((quality["warnings"] as? [String])?.count == 1)
  }

  /// Every parameter of every convention, as the table of conventions has them.
  @Test(
    arguments: [
      ("agatston", 130, 8, 1, nil, nil, "slice", "increment/3", false),
      ("seed", nil, 4, nil, nil, nil, "slice", "1", false),
      ("ai-cac", nil, 6, nil, 2, nil, "component", "round(thickness/3) per component", false),
      ("deepcac", nil, 8, nil, 4, nil, "slice", "round(pixel*increment/3, 3)", false),
      ("van-velzen", 130, 26, nil, nil, 1.5, "slice", "increment/3", false),
      ("orcascore", 131, 6, nil, nil, nil, "slice", "increment/3", true),
    ] as [(String, Int?, Int, Double?, Int?, Double?, String, String, Bool)])
  func `names the convention and all of its parameters`(
    name: String, threshold: Int?, connectivity: Int, area: Double?, voxels: Int?, volume: Double?,
    peak: String, factor: String, leftMain: Bool
  ) throws {
    let score = try Plaques(1, 2, 2).scored(Convention.named(name))
    let convention = try #require(json(score)["convention"] as? [String: Any])
    #expect(convention["name"] as? String == name)
    #expect(convention["threshold_hu"] as? Int == threshold)
    #expect(convention["connectivity"] as? Int == connectivity)
    #expect(convention["min_area_mm2"] as? Double == area)
    #expect(convention["min_voxels"] as? Int == voxels)
    #expect(convention["min_volume_mm3"] as? Double == volume)
    #expect(convention["peak"] as? String == peak)
    #expect(convention["slice_factor"] as? String == factor)
    #expect(convention["left_main_counts_as_lad"] as? Bool == leftMain)
    #expect(convention["weights_hu"] as? [Int] == [130, 200, 300, 400])
    #expect(convention["kv_rule"] as? String == "standard")
    #expect(convention.count == 12)
    let line = score.convention.description
    #expect(
      line.hasPrefix("\(try Convention.named(name).title) (")
        && line.contains("\(connectivity) neighbours"))
  }

  @Test func `carries the quality of the scan, with null for what is unknown`() throws {
    var quality = ScanQuality()
    var keys = Set(try json(quality).keys)
    let expected: Set = [
      "kv", "thickness_mm", "increment_mm", "kernel", "field_of_view_mm",
      "reconstruction_diameter_mm", "missing_slices", "duplicate_slices", "contrast_agent",
      "contrast_suspected", "blood_hu", "noise_hu", "metal_voxels", "candidates",
      "noise_candidates", "series", "not_used", "warnings",
    ]
    #expect(keys == expected)
    let scan = NoisyScan(4, 64, 96, deviation: 20, blur: 0.5, seed: 1) { _, _, _ in 45 }
    quality = ScanQuality(
      contrastAgent: true,
      series: [.init(uid: "1.2", kept: true, content: "57 slices", reason: "the only one")])
    #expect(quality.contrastSuspected == true)
    #expect(quality.warnings == ["contrast suspected: the header names a contrast agent"])
    quality.add(try ScanFindings(scan.ct), geometry: scan.ct.geometry)
    let root = try json(quality)
    keys = Set(root.keys)
    #expect(keys == expected)
    #expect(root["field_of_view_mm"] as? [Double] == [48, 32])
    #expect(root["increment_mm"] as? Double == 3)
    #expect(abs((root["noise_hu"] as? Double ?? 0) - 20) < 1)
    #expect(abs((root["blood_hu"] as? Double ?? 0) - 45) < 2)
    #expect(root["contrast_suspected"] as? Bool == true && root["metal_voxels"] as? Int == 0)
    let back = try JSONDecoder().decode(ScanQuality.self, from: JSONEncoder().encode(quality))
    #expect(back == quality)
  }

  @Test func `of a mask without arteries says null for them`() throws {
    let root = try json(study(labels: .calcium))
    #expect(root["arteries"] is NSNull && root["calcified_arteries"] is NSNull)
    #expect((root["lesions"] as? [[String: Any]])?.first?["artery"] is NSNull)
  }

  @Test(arguments: [nil, 0.77])
  func `is read back to the same numbers`(mass: Double?) throws {
    let study = try study(labels: .arteries, mass: mass)
    let back = try JSONDecoder().decode(StudyScore.self, from: JSONEncoder().encode(study))
    #expect(back.score.agatston == study.score.agatston)
    #expect(back.score.arteries == study.score.arteries)
    #expect(back.score.lesions == study.score.lesions)
    #expect(back.score.convention == study.score.convention)
    #expect(back.score.category == study.score.category)
    #expect(back.quality == study.quality && back.seriesUID == "1.2.3")
  }

  @Test(
    arguments: [
      ("\"LAD\"", "\"LDA\""), ("\"agatston\":", "\"agatston\":-1,\"x\":"),
      ("[130,200,300,400]", "[130,200]"),
    ])
  func `with a wrong value is refused`(good: String, bad: String) throws {
    let text = String(decoding: try JSONEncoder().encode(study(labels: .arteries)), as: UTF8.self)
    #expect(text.contains(good))
    let broken = Data(text.replacingOccurrences(of: good, with: bad).utf8)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StudyScore.self, from: broken)
    }
  }
}
