// SPDX-License-Identifier: Apache-2.0
import Agatston
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@testable import Scoring
@testable import Segmentation

@Suite struct `A score by a model of stages` {
  private func outcome(
    _ scan: Volume<Int16> = StagedFolder.scan, tissue: String = "sac",
    classifier probabilities: [String: Float]?
  ) async throws -> ScoringOutcome {
    let folder = try TemporaryFolder()
    let model = folder.file("chest")
    try StagedFolder.write(to: model, tissue: tissue)
    if let probabilities { try StagedFolder.writeClassifier(to: model, probabilities) }
    let file = folder.file("ct.nii.gz")
    try NIfTIFile.write(scan, to: file)
    var request = ScoringRequest(input: file)
    request.model = model
    request.prediction = PredictionRequest(device: "cpu")
    return try await ScoringRun(request).run { _ in }
  }

  private func json(_ outcome: ScoringOutcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.json.utf8)) as? [String: Any])
  }

  @Test func `names the model in table, JSON and CSV`() async throws {
    let outcome = try await outcome(classifier: ["LAD": 0.98])
    let study = try #require(outcome.studies.first)
    #expect(abs(study.scores[0].score.agatston - StagedFolder.points) < 1e-4)
    #expect(study.automatic?.model.name == "chest")
    #expect(outcome.table.contains("model: chest (SHA-256 "))
    #expect(outcome.table.contains("beside it, in no total: aorta 0.0 (0 lesions), valve 0.0"))
    let json = try json(outcome)
    #expect((json["model"] as? [String: Any])?["name"] as? String == "chest")
    let interval = try #require(json["interval"] as? [String: Any])
    #expect(interval["level"] as? Double == 0.9)
    let folder = try TemporaryFolder()
    try outcome.writeCSV(to: folder.file("r.csv"))
    let csv = try CSVTable(parsing: FileBytes.read(folder.file("r.csv")), path: "r.csv")
    for name in ["model", "computed_low", "computed_high", "aorta_agatston", "doubts"] {
      #expect(csv.header.contains(name))
    }
    let record = try String(contentsOf: folder.file("r.csv.run.json"), encoding: .utf8)
    #expect(record.contains("masks by the model chest"))
  }

  @Test(arguments: [NonCoronarySite.aorta, .valve])
  func `gives calcium of the aorta and the valves beside it`(site: NonCoronarySite) async throws {
    let outcome = try await outcome(classifier: [site.rawValue: 0.97])
    let study = try #require(outcome.studies.first)
    #expect(study.scores[0].score.agatston == 0)
    let parts = try #require(study.automatic?.nonCoronary)
    #expect(abs((parts[site]?.agatston ?? 0) - StagedFolder.points) < 1e-4)
    #expect(parts[site]?.lesions == 1 && parts.values.count { $0.agatston > 0 } == 1)
    let json = try json(outcome)
    let named = try #require((json["non_coronary"] as? [String: Any])?[site.rawValue])
    #expect((named as? [String: Any])?["lesions"] as? Int == 1)
  }

  @Test func `says where undecided candidates would change the class`() async throws {
    let outcome = try await outcome(classifier: ["LAD": 0.6, "aorta": 0.35])
    let study = try #require(outcome.studies.first)
    let range = try #require(study.automatic?.range)
    #expect(range.low == 0 && abs(range.high - StagedFolder.points) < 0.2)
    let doubts = study.automatic?.doubts.map(\.text) ?? []
    #expect(doubts.contains { $0.contains("0 or 1-10 or 11-100") && $0.contains("1 candidate") })
    #expect(outcome.table.contains("range: 0.0 to 58.3 Agatston"))
  }

  @Test func `names the lesion that it hangs on, in table, JSON and CSV`() async throws {
    let outcome = try await outcome(classifier: ["LAD": 0.9, "aorta": 0.08])
    let study = try #require(outcome.studies.first)
    let lesion = try #require(study.automatic?.uncertainty?.lesions.first)
    #expect(lesion.number == 1 && lesion.artery == "LAD" && lesion.slice == 5 && lesion.isCounted)
    #expect(abs(lesion.agatston - StagedFolder.points) < 1e-4 && abs(lesion.share - 1) < 1e-6)
    let words = "lesion 1, LAD, slice 5, 58.3 Agatston, p 0.91"
    #expect(outcome.table.contains("hangs on \(words)"))
    #expect(outcome.table.contains("class: 0 p 0.09, 11-100 p 0.91"))
    let uncertainty = try #require(try json(outcome)["uncertainty"] as? [String: Any])
    let hangs = try #require(uncertainty["hangs_on"] as? [[String: Any]])
    #expect(hangs.count == 1 && hangs[0]["lesion"] as? Int == 1)
    #expect(uncertainty["opinions"] as? Int == 3 && uncertainty["calibration"] is NSNull)
    let folder = try TemporaryFolder()
    try outcome.writeCSV(to: folder.file("r.csv"))
    let csv = try CSVTable(parsing: FileBytes.read(folder.file("r.csv")), path: "r.csv")
    let column = try #require(csv.header.firstIndex(of: "hangs_on"))
    #expect(csv.rows[0][column] == words)
  }

  @Test func `has its range under the first convention alone`() async throws {
    let folder = try TemporaryFolder()
    let model = folder.file("chest")
    try StagedFolder.write(to: model)
    try StagedFolder.writeClassifier(to: model, ["LAD": 0.98])
    try NIfTIFile.write(StagedFolder.scan, to: folder.file("ct.nii.gz"))
    var request = ScoringRequest(input: folder.file("ct.nii.gz"))
    request.model = model
    request.allConventions = true
    request.prediction = PredictionRequest(device: "cpu")
    let json = try await ScoringRun(request).run { _ in }.json
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(list.count > 3 && list.allSatisfy { $0["model"] is [String: Any] })
    #expect(list.map { $0["interval"] is [String: Any] } == list.indices.map { $0 == 0 })
  }

  @Test func `has no range and nothing beside it without a classifier`() async throws {
    let outcome = try await outcome(classifier: nil)
    let automatic = try #require(outcome.studies.first?.automatic)
    #expect(automatic.range == nil && automatic.nonCoronary == nil)
    let json = try json(outcome)
    #expect(json["interval"] is NSNull && json["non_coronary"] is NSNull)
  }

  @Test func `is refused without a heart`() async throws {
    do {
      _ = try await outcome(tissue: "bone", classifier: nil)
      Issue.record("a scan without a heart was scored")
    } catch { #expect("\(error)".contains("no heart was found")) }
  }

  @Test func `is doubted where heart or scan are odd`() async throws {
    var scan = StagedFolder.scan
    scan[5, 31, 41] = 3071
    var geometry = scan.geometry
    geometry.spacing.z = 6
    let odd = Volume(geometry: geometry, voxels: scan.voxels)
    let outcome = try await outcome(odd, classifier: nil)
    let doubts = try #require(outcome.studies.first?.automatic?.doubts).map(\.text)
    for word in ["slices every 6", "cut off", "metal in the heart: 1 voxel", "sides"] {
      #expect(doubts.contains { $0.contains(word) }, "\(doubts)")
    }
    // They are among the warnings, once.
    let warnings = try #require(outcome.studies.first?.scores[0].quality.warnings).map(\.text)
    for doubt in doubts { #expect(warnings.count { $0 == "doubtful: \(doubt)" } == 1) }
  }

  @Test func `is the same in prone position and feet first`() async throws {
    let scan = StagedFolder.scan
    let supine = try await outcome(scan, classifier: ["LAD": 0.98])
    // Prone: the images' rows and columns run the other way in the patient. Feet first: the slices.
    for flips in [[true, true, false], [false, false, true], [true, false, true]] {
      let other = try await outcome(scan.flipped(flips), classifier: ["LAD": 0.98])
      let (a, b) = (supine.studies[0].scores[0].score, other.studies[0].scores[0].score)
      #expect(abs(a.agatston - b.agatston) < 1e-6 && a.agatston > 0)
      let (p, q) = (try #require(a.lesions.first).centroid, try #require(b.lesions.first).centroid)
      #expect(abs(p.x - q.x) < 0.01 && abs(p.y - q.y) < 0.01 && abs(p.z - q.z) < 0.01)
      #expect(supine.studies[0].automatic?.doubts == other.studies[0].automatic?.doubts)
    }
  }
}
