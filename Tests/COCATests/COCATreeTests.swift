// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `A COCA tree` {
  private func tree(_ files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in files { try StagedFile.write("x", to: folder.file(file)) }
    return folder
  }

  static let release = [
    "calcium_xml/0.xml", "calcium_xml/10.xml", "calcium_xml/2.xml", "calcium_xml/.DS_Store",
    "calcium_xml/._2.xml", "calcium_xml/read me.txt",
    "patient/2/Pro_Gated_CS_3.0_I30f_3_70%/IM-0001.dcm", "patient/3/a/1", "patient/3/b/1",
    "patient/.DS_Store", "patient/10/10/1.dcm",
  ]

  @Test(arguments: [
    "", "Gated_release_final/", "Gated_release_final/Gated_release_final/",
    "x/Gated_release_final/",
  ])
  func `the release is found wherever its folders lie`(prefix: String) throws {
    let folder = try tree(Self.release.map { prefix + $0 } + ["__MACOSX/calcium_xml/2.xml"])
    let subjects = try COCATree.discover(folder.url)
    #expect(subjects.map(\.id) == ["0", "2", "3", "10"])
    #expect(subjects.map { $0.annotation?.lastPathComponent } == ["0.xml", "2.xml", nil, "10.xml"])
    #expect(subjects.map { $0.dicomFolder?.lastPathComponent } == [nil, "2", "3", "10"])
    #expect(
      subjects.map(\.seriesFolders)
        == [[], ["Pro_Gated_CS_3.0_I30f_3_70%"], ["a", "b"], ["10"]])
  }

  @Test func `one of the two folders is enough`() throws {
    let folder = try tree(Self.release)
    #expect(
      try COCATree.discover(folder.file("calcium_xml")).map(\.id) == ["0", "2", "10"])
    #expect(try COCATree.discover(folder.file("patient")).map(\.id) == ["2", "3", "10"])
  }

  @Test func `plain folders of annotations and of subjects are accepted`() throws {
    let folder = try tree(
      ["7.xml", "12/1.dcm", "7/7/1", "docs/empty/", "notes.txt"].map {
        $0.hasSuffix("/") ? $0 + ".keep" : $0
      })
    let subjects = try COCATree.discover(folder.url)
    #expect(subjects.map(\.id) == ["7", "12"])
    #expect(subjects.map(\.seriesFolders) == [["7"], [""]])
  }

  @Test func `the gated release is taken where the other one lies beside it`() throws {
    let folder = try tree(
      Self.release.map { "Gated_release_final/" + $0 } + ["deidentified_nongated/2/2/1.dcm"])
    #expect(try COCATree.discover(folder.url).map(\.id) == ["0", "2", "3", "10"])
  }

  @Test func `a subject at two places is an error that names both`() throws {
    let folder = try tree(["a/calcium_xml/5.xml", "b/calcium_xml/5.xml"])
    let error = try #require(throws: COCAError.self) { try COCATree.discover(folder.url) }
    #expect(error.code == .duplicateSubject)
    #expect(error.description.contains("a/calcium_xml/5.xml"))
    #expect(error.description.contains("b/calcium_xml/5.xml"))
  }

  @Test func `nothing found says what was sought`() throws {
    let folder = try tree(["readme.md"])
    let error = try #require(throws: COCAError.self) { try COCATree.discover(folder.url) }
    #expect(error.code == .nothingFound)
    #expect(error.detail.contains("calcium_xml/<id>.xml"))
    #expect(throws: COCAError.self) { try COCATree.discover(folder.file("missing")) }
  }

  @Test func `ids are in the order of their numbers and names follow`() {
    let ids = ["b", "10", "9", "007", "7", "a", "99999999999999999999999", "0"]
    #expect(
      ids.sorted(by: COCATree.precedes)
        == ["0", "7", "007", "9", "10", "99999999999999999999999", "a", "b"])
  }
}

@Suite struct `A test split` {
  private let known = (0..<50).map(String.init)

  @Test(arguments: [
    "3\n1\n\n 40 \r\n3\n", "[3, \"1\", 40]", "\u{FEFF}1\n3\n40", "\u{FEFF}[1, 3, 40]",
    "Patient Name\n1\n3\n40",
    "1;;\r;;\r3;;\r40;;\r", "sep=;\r\nage;subject;\r\n7;1;\r\n8;\"3\";\r\n9;\u{A0}40;\r\n",
  ])
  func `a list of ids is read in any form`(text: String) throws {
    let folder = try TemporaryFolder()
    try StagedFile.write(text, to: folder.file("ids"))
    let ids = try TestSplit.ids(from: folder.file("ids"), known: known)
    #expect(ids.ids == ["1", "3", "40"] && ids.notes.isEmpty)
    try #require(text.data(using: .utf16)).write(to: folder.file("wide"))
    let wide = try TestSplit.ids(from: folder.file("wide"), known: known)
    #expect(wide.ids == ["1", "3", "40"])
  }

  @Test(arguments: [
    ("3\n77\n1\nabc\n", "lists 2 subjects that the data set does not have: 77, abc"),
    ("[3, 77]", "lists a subject that the data set does not have: 77"),
    (
      "1\n3,40\n",
      "row 2 holds 2 values; give one id a line, or a header that calls the column of the ids "
        + "patient_name"
    ),
    ("id,age\n,3\n", "row 2 has no id; fill it in or remove the row"),
    ("\n\n", "lists no subject"), ("[]", "lists no subject"),
  ])
  func `unknown ids and an empty list are errors`(text: String, detail: String) throws {
    let folder = try TemporaryFolder()
    try StagedFile.write(text, to: folder.file("ids"))
    let error = try #require(throws: COCAError.self) {
      try TestSplit.ids(from: folder.file("ids"), known: known)
    }
    #expect(error.detail == detail)
  }

  @Test(arguments: ["12\n7\n", "id;age\n12;50\n7;60\n", "[12, 7]"])
  func `finds ids without the zeros that a spreadsheet dropped, and says so`(text: String) throws {
    let folder = try TemporaryFolder()
    try StagedFile.write(text, to: folder.file("ids"))
    let found = try TestSplit.ids(from: folder.file("ids"), known: ["0007", "0012", "0013"])
    #expect(found.ids == ["0007", "0012"])
    #expect(
      found.notes == [
        "in the list of test subjects, 12 was taken for 0012, 7 was taken for 0007, since "
          + "spreadsheets drop the zeros before a number"
      ])
    let error = try #require(throws: COCAError.self) {
      try TestSplit.ids(from: folder.file("ids"), known: ["7", "012", "0012"])
    }
    #expect(error.detail.contains("12 may be 0012 or 012"))
  }

  @Test func `reads ids in Windows-1252, and says that it was guessed`() throws {
    let folder = try TemporaryFolder()
    try Data([0x4D, 0xFC, 0x0D, 0x0A]).write(to: folder.file("ids"))
    let found = try TestSplit.ids(from: folder.file("ids"), known: ["Mü"])
    #expect(found.ids == ["Mü"] && found.notes.count == 1)
    #expect(found.notes[0].hasPrefix("the list of test subjects is not UTF-8"))
  }

  @Test func `each class gives its share and the sum is the fraction of all`() throws {
    // COCA's own class sizes.
    let sizes: [(FiveClassRisk, Int)] = [
      (.veryLow, 8), (.low, 60), (.moderate, 150), (.moderatelyHigh, 104), (.high, 122),
    ]
    var subjects: [(id: String, riskClass: FiveClassRisk)] = []
    for (riskClass, count) in sizes {
      for _ in 0..<count { subjects.append(("\(subjects.count)", riskClass)) }
    }
    for fraction in [0.0, 0.1, 0.2, 0.5, 0.9] {
      var random = SplitMix64(seed: 4)
      let test = try TestSplit.stratified(subjects, fraction: fraction, using: &random)
      #expect(test.count == Int((fraction * 444).rounded()))
      #expect(Set(test).count == test.count)
      for (riskClass, count) in sizes {
        let chosen = subjects.count { test.contains($0.id) && $0.riskClass == riskClass }
        #expect(abs(Double(chosen) - fraction * Double(count)) < 1)
      }
    }
  }

  @Test func `the seed decides and every subject can be drawn`() throws {
    let subjects = known.map { (id: $0, riskClass: FiveClassRisk.low) }
    func split(_ seed: UInt64) throws -> [String] {
      var random = SplitMix64(seed: seed)
      return try TestSplit.stratified(subjects, fraction: 0.2, using: &random)
    }
    #expect(try split(1) == split(1))
    #expect(try split(1) != split(2))
    #expect(try Set((0..<60).flatMap { try split($0) }).count == 50)
  }

  @Test(arguments: [-0.1, 1, 1.5, .nan])
  func `a number that is no fraction is refused`(fraction: Double) {
    var random = SplitMix64(seed: 1)
    let error = #expect(throws: COCAError.self) {
      try TestSplit.stratified([], fraction: fraction, using: &random)
    }
    #expect(error?.code == .parameter)
  }
}
