// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Files
import Foundation
import Testing
import Volume

@Suite struct `An audit of a subject` {
  private let scan = Scan.plaques(in: [2, 3, 6], slices: 10)

  private func audit(
    _ scan: Scan, change: (inout AuditSubject) throws -> Void = { _ in }, withCT: Bool = true
  ) throws -> SubjectAudit {
    var subject = AuditSubject(
      id: "1", annotation: .success(try scan.annotation().reread()), series: [scan.series()])
    try change(&subject)
    return subject.audit { _ in withCT ? scan.ct : nil }
  }

  private func codes(_ audit: SubjectAudit) -> [FindingCode] { audit.anomalies.map(\.code) }

  /// Changes the annotation of a subject.
  private func edit(_ subject: inout AuditSubject, _ change: (inout Annotation) -> Void) throws {
    var annotation = try #require(subject.annotation).get()
    change(&annotation)
    subject.annotation = .success(annotation)
  }

  @Test func `a sound subject has no anomaly and every number exact`() throws {
    let audit = try audit(scan)
    #expect(codes(audit) == [])
    #expect(audit.notes.isEmpty)
    #expect(audit.usable)
    #expect(audit.annotation)
    #expect(audit.series?.uid == "1.2.3")
    #expect(audit.series?.slices == 10)
    #expect(audit.series?.spacing == [0.4, 0.5])
    #expect(audit.series?.increment == 3)
    #expect(audit.rois.total == 3)
    #expect(audit.rois.matched == 3)
    #expect(audit.rois.countExact == 3)
    #expect(audit.rois.statisticsExact == 3)
    // Three slices of 6 pixels of 0.2 mm² with a peak of 286 HU.
    #expect(audit.reference?.agatston == 7.2)
    #expect(audit.reference?.volume == 10.8)
    #expect(audit.reference?.arteries == ["RCA": 7.2])
  }

  @Test func `without a CT the contours are still checked`() throws {
    let audit = try audit(scan, withCT: false)
    #expect(audit.rois.countExact == 3)
    #expect(audit.rois.statisticsExact == nil)
    #expect(audit.usable)
    #expect(codes(audit) == [])
  }

  @Test func `a dark hole is exact with the CT and noted without it`() throws {
    var ring = Scan(slices: 2, rows: 9, columns: 9)
    for z in 0..<2 {
      for y in 3..<6 {
        for x in 3..<6 where (y, x) != (4, 4) { ring.mark(z, y, x, .leftMain) }
      }
    }
    #expect(try audit(ring).rois.countExact == 2)
    let blind = try audit(ring, withCT: false)
    #expect(blind.rois.countExact == 0)
    #expect(blind.notes.map(\.code) == [.countDiffers])
    #expect(blind.notes.first?.detail.contains("9 against 8") == true)
  }

  @Test func `an annotation without DICOM keeps its contour check and score`() throws {
    let audit = try audit(scan) { $0.series = [] }
    #expect(codes(audit) == [.annotationWithoutDICOM])
    #expect(audit.rois.countExact == 3)
    #expect(audit.rois.matched == 0 && audit.rois.unmatched == 0)
    #expect(audit.reference?.agatston == 7.2)
    #expect(audit.series == nil)
    #expect(!audit.usable)
  }

  @Test func `DICOM without an annotation is a note and scores zero`() throws {
    let audit = try audit(scan) { $0.annotation = nil }
    #expect(codes(audit) == [])
    #expect(audit.notes.map(\.code) == [.implicitZero])
    #expect(audit.usable)
    #expect(!audit.annotation)
    #expect(audit.reference?.agatston == 0)
  }

  @Test func `an empty subject and an unreadable annotation are not usable`() throws {
    let empty = try audit(scan) {
      $0.annotation = nil
      $0.series = []
    }
    #expect(codes(empty) == [.emptySubject])
    #expect(!empty.usable)
    let broken = try audit(scan) {
      $0.annotation = .failure(
        COCAError(.notAPropertyList, path: "/secret/1.xml", detail: "is empty"))
    }
    #expect(codes(broken) == [.unreadableAnnotation])
    #expect(broken.anomalies.first?.detail == "the annotation cannot be read: is empty")
    #expect(broken.reference == nil)
    #expect(broken.annotation)
    #expect(!broken.usable)
  }

  @Test func `an annotation on a 1_5 mm reconstruction of a 3 mm series is found`() throws {
    let fine = Scan.plaques(in: [8, 9, 12, 17], slices: 20, increment: 1.5)
    let audit = try audit(fine, change: { $0.series = [scan.series()] }, withCT: false)
    #expect(
      codes(audit) == [
        .unmatchedRegion, .indexPastLastSlice, .indexDisagreement, .incrementMismatch,
      ])
    #expect(audit.rois.unmatched == 2)
    #expect(!audit.usable)
  }

  @Test(arguments: [1.5, 2.5, 2.95])
  func `a step that is not 3 mm is found with and without the series`(step: Double) throws {
    let odd = Scan.plaques(in: [2, 3], slices: 10, increment: step)
    #expect(codes(try audit(odd)) == [.unusualIncrement])
    #expect(try audit(odd).usable)
    #expect(
      codes(try audit(odd) { $0.series = [] }) == [.unusualIncrement, .annotationWithoutDICOM])
  }

  @Test func `a duplicate position is found with the indices above it`() throws {
    let audit = try audit(scan) { $0.series[0].positions.insert($0.series[0].positions[5], at: 5) }
    #expect(codes(audit) == [.indexDisagreement, .duplicatePosition])
    #expect(audit.rois.matched == 3)
    #expect(audit.series?.slices == 10)
  }

  @Test func `several series are found and the one with the regions is taken`() throws {
    let elsewhere = Scan(
      slices: 30, rows: 16, columns: 16, spacing: [0.4, 0.5, 3], origin: [0, 0, 900])
    let audit = try audit(scan) { $0.series.insert(elsewhere.series(uid: "9.9"), at: 0) }
    #expect(codes(audit) == [.severalSeries])
    #expect(audit.series?.uid == "1.2.3")
    #expect(audit.rois.statisticsExact == 3)
  }

  @Test func `of two series at identical positions the HU tell which was annotated`() throws {
    let bright = scan.ct.map { $0 + 7 }
    for uid in ["0.1", "9.9"] {
      let subject = AuditSubject(
        id: "1", annotation: .success(try scan.annotation()),
        series: [scan.series(uid: uid), scan.series()])
      let audit = subject.audit { $0.uid == uid ? bright : scan.ct }
      #expect(codes(audit) == [.severalSeries, .identicalPositions])
      #expect(audit.series?.uid == "1.2.3")
      #expect(audit.rois.statisticsExact == 3)
    }
  }

  @Test func `names that are no artery are found and numbers in them not shown`() throws {
    let audit = try audit(scan) {
      try edit(&$0) { $0.images[1].regions[0].name = "555831064" }
    }
    #expect(codes(audit) == [.unknownArtery])
    #expect(audit.rois.unassigned == 1)
    #expect(!audit.usable)
    let text = String(decoding: try JSONFile.data(audit), as: UTF8.self)
    #expect(!text.contains("555831064"))
    #expect(text.contains("a name of 9 characters"))
  }

  @Test func `metal is found in the volume`() throws {
    var metal = scan
    metal.ct[9, 0, 0] = 3071
    #expect(codes(try audit(metal)) == [.metal])
    #expect(try audit(metal).usable)
    #expect(codes(try audit(metal, withCT: false)) == [])
  }

  @Test func `figures that contradict each other are found without a CT`() throws {
    func blind(_ change: (inout Region) -> Void) throws -> [FindingCode] {
      let audit = try audit(
        scan,
        change: {
          $0.series = []
          try edit(&$0) { change(&$0.images[1].regions[0]) }
        }, withCT: false)
      return codes(audit).filter { $0 != .annotationWithoutDICOM }
    }
    #expect(try blind { _ in } == [])
    #expect(try blind { $0.area = ($0.area ?? 0) * 1.01 } == [.areaMismatch])
    #expect(try blind { $0.min = ($0.max ?? 0) + 1 } == [.figuresDisagree])
    #expect(try blind { $0.max = nil } == [.figuresDisagree])
    #expect(
      try blind { for i in $0.points.indices { $0.points[i].x += 0.5 } } == [.positionMismatch])
  }

  @Test func `an index above a gap may count the slices that are lost, none may be past them`()
    throws
  {
    let audit = try audit(
      scan, change: { $0.series[0].positions.remove(at: 4) }, withCT: false)
    #expect(codes(audit) == [.unevenSlices])
  }

  @Test func `above a doubled position no index agrees, whichever way it counts`() throws {
    let audit = try audit(scan) {
      $0.series[0].positions.insert($0.series[0].positions[5], at: 5)
      try edit(&$0) { $0.images[2].index? += 1 }
    }
    #expect(codes(audit) == [.indexDisagreement, .duplicatePosition])
  }

  @Test func `a folder that cannot be looked through is named as the reason`() throws {
    let audit = try audit(scan) {
      $0.series = []
      $0.folderProblem = "cannot read this folder: permission denied"
    }
    #expect(codes(audit) == [.unreadableFolder])
    #expect(audit.anomalies.first?.detail.contains("permission denied") == true)
    #expect(!audit.usable)
  }

  @Test func `sub-folders, unreadable files and the tube voltage are found`() throws {
    let audit = try audit(scan) {
      $0.folders = ["a", "b"]
      $0.faults = .init([.empty: 1, .truncated: 1, .copy: 1])
      $0.filesWithoutEnding = 3
      $0.series[0].kilovolts = 100
    }
    #expect(codes(audit) == [.unreadableFiles, .severalFolders, .unusualVoltage])
    #expect(audit.anomalies.first?.detail.contains("2 files") == true)
    #expect(audit.anomalies.first?.detail.contains("1 empty, 1 truncated") == true)
    #expect(audit.notes.map(\.code) == [.foreignFiles, .missingEnding])
  }

  @Test func `a missing slice and overlapping slices are found`() throws {
    let missing = try audit(scan) { $0.series[0].positions.remove(at: 1) }
    #expect(codes(missing) == [.unevenSlices])
    #expect(missing.anomalies.first?.detail.contains("slices are missing") == true)
    let overlapping = try audit(scan) { $0.series[0].thickness = 5 }
    #expect(codes(overlapping) == [.thicknessMismatch])
    #expect(overlapping.anomalies.first?.detail.contains("overlap") == true)
  }

  @Test func `a shifted index, an off-plane region and another grid are found`() throws {
    let shifted = try audit(scan) {
      try edit(&$0) { for i in $0.images.indices { $0.images[i].index? -= 3 } }
    }
    #expect(codes(shifted) == [.indexPastLastSlice, .indexDisagreement])
    let offPlane = try audit(scan) {
      try edit(&$0) {
        for i in $0.images[0].regions[0].positions.indices {
          $0.images[0].regions[0].positions[i].z += 0.5
        }
      }
    }
    #expect(codes(offPlane).contains(.offPlaneRegion))
    let elsewhere = try audit(scan) {
      for i in $0.series[0].positions.indices { $0.series[0].positions[i].x += 1 }
    }
    #expect(codes(elsewhere) == [.positionMismatch])
    let coarser = try audit(scan) { $0.series[0].pixelSpacing.x = 0.41 }
    #expect(codes(coarser).contains(.spacingMismatch))
  }

  @Test func `an index that counts downwards is found`() throws {
    let audit = try audit(scan) {
      try edit(&$0) { for i in $0.images.indices { $0.images[i].index = 9 - [2, 3, 6][i] } }
    }
    #expect(codes(audit) == [.indexDownwards, .indexDisagreement])
  }

  @Test func `broken regions and regions outside the image are found`() throws {
    let outside = try audit(scan) { $0.series[0].columns = 7 }
    #expect(codes(outside).contains(.brokenRegion))
    #expect(outside.rois.broken == 3)
    #expect(!outside.usable)
    let empty = try audit(scan) { $0.annotation = .success(Annotation(subject: "1")) }
    #expect(codes(empty) == [.emptyAnnotation])
    #expect(!empty.usable)
  }

  @Test func `a volume that cannot be made is found and the rest is checked`() throws {
    struct Broken: Error, CustomStringConvertible { var description = "3 slices are missing" }
    let subject = AuditSubject(
      id: "1", annotation: .success(try scan.annotation()), series: [scan.series()])
    let audit = subject.audit { _ in throw Broken() }
    #expect(codes(audit) == [.unreadableVolume])
    #expect(audit.rois.countExact == 3)
    #expect(!audit.usable)
  }

  @Test func `other HU than recorded are noted`() throws {
    var other = scan
    other.ct[3, 5, 7] += 1
    let subject = AuditSubject(
      id: "1", annotation: .success(try scan.annotation()), series: [scan.series()])
    let audit = subject.audit { _ in other.ct }
    #expect(audit.rois.countExact == 3)
    #expect(audit.rois.statisticsExact == 2)
    #expect(audit.notes.map(\.code) == [.statisticsDiffer])
  }

  @Test func `the JSON has the documented keys, null where nothing is known`() throws {
    let blind = try audit(scan) { $0.series = [] }
    let report = AuditReport([try audit(scan), blind])
    #expect(report.totals.subjects == 2)
    #expect(report.totals.usable == 1)
    #expect(report.totals.rois == 6)
    #expect(report.totals.countExact == 6)
    #expect(report.totals.statisticsExact == 3)
    let json = try #require(
      JSONSerialization.jsonObject(with: try JSONFile.data(report)) as? [String: Any])
    let subjects = try #require(json["subjects"] as? [[String: Any]])
    let first = try #require(subjects.first)
    #expect(
      Set(first.keys) == [
        "id", "annotation", "series", "rois", "anomalies", "notes", "reference", "usable",
      ])
    let rois = try #require(first["rois"] as? [String: Any])
    #expect(
      Set(rois.keys) == [
        "total", "without_points", "broken", "unassigned", "matched", "unmatched", "count_exact",
        "statistics_exact",
      ])
    let series = try #require(first["series"] as? [String: Any])
    #expect(Set(series.keys) == ["uid", "slices", "spacing_mm", "increment_mm"])
    let reference = try #require(first["reference"] as? [String: Any])
    #expect(Set(reference.keys) == ["agatston", "volume_mm3", "arteries"])
    let totals = try #require(json["totals"] as? [String: Any])
    #expect(
      Set(totals.keys) == ["subjects", "usable", "rois", "count_exact", "statistics_exact"])
    #expect(subjects[1]["series"] is NSNull)
    #expect((subjects[1]["rois"] as? [String: Any])?["statistics_exact"] is NSNull)
    let back = try JSONDecoder().decode(AuditReport.self, from: JSONFile.data(report))
    #expect(back.totals == report.totals)
  }
}
