// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// `cac evaluate` on tables written by hand.
@Suite struct `Evaluating tables` {
  private static let header =
    "patient_name,given_agatston,computed_agatston,given_vol,computed_vol,kernel\n"

  private static let rows: [(Double, Double)] = [
    (0, 0), (0, 15), (3, 2), (8, 12), (40, 35), (90, 110), (150, 140), (280, 310), (420, 380),
    (900, 930), (0, 0), (20, 22),
  ]

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, factor) in [("a/RESULT.csv", 1.0), ("b/RESULT.csv", 1.4)] {
      let file = folder.file(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      let body = Self.rows.enumerated().map { i, row in
        "s\(i),\(row.0),\(row.1 * factor),,,\(i % 2 == 0 ? "soft" : "sharp")\n"
      }
      try Data((Self.header + body.joined()).utf8).write(to: file)
    }
    return folder
  }

  private func run(_ line: String, in folder: TemporaryFolder) throws -> Cac.Outcome {
    try Cac.succeed(line.split(separator: " ").map(String.init), in: folder.url)
  }

  private func json(_ line: String, in folder: TemporaryFolder) throws -> [String: Any] {
    try Cohort.json(Data(run("evaluate \(line) --json", in: folder).out.utf8))
  }

  @Test func `gives BCa intervals of everyone, the same each time`() throws {
    let folder = try folder()
    let first = try json("a/RESULT.csv", in: folder)
    let options = try #require(first["options"] as? [String: Any])
    #expect(options["exclude_zero"] as? Bool == false)
    let bootstrap = try #require(options["bootstrap"] as? [String: Any])
    #expect(bootstrap["method"] as? String == "bca" && bootstrap["resamples"] as? Int == 10_000)
    for key in ["agatston", "classes", "held_out", "calcium_sensitivity", "missing_scores"] {
      #expect(first[key] != nil, "the key \(key)")
    }
    #expect((first["held_out"] as? [Any])?.count == 12)
    let again = try json("a/RESULT.csv", in: folder)
    #expect(NSDictionary(dictionary: first).isEqual(to: again))
    let table = try run("evaluate a/RESULT.csv", in: folder)
    for text in [
      "95 % BCa intervals of 10,000 bootstrap resamples, seed 0", "Passing-Bablok", "ICC(2,1)",
      "≥ 300", "Two or more classes apart\nsubject  reference  computed", "Class migration",
    ] { #expect(table.out.contains(text), "\(text)") }
  }

  @Test func `repeats the Erasmus study on request, and the report keeps to it`() throws {
    let folder = try folder()
    let result = try json("a/RESULT.csv --erasmus-protocol --out e", in: folder)
    #expect(result["excluded_zero"] as? [String] == ["s0", "s1", "s10"])
    let alias = try json("a/RESULT.csv --seed-protocol", in: folder)
    #expect(NSDictionary(dictionary: result).isEqual(to: alias))
    let pearson = try #require(
      (result["bootstrap"] as? [String: Any])?["pearson"] as? [String: Any])
    let interval = try #require(pearson["interval"] as? [String: Double])
    let (estimate, sd) = (pearson["estimate"] as? Double ?? 0, pearson["sd"] as? Double ?? 0)
    #expect(sd > 0 && pearson["resamples"] as? Int == 100)
    #expect(abs((interval["upper"] ?? 0) - min(1, estimate + sd)) < 1e-12)
    _ = try run("report e", in: folder)
    let page = try String(contentsOf: folder.file("e/report.html"), encoding: .utf8)
    #expect(page.contains("± 1 bootstrap standard deviation"))
    #expect(page.contains("reference score 0, left out on request"))
  }

  @Test func `warns of a misspelt column and names the one that it may have meant`() throws {
    let folder = try folder()
    try Data(
      (Self.header.dropLast(7) + "computed_LDA\ns0,1,2,,,3\ns1,4,5,,,6\ns2,0,0,,,0\n").utf8
    ).write(to: folder.file("odd.csv"))
    let outcome = try run("evaluate odd.csv --bootstrap 0", in: folder)
    #expect(
      outcome.err.contains(
        "warning: odd: not used, because this program does not know the column: "
          + "\"computed_LDA\" (did you mean computed_LAD?)"))
    let grouped = try run("evaluate a/RESULT.csv --by kernel --bootstrap 20", in: folder)
    #expect(!grouped.err.contains("does not know"))
  }

  @Test func `makes groups of a column of its own table or another`() throws {
    let folder = try folder()
    let own = try json("a/RESULT.csv --by kernel --bootstrap 200", in: folder)
    let subgroups = try #require(own["subgroups"] as? [[String: Any]])
    let groups = try #require(subgroups.first?["groups"] as? [[String: Any]])
    #expect(subgroups.count == 1 && subgroups[0]["column"] as? String == "kernel")
    #expect(groups.compactMap { $0["value"] as? String } == ["sharp", "soft"])
    #expect(groups.compactMap { $0["n"] as? Int } == [6, 6])
    try Data("patient_name,site\ns0,x\ns1,x\ns2,y\n".utf8).write(to: folder.file("sites.csv"))
    let other = try run(
      "evaluate a/RESULT.csv --by site --by-table sites.csv --bootstrap 200", in: folder)
    #expect(other.err.contains("warning: RESULT: in no group of site: s3, s4"))
    _ = try run("evaluate a/RESULT.csv --by kernel --bootstrap 200 --out e", in: folder)
    for file in ["subgroups.svg", "subgroups-bias.pdf"] {
      #expect(folder.url.allFiles.contains("e/\(file)"))
    }
    let svg = try String(contentsOf: folder.file("e/subgroups.svg"), encoding: .utf8)
    #expect(svg.contains("Subgroups by kernel. sharp: Spearman ρ 0."))
    let people = (0..<12).map { "s\($0),\($0 % 3 == 0 ? "F" : "M"),\($0 < 2 ? "100" : "120")\n" }
    try Data(("patient_name,sex,kilovolts\n" + people.joined()).utf8)
      .write(to: folder.file("people.csv"))
    let several = try run(
      "evaluate a/RESULT.csv b/RESULT.csv --by sex --by kilovolts --by-table people.csv "
        + "--bootstrap 200 --out several", in: folder)
    for text in [
      "a-RESULT: Subgroups by sex", "b-RESULT: Subgroups by kilovolts",
      "A group of fewer than three subjects cannot be resampled.",
    ] { #expect(several.out.contains(text), "\(text)") }
    for file in ["subgroups.svg", "subgroups-2.svg", "subgroups-2-bias.png"] {
      #expect(folder.url.allFiles.contains("several/b-RESULT/\(file)"), "\(file)")
    }
    _ = try run("report several", in: folder)
    let page = try String(contentsOf: folder.file("several/report.html"), encoding: .utf8)
    for text in ["Subgroups by sex", "Bias by kilovolts", "--by sex --by kilovolts"] {
      #expect(page.contains(text), "\(text)")
    }
    let missing = try Cac.run(["evaluate", "a/RESULT.csv", "--by", "age"], in: folder.url)
    #expect(missing.status == 1 && missing.complaints.count == 1)
    #expect(missing.err.contains("column age: the column is missing; there are patient_name"))
  }

  @Test func `joins tables whose ids a spreadsheet took the zeros from, and says so`() throws {
    let folder = try TemporaryFolder()
    func write(_ name: String, _ ids: [String]) throws {
      let body = zip(ids, Self.rows).map { "\($0),\($1.0),\($1.1),,,x\n" }
      try Data((Self.header + body.joined()).utf8).write(to: folder.file(name))
    }
    try write("a.csv", ["0001", "0002", "0003", "0004"])
    try write("b.csv", ["1", "2", "3", "4"])
    // "Gerät" in Windows-1252.
    let head = Data("patient_name;Ger".utf8) + [0xE4] + Data("t\n".utf8)
    try (head + Data("1;x\n2;x\n3;y\n4;y\n".utf8)).write(to: folder.file("sites.csv"))
    let both = try run(
      "evaluate a.csv b.csv --by Gerät --by-table sites.csv --bootstrap 100", in: folder)
    for warning in [
      "warning: a: in the table of subjects, 1 was taken for 0001",
      "warning: a: the table of subjects is not UTF-8; it was read as Windows-1252",
      "warning: b: in its table, 1 was taken for 0001, 2 was taken for 0002",
    ] { #expect(both.err.contains(warning), "\(both.err)") }
    #expect(!both.err.contains("in no group"))
    let geometry = Geometry(extent: Extent(slices: 2, rows: 4, columns: 4), spacing: [1, 1, 3])
    for name in ["reference", "out"] {
      try FileManager.default.createDirectory(
        at: folder.file(name), withIntermediateDirectories: false)
      try NIfTIFile.write(
        Volume(geometry: geometry, voxels: [UInt8](repeating: 1, count: 32)),
        to: folder.file("\(name)/0003.nii.gz"))
    }
    let masks = ["evaluate", "b.csv", "--bootstrap", "0", "--masks", "reference", "out"]
    let joined = try Cac.run(masks, in: folder.url)
    #expect(joined.err.contains("of the predicted masks, 3 was taken for 0003"), "\(joined.err)")
    #expect(joined.err.contains("because a mask is missing: 1, 2, 4"))
    try FileManager.default.copyItem(
      at: folder.file("out/0003.nii.gz"), to: folder.file("out/03.nii.gz"))
    let unclear = try Cac.run(masks, in: folder.url)
    #expect(unclear.status == 1 && unclear.err.contains("3 may be 0003 or 03"))
    try write("c.csv", ["01", "1", "3", "4"])
    let two = try Cac.run(["evaluate", "a.csv", "c.csv", "--bootstrap", "100"], in: folder.url)
    #expect(two.status == 1 && two.err.contains("0001 may be 01 or 1"))
  }

  @Test func `compares tables of one name, and names subjects that only one has`() throws {
    let folder = try folder()
    let both = try run(
      "evaluate a/RESULT.csv b/RESULT.csv --bootstrap 300 --out both", in: folder)
    #expect(both.out.contains("a-RESULT less b-RESULT") && both.out.contains("p by Holm"))
    #expect(folder.url.allFiles.contains("both/a-RESULT/RESULT.csv"))
    #expect(folder.url.allFiles.contains("both/b-RESULT/RESULT.csv"))
    let twice = try Cac.run(["evaluate", "a/RESULT.csv", "a/../a/RESULT.csv"], in: folder.url)
    #expect(twice.status == 1 && twice.err.contains("the table is given twice"))
    try Data((Self.header + "s0,1,2,,,\ns99,1,2,,,\n").utf8).write(to: folder.file("c.csv"))
    let odd = try Cac.run(["evaluate", "a/RESULT.csv", "c.csv", "--out", "odd"], in: folder.url)
    #expect(odd.status == 1 && odd.complaints.count == 1)
    #expect(odd.err.contains("only in RESULT: s1, s10") && odd.err.contains("only in c: s99"))
    #expect(!folder.url.allFiles.contains { $0.hasPrefix("odd") })
  }

  @Test func `warns where the references differ or nobody is healthy`() throws {
    let folder = try folder()
    let sick = Self.header + (0..<12).map { "s\($0),\($0 + 1),\($0 + 2),,,\n" }.joined()
    try Data(sick.utf8).write(to: folder.file("sick.csv"))
    let outcome = try run(
      "evaluate a/RESULT.csv sick.csv --bootstrap 100", in: folder)
    #expect(outcome.err.contains("warning: sick: no subject has a reference of 0"))
    #expect(
      outcome.err.contains(
        "RESULT: other references for the same subjects than sick: s0, s1"))
  }

  /// A report of prepared data with the subjects of `folder()`.
  private func report(
    training: Set<Int>, slices: String, fill: String, in folder: TemporaryFolder, as name: String
  ) throws {
    let subjects = (0..<12).map { i in
      [
        "id": "\(i)", "cases": ["s\(i)"], "slices": 40, "annotated_slices": 3, "findings": [],
        "test": !training.contains(i), "implicit_zero": false,
      ] as [String: Any]
    }
    let document: [String: Any] = [
      "dataset": "Dataset001_\(name)", "dimension": "3d", "labels": "calcium", "slices": slices,
      "contour_fill": fill, "subjects": subjects,
    ]
    try JSONSerialization.data(withJSONObject: document).write(to: folder.file("\(name).json"))
  }

  @Test func `warns of training subjects, slices never looked at and another fill`() throws {
    let folder = try folder()
    try report(training: [2, 7], slices: "annotated", fill: "exact", in: folder, as: "cohort")
    try report(training: [], slices: "all", fill: "seed", in: folder, as: "other")
    let own = try run(
      "evaluate a/RESULT.csv --bootstrap 0 --cohort cohort.json --out e", in: folder)
    #expect(
      own.err.contains(
        "2 of 12 subjects are training subjects of Dataset001_cohort, so the numbers are too good: "
          + "s2, s7"))
    #expect(own.err.contains("444 of 480 slices were never looked at"))
    #expect(!own.err.contains("contour fill"))
    let other = try run(
      "evaluate a/RESULT.csv --bootstrap 0 --cohort cohort.json --trained-on other.json",
      in: folder)
    #expect(other.err.contains("contour fill exact, but the model was trained on erasmus"))
    #expect(!other.err.contains("training subjects"))
    _ = try run("report e", in: folder)
    let page = try String(contentsOf: folder.file("e/report.html"), encoding: .utf8)
    #expect(page.contains("444 of 480 slices were never looked at"))
  }

  @Test func `warns of one person under two names`() throws {
    let folder = try folder()
    let rows = ["a,10,11,20,22", "b,300,280,410,400", "c,300,310,410,420", "d,0,0,0,0"]
    let header = Self.header.split(separator: ",").prefix(5).joined(separator: ",") + "\n"
    try Data((header + rows.joined(separator: "\n")).utf8).write(to: folder.file("twins.csv"))
    let outcome = try run("evaluate twins.csv --bootstrap 0", in: folder)
    #expect(outcome.err.contains("may be one person twice: b = c"))
  }

  @Test func `lists the commands that made a table, without the folders of the machine`() throws {
    let folder = try folder()
    func record(_ arguments: [String], _ file: String, earlier: [[String]] = []) throws {
      func one(_ arguments: [String]) -> [String: Any] {
        ["command": arguments[0], "arguments": arguments, "version": "0.1.0", "finished": ""]
      }
      var last = one(arguments)
      last["earlier"] = earlier.map(one)
      try JSONSerialization.data(withJSONObject: last).write(to: folder.file(file))
    }
    let masks = folder.file("masks").path
    // As earlier versions wrote it: with the names of files.
    let raw = "work/nnUNet_raw/Dataset501_COCA/imagesTs"
    try record(
      ["score", "alice/ct", "--mask", masks, "--csv=/home/alice/RESULT.csv", "--kv", "120"],
      "a/RESULT.csv.run.json",
      earlier: [
        ["predict", "nnUNetTrainer__nnUNetPlans__2d", raw, masks, "--folds", "0", "1", "--fast"]
      ])
    _ = try run("evaluate \(folder.file("a/RESULT.csv").path) --bootstrap 0 --out e", in: folder)
    _ = try run("report \(folder.file("e").path)", in: folder)
    let page = try String(contentsOf: folder.file("e/report.html"), encoding: .utf8)
    let lines = page.split(separator: "\n").map(String.init)
    let first = try #require(lines.firstIndex { $0.contains("cac predict") })
    #expect(
      lines[first].hasSuffix(
        "cac predict nnUNetTrainer__nnUNetPlans__2d …/nnUNet_raw/Dataset501_COCA/imagesTs … "
          + "--folds 0 1 --fast"))
    #expect(lines[first + 1] == "cac score … --mask … --csv=…/RESULT.csv --kv 120")
    #expect(lines[first + 2].hasPrefix("cac evaluate …/RESULT.csv --bootstrap 0 --out …"))
    #expect(lines[first + 3].contains("cac report"))
    let copied = try String(contentsOf: folder.file("e/evaluation.json.run.json"), encoding: .utf8)
    #expect(!copied.contains("alice") && copied.contains("imagesTs"))
    #expect(!page.contains("alice") && !page.contains(folder.url.path))
  }

  @Test func `keeps no name in the record beside its output`() throws {
    let folder = try folder()
    let patientFolder = folder.file("DOE_JANE 19710203")
    try FileManager.default.moveItem(at: folder.file("a"), to: patientFolder)
    let table = patientFolder.appendingPathComponent("RESULT.csv")
    // A blank row, which a copy would not have.
    let before = try Data(contentsOf: table) + Data(",,\n".utf8)
    try before.write(to: table)
    _ = try Cac.succeed(
      [
        "evaluate", "DOE_JANE 19710203/RESULT.csv", "--bootstrap", "0", "--out", patientFolder.path,
      ],
      in: folder.url)
    let record = try Cohort.json(
      Data(contentsOf: patientFolder.appendingPathComponent("evaluation.json.run.json")))
    #expect(
      record["arguments"] as? [String]
        == ["evaluate", "…/RESULT.csv", "--bootstrap", "0", "--out", "…"])
    // The table that was evaluated stays as it was where its copy would lie.
    #expect(try Data(contentsOf: table) == before)
  }

  @Test(arguments: [
    "DOE^JANE", "DOE_JANE/ct", "patients/DOE_JANE.nii.gz", "../DOE-JANE", "~doe/jane.csv",
    "--mask=jane/doe.nii", "--csv jane.csv", "--series 1.2.840.19710203", "--mask doe",
    "19710203", "--kv 120 197", "-- --jane", "Dataset5_doe", "fold_doe", "--fast jane",
    "--folds 0 jane 1971",
  ])
  func `shows no name that a file may have`(line: String) throws {
    let folder = try folder()
    let arguments = ["score"] + line.split(separator: " ").map(String.init)
    try JSONSerialization.data(
      withJSONObject: [
        "command": "score", "arguments": arguments, "version": "0.1.0", "finished": "",
      ]
    ).write(to: folder.file("a/RESULT.csv.run.json"))
    _ = try run("evaluate a/RESULT.csv --bootstrap 0 --out e", in: folder)
    _ = try run("report e", in: folder)
    let page = try String(contentsOf: folder.file("e/report.html"), encoding: .utf8)
    let shown = try #require(page.split(separator: "\n").first { $0.contains("cac score ") })
    #expect(shown.contains("…"))
    for name in ["doe", "jane", "197"] { #expect(!shown.lowercased().contains(name), "\(shown)") }
  }

  @Test func `counts lesions of masks and shows two models on one page`() async throws {
    _ = try await Cohort.score.value
    let folder = Cohort.folder
    let table = try String(contentsOf: folder.at("RESULT.csv"), encoding: .utf8)
    try Data(table.utf8).write(to: folder.at("again.csv"))
    let labels = Cohort.raw.path + "/labelsTs"
    func cac(_ line: String) throws -> Cac.Outcome {
      try Cac.run(line.split(separator: " ").map(String.init), in: folder)
    }
    // The reference's masks as the second model's: all is found.
    let both = try cac(
      "evaluate RESULT.csv again.csv --bootstrap 200 --out two --masks \(labels) predictions \(labels)"
    )
    #expect(both.status == 0)
    for text in ["again: Lesions by size", "Overlap of voxels", "RESULT less again"] {
      #expect(both.out.contains(text), "\(text)")
    }
    let models = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: folder.at("two/evaluation.json")))
        as? [[String: Any]])
    let lesions = try #require(models[1]["lesions"] as? [String: Any])
    #expect(lesions["pooled_dice"] as? Double == 1 && lesions["scans"] as? Int == 3)
    #expect(folder.allFiles.contains("two/again/lesions-by-size.pdf"))
    let page = try cac(
      "report two --images \(Cohort.raw.path)/imagesTs --reference \(labels) "
        + "--prediction predictions \(labels) --worst 1")
    #expect(page.status == 0)
    let html = try String(contentsOf: folder.at("two/report.html"), encoding: .utf8)
    for text in [
      "Models side by side", "Model again", "Held-out subjects, RESULT", "Class migration",
      "Lesions by size", "Free response", "Deming, slope",
    ] { #expect(html.contains(text), "\(text)") }
    // Wrong use, in one sentence each.
    let few = try cac("evaluate RESULT.csv --masks \(labels)")
    #expect(few.status == 2 && few.err.contains("--masks needs the folder of the reference"))
    let bare = try cac(
      "evaluate RESULT.csv --bootstrap 0 --masks \(labels) predictions --probabilities predictions")
    #expect(bare.status == 1 && bare.err.contains("write one for each subject with: cac predict"))
    let strange = try cac("evaluate RESULT.csv --bootstrap 0 --masks \(labels) cohort")
    #expect(strange.status == 1 && strange.err.contains("no subject of the table has a mask"))
    // An evaluation of a version that did not say what its curve ranks by.
    let file = folder.at("two/evaluation.json")
    let key = #""free_response_ranked_by""#
    let now = try String(contentsOf: file, encoding: .utf8)
    try FileManager.default.createDirectory(
      at: folder.at("former"), withIntermediateDirectories: true)
    try Data(now.replacing(key, with: #""unknown""#).utf8).write(
      to: folder.at("former/evaluation.json"))
    let former = try cac("report former")
    #expect(now.contains(key) && former.status == 1 && former.complaints.count == 1)
    #expect(former.err.contains("run cac evaluate again"), "\(former.err)")
    let page1 = try cac("report two --prediction predictions")
    #expect(page1.status == 1 && page1.err.contains("1 folder of predicted masks for 2"))
  }

  @Test func `shows each artery of a table that has them`() async throws {
    let folder = Cohort.folder
    var lines = ["patient_name,given_agatston,computed_agatston,given_vol,computed_vol"]
    lines[0] += ["LM", "LAD", "LCX", "RCA"].map { ",given_\($0),computed_\($0)" }.joined()
    // The LAD's calcium of the last subject is given to the LCX.
    lines += [
      "s1,0,0,0,0,0,0,0,0,0,0,0,0", "s2,40,30,9,7,0,0,40,30,0,0,0,0",
      "s3,100,90,20,18,0,0,60,50,0,0,40,40", "s4,80,70,15,14,0,0,80,0,0,70,0,0",
    ]
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: folder.at("vessels.csv"))
    let shown = try Cac.run(
      ["evaluate", "vessels.csv", "--bootstrap", "50", "--out", "vessels"], in: folder)
    #expect(shown.status == 0, "\(shown.err)")
    let rows = shown.out.split(separator: "\n")
    let title = try #require(rows.firstIndex { $0.contains("Arteries with calcium") })
    let anterior = try #require(rows[title...].first { $0.hasPrefix("LAD") })
    #expect(anterior.contains("3 | 1") && anterior.contains("66.7 % [20.8 to 93.9]"), "\(anterior)")
    #expect(folder.allFiles.contains("vessels/scatter-lad.svg"))
    try Cac.succeed(["report", "vessels"], in: folder)
    let html = try String(contentsOf: folder.at("vessels/report.html"), encoding: .utf8)
    for text in ["Agatston score, LCX", "Scores of this artery alone", "Calcified arteries"] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(html.contains("table counts") && !html.contains("Arteries of the lesions"))
  }
}
