// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

/// `cac compare` on synthetic subjects whose plaques changed in a known way.
@Suite struct `Comparing scans` {
  /// Three subjects, scanned twice, with their masks as nnU-Net data sets.
  private static let cohort = Result {
    let folder = try TemporaryFolder()
    for line in [
      "phantom before --subjects 3 --follow-up after --matrix 192 --min-rank 0.3 --seed 11",
      "coca prepare before --dataset 911_Before --dimension 3d --labels arteries",
      "coca prepare after --dataset 912_After --dimension 3d --labels arteries",
    ] { _ = try Cac.succeed(line.split(separator: " ").map(String.init), in: folder.url) }
    return folder
  }

  private func compare(_ subject: Int, _ more: String = "") throws -> Cac.Outcome {
    let folder = try Self.cohort.get()
    let id = "cac_000\(subject)"
    func path(_ set: String, _ part: String, _ name: String) -> String {
      "nnUNet_raw/Dataset\(set)/\(part)/\(name).nii.gz"
    }
    return try Cac.run(
      [
        "compare", path("911_Before", "imagesTr", "\(id)_0000"),
        path("912_After", "imagesTr", "\(id)_0000"), "--mask", path("911_Before", "labelsTr", id),
        "--mask", path("912_After", "labelsTr", id),
      ] + more.split(separator: " ").map(String.init), in: folder.url)
  }

  private func json(_ subject: Int) throws -> [String: Any] {
    let outcome = try compare(subject, "--years 4 --bmi 27 --json")
    outcome.expectSuccess()
    return try #require(
      JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [String: Any])
  }

  @Test func `what became of plaques is what is known of them`() throws {
    let folder = try Self.cohort.get()
    let table = try String(contentsOf: folder.file("after/follow-up.csv"), encoding: .utf8)
    let rows = table.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    #expect(rows.count > 5)
    var followed = 0
    for subject in 0..<3 {
      let comparison = try json(subject)
      let lesions = try #require(comparison["lesions"] as? [[String: Any]])
      let prior = try #require(
        (comparison["prior"] as? [String: Any])?["lesions"] as? [[String: Any]])
      for row in rows where row[0] == "\(subject)" && row[2] == "grown" {
        // The earlier lesion at the plaque's place; small plaques do not reach 130 HU.
        let place = try row[3...5].map { try #require(Double($0)) }
        let number = prior.indices.first { i in
          let centroid = prior[i]["centroid_mm"] as? [Double] ?? []
          return prior[i]["artery"] as? String == String(row[1])
            && zip(centroid, place).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } < 9
        }
        guard let number else { continue }
        let change = try #require(
          lesions.first { ($0["prior"] as? [Int] ?? []).contains(number) })
        let state = try #require(change["state"] as? String)
        #expect(["grown", "merged", "split", "same"].contains(state), "\(row): \(state)")
        let before = try #require(change["volume_before_mm3"] as? Double)
        let after = try #require(change["volume_after_mm3"] as? Double)
        #expect(after > before, "\(row)")
        followed += 1
      }
    }
    #expect(followed >= 4)
  }

  @Test func `a scan against itself has not changed`() throws {
    let folder = try Self.cohort.get()
    let image = "nnUNet_raw/Dataset911_Before/imagesTr/cac_0001_0000.nii.gz"
    let mask = "nnUNet_raw/Dataset911_Before/labelsTr/cac_0001.nii.gz"
    let outcome = try Cac.run(
      ["compare", image, image, "--mask", mask, "--mask", mask, "--years", "2"], in: folder.url)
    outcome.expectSuccess()
    #expect(outcome.out.contains("unchanged, 2.00 years apart"))
    for state in ["grown", "smaller", "new ", "gone", "merged", "split", "beyond\n"] {
      #expect(!outcome.out.contains("\n\(state)"))
    }
  }

  @Test func `a page shows lesions side by side`() throws {
    let folder = try Self.cohort.get()
    try compare(1, "--years 4 --page page.html").expectSuccess()
    let page = try String(contentsOf: folder.file("page.html"), encoding: .utf8)
    #expect(page.contains("Left before, right after") && !page.contains("<script"))
    #expect(page.contains("limits need the body mass index."))
  }

  @Test func `results are compared as they were reported, and lesions followed by where they lie`()
    throws
  {
    let folder = try Self.cohort.get()
    for (set, name) in [("911_Before", "a.json"), ("912_After", "b.json")] {
      let outcome = try Cac.succeed(
        [
          "score", "nnUNet_raw/Dataset\(set)/imagesTr/cac_0001_0000.nii.gz", "--mask",
          "nnUNet_raw/Dataset\(set)/labelsTr/cac_0001.nii.gz", "--json",
        ], in: folder.url)
      try Data(outcome.out.utf8).write(to: folder.file(name))
    }
    let outcome = try Cac.run(["compare", "a.json", "b.json", "--years", "4"], in: folder.url)
    outcome.expectSuccess()
    #expect(outcome.out.contains("note: the prior score is as it was reported then"))
    #expect(outcome.out.contains("note: results hold no scans to register: lesions are followed"))
    let scans = try compare(1, "--years 4")
    let total = try #require(scans.out.split(separator: "\n").first { $0.hasPrefix("total") })
    #expect(outcome.out.contains(total))
    // The lesions become what registration makes of them.
    func lesions(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { line in
        ["same ", "grown", "smaller", "new ", "gone", "merged", "split"].contains {
          line.hasPrefix($0)
        }
      }
    }
    #expect(lesions(scans.out).count > 3)
    #expect(lesions(outcome.out) == lesions(scans.out))
    let one = try Cac.run(
      ["compare", "a.json", "a.json", "--years", "4", "--json"], in: folder.url)
    #expect(one.out.contains("\"shift\""))
  }

  @Test func `scans of different patients and in the wrong order are refused`() throws {
    let folder = try TemporaryFolder()
    for line in [
      "phantom one --subjects 2 --matrix 96 --slices 16 --min-rank 0.5 --seed 11",
      "phantom two --subjects 2 --matrix 96 --slices 16 --min-rank 0.5 --seed 11",
      "coca prepare one --dataset 913_One --dimension 3d --labels arteries",
    ] {
      _ = try Cac.succeed(line.split(separator: " ").map(String.init), in: folder.url)
    }
    func study(_ name: String) throws -> URL {
      let patient = folder.file("\(name)/Gated_release_final/patient/1")
      let inner = try #require(
        try FileManager.default.contentsOfDirectory(at: patient, includingPropertiesForKeys: nil)
          .first)
      return inner
    }
    /// Writes patient number and date into the headers, which leave room for the date alone.
    func set(_ name: String, date: String, patient: String) throws {
      for file in try FileManager.default.contentsOfDirectory(
        at: study(name), includingPropertiesForKeys: nil)
      {
        var data = try Data(contentsOf: file)
        let old = Data([0x08, 0, 0x20, 0, 0x44, 0x41, 8, 0]) + Data("00010101".utf8)
        let place = try #require(data.range(of: old))
        data.replaceSubrange(
          place, with: Data([0x08, 0, 0x20, 0, 0x44, 0x41, 8, 0]) + Data(date.utf8))
        let empty = Data([0x10, 0, 0x20, 0, 0x4C, 0x4F, 0, 0])
        let id = try #require(data.range(of: empty))
        data.replaceSubrange(
          id,
          with: Data([0x10, 0, 0x20, 0, 0x4C, 0x4F, UInt8(patient.utf8.count), 0])
            + Data(patient.utf8))
        try data.write(to: file)
      }
    }
    try set("one", date: "20210301", patient: "4711")
    try set("two", date: "20250301", patient: "4712")
    let mask = "nnUNet_raw/Dataset913_One/labelsTr/cac_0001.nii.gz"
    func compare(_ a: String, _ b: String, _ more: String...) throws -> Cac.Outcome {
      try Cac.run(
        [
          "compare", try study(a).path, try study(b).path, "--mask", mask, "--mask", mask,
        ] + more, in: folder.url)
    }
    let different = try compare("one", "two")
    #expect(different.status == 1)
    #expect(different.err.contains("the patient number of the scans differs"))
    #expect(!different.err.contains("4711") && !different.err.contains("4712"))
    let forced = try compare("one", "two", "--force")
    forced.expectSuccess()
    #expect(forced.out.contains("4.00 years apart"))
    #expect(forced.out.contains("compared because --force was given"))
    #expect(!forced.out.contains("4711"))
    let backwards = try compare("two", "one", "--force")
    #expect(backwards.status == 1 && backwards.err.contains("older than the prior one"))
  }
}
