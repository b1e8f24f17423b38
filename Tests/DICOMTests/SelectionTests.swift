// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing

/// A series of a study as a scanner sends it, to be changed in one point.
struct SampleSeries: Sendable {
  var uid: String
  var count = 44
  var step = 3.0
  var change: @Sendable (inout SampleSlice) -> Void = { _ in }

  /// The slices: axial, 3 mm, 120 kV, a small field of view.
  var slices: [SampleSlice] {
    (0..<count).map { i in
      SampleSlice(series: uid, number: i + 1, z: Double(i) * step).with {
        $0.set(0x08, 0x08, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
        $0.set(0x08, 0x103E, "LO", "Nobody 4711")
        $0.set(0x18, 0x1210, "SH", "B35f")
        $0.set(0x20, 0x0D, "UI", "1.2.77")
        change(&$0)
      }
    }
  }
}

@Suite struct `Of several series` {
  func select(_ series: [SampleSeries], names: [String] = []) throws -> SeriesSelection {
    let folder = try TemporaryFolder()
    for one in series { try folder.write(one.slices, prefix: one.uid) }
    return SeriesSelection(try DICOMCatalogue.scan(folder.url), names: names)
  }

  struct Rival: Sendable, CustomTestStringConvertible {
    let rule: SeriesRule
    let reason: String
    let series: SampleSeries
    var testDescription: String { reason }

    init(
      _ rule: SeriesRule, _ reason: String, count: Int = 44, step: Double = 3,
      _ change: @escaping @Sendable (inout SampleSlice) -> Void = { _ in }
    ) {
      (self.rule, self.reason) = (rule, reason)
      series = SampleSeries(uid: "1.2.1", count: count, step: step, change: change)
    }

    static let all = [
      Rival(.notCT, "is a localizer (scout)") {
        $0.set(0x08, 0x08, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER")
      },
      Rival(.notCT, "is a dose report") {
        $0.set(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.88.67")
      },
      Rival(.projection, "is a projection or computed from other slices") {
        $0.set(0x08, 0x08, "CS", "DERIVED\\SECONDARY\\AXIAL\\CT_SOM5 MIP")
      },
      Rival(.tooShort, "covers 15 mm in 5 slices; a heart takes 60 mm and more", count: 5),
      Rival(.notAxial, "its slices are 90 degrees off the axial plane") { slice in
        let z = slice.text(0x20, 0x32).split(separator: "\\").last.map(String.init) ?? ""
        slice.set(0x20, 0x37, "DS", "1\\0\\0\\0\\0\\-1")
        slice.set(0x20, 0x32, "DS", "0\\\(z)\\0")
      },
      Rival(.contrast, "a contrast agent was given") { $0.set(0x18, 0x10, "LO", "Iopromid") },
      Rival(.derived, "is derived or secondary; another one is original") {
        $0.set(0x08, 0x08, "CS", "DERIVED\\PRIMARY\\AXIAL")
      },
      Rival(
        .thickness, "slices of 1 mm every 0.7 mm; another one has 2.5 to 3 mm", count: 120,
        step: 0.7
      ) { $0.set(0x18, 0x50, "DS", "1") },
      Rival(.sharpKernel, "the kernel B70f is sharp; that of another one is not") {
        $0.set(0x18, 0x1210, "SH", "B70f")
      },
      Rival(.sharpKernel, "the kernel LUNG is sharp; that of another one is not") {
        $0.set(0x18, 0x1210, "SH", "LUNG")
      },
      Rival(.kernel, "the kernel is I30f; another one has a kernel for calcium scoring") {
        $0.set(0x18, 0x1210, "SH", "I30f\\3")
      },
      Rival(
        .increment,
        "slices of 3 mm every 2.5 mm; those of another one neither overlap nor leave gaps",
        step: 2.5),
      Rival(.voltage, "was taken at 100 kV; another one at 120 kV") {
        $0.set(0x18, 0x60, "DS", "100")
      },
      Rival(.fieldOfView, "shows 360 mm; another one at most 300 mm") {
        $0.set(0x28, 0x30, "DS", "90\\0.4")
      },
    ]
  }

  @Test(arguments: Rival.all)
  func `the one for calcium scoring is kept and the rule is named`(rival: Rival) throws {
    let good = SampleSeries(uid: "1.2.2")
    let selection = try select([rival.series, good])
    #expect(try selection.result.get().uid == "1.2.2")
    let kept = try #require(selection.decisions.first)
    #expect(kept.isKept)
    #expect(kept.rule == (rival.rule == .notCT ? .only : rival.rule))
    let dropped = try #require(selection.decisions.last)
    #expect(selection.decisions.count == 2)
    #expect(!dropped.isKept)
    #expect(dropped.id == "1.2.1")
    #expect(dropped.rule == rival.rule)
    #expect(dropped.reason == rival.reason)
    #expect(selection.objections == [])
    #expect(!selection.decisions.map(\.description).joined().contains("4711"))
    // A name overrides every rule, but for what is no CT at all.
    if rival.rule != .notCT {
      let named = try select([rival.series, good], names: ["1.2.1"])
      #expect(try named.result.get().uid == "1.2.1")
      #expect(named.decisions.map(\.rule) == [.named, .named])
    }
  }

  @Test(arguments: [("CaScore 3.0", true), ("Calcium Scoring", true), ("Thorax", false)])
  func `one that is described as calcium scoring wins over the original`(
    description: String, wins: Bool
  ) throws {
    let described = SampleSeries(uid: "1.2.1") {
      $0.set(0x08, 0x08, "CS", "DERIVED\\PRIMARY\\AXIAL")
      $0.set(0x08, 0x103E, "LO", description)
    }
    let selection = try select([described, SampleSeries(uid: "1.2.2")])
    #expect(try selection.result.get().uid == (wins ? "1.2.1" : "1.2.2"))
    #expect(selection.decisions[0].rule == (wins ? .calciumScoring : .derived))
  }

  @Test func `equal ones are refused and listed`() throws {
    let selection = try select([
      SampleSeries(uid: "1.2.1"), SampleSeries(uid: "1.2.2"),
      SampleSeries(uid: "1.2.3") { $0.set(0x18, 0x1210, "SH", "B70f") },
    ])
    let error = try #require(throws: DICOMError.self) { try selection.result.get() }
    #expect(error.code == .severalSeries)
    #expect(
      error.detail
        == "holds 2 CT series that are equally fit for calcium scoring; name one by --series: "
        + "1.2.1: 44 slices of 4×5, pixels of 0.4×0.5 mm, every 3 mm; "
        + "1.2.2: 44 slices of 4×5, pixels of 0.4×0.5 mm, every 3 mm")
    #expect(selection.decisions.map(\.rule) == [.sharpKernel, .tie, .tie])
    #expect(selection.decisions.allSatisfy { !$0.isKept })
  }

  @Test func `none fit means none kept`() throws {
    let selection = try select([
      SampleSeries(uid: "1.2.1") { $0.set(0x18, 0x10, "LO", "Iopromid") },
      SampleSeries(uid: "1.2.2", count: 3),
    ])
    let error = try #require(throws: DICOMError.self) { try selection.result.get() }
    #expect(error.detail.contains("2 CT series, none fit for calcium scoring"))
    #expect(error.detail.contains("dropped 1.2.2: 3 slices"))
    #expect(selection.decisions.map(\.rule) == [.tooShort, .contrast])
  }

  @Test func `those of two studies are never chosen among`() throws {
    let selection = try select([
      SampleSeries(uid: "1.2.1"),
      SampleSeries(uid: "1.2.2") {
        $0.set(0x20, 0x0D, "UI", "1.2.78")
        $0.set(0x18, 0x1210, "SH", "B70f")
      },
    ])
    let error = try #require(throws: DICOMError.self) { try selection.result.get() }
    #expect(error.detail.hasPrefix("holds 2 CT series of 2 studies; put the files of each study"))
    #expect(!error.detail.contains("1.2.77"))
    let many = try select(
      (0..<8).map { i in SampleSeries(uid: "1.3.\(i)") { $0.set(0x20, 0x0D, "UI", "1.2.8\(i)") } })
    let long = try #require(throws: DICOMError.self) { try many.result.get() }
    #expect(long.detail.hasSuffix("; and 3 more"), "\(long)")
  }

  @Test func `one that is asked for and not there is refused`() throws {
    let selection = try select([SampleSeries(uid: "1.2.1", count: 4)], names: ["1.2.5"])
    let error = try #require(throws: DICOMError.self) { try selection.result.get() }
    #expect(error.code == .unknownSeries)
    #expect(error.detail.hasPrefix("holds no CT series 1.2.5; it holds 1.2.1: 4 slices"))
  }

  @Test func `the only one is kept, with what speaks against it`() throws {
    let selection = try select([
      SampleSeries(uid: "1.2.1", count: 3) { $0.set(0x18, 0x10, "LO", "Iopromid") }
    ])
    #expect(try selection.result.get().uid == "1.2.1")
    #expect(selection.decisions.map(\.rule) == [.only])
    #expect(selection.objections == ["a contrast agent was given"])
  }

  @Test func `mixed pixel sizes of one are refused with the figures`() throws {
    let selection = try select([
      SampleSeries(uid: "1.2.1"),
      SampleSeries(uid: "1.2.1", count: 2) {
        $0.set(0x28, 0x30, "DS", "0.5\\0.45")
        $0.set(0x08, 0x18, "UI", "1.9.\($0.text(0x20, 0x13))")
      },
    ])
    let error = try #require(throws: DICOMError.self) { try selection.result.get() }
    #expect(error.code == .unevenSpacing)
    #expect(error.subject == "series 1.2.1")
    #expect(
      error.detail.hasPrefix(
        "mixes slices of different pixel sizes: 44 of 0.4×0.5 mm, 2 of 0.45×0.5 mm; export one series"
      ))
  }

  @Test func `the choice does not depend on the order or the names of files`() throws {
    let series = Rival.all.enumerated().map { i, rival in
      var one = rival.series
      one.uid = "1.2.\(10 + i)"
      return one
    }
    let all = series + [SampleSeries(uid: "1.2.2")]
    let selection = try select(all)
    #expect(try selection.result.get().uid == "1.2.2")
    #expect(selection.decisions.count == all.count)
    #expect(try select(all.reversed()).decisions == selection.decisions)
  }
}
