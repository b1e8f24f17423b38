// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `Preprocessing of raw data` {
  /// The small data set, planned.
  private func planned(_ root: TemporaryFolder, _ more: [String] = []) throws -> URL {
    let raw = try RawFault.make(in: root.url)
    try Cac.succeed(["plan", "1", "--samples", "1000"] + more, in: root.url)
    return raw
  }

  private func made(_ root: TemporaryFolder) -> URL {
    root.file("nnUNet_preprocessed/Dataset001_Test")
  }

  /// Name and content of every case of a folder, and what tells its file from others.
  private func cases(_ folder: URL) throws -> [String: (bytes: Data, file: UInt64)] {
    let names = try Folder.names(in: folder).filter { $0.hasSuffix(".case") }
    return Dictionary(
      uniqueKeysWithValues: try names.map {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.at($0).path)
        let number = attributes[.systemFileNumber] as? UInt64 ?? 0
        return ($0, (try Data(contentsOf: folder.at($0)), number))
      })
  }

  @Test func `for two configurations at once gives what each gives alone`() throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    _ = try planned(one)
    _ = try planned(two)
    try Cac.succeed(["preprocess", "1", "-c", "2d", "3d_fullres"], in: one.url)
    try Cac.succeed(["preprocess", "1", "-c", "2d"], in: two.url)
    try Cac.succeed(["preprocess", "1", "-c", "3d_fullres"], in: two.url)
    var folders: [[String: (bytes: Data, file: UInt64)]] = []
    for name in ["nnUNetPlans_2d", "nnUNetPlans_3d_fullres"] {
      let (a, b) = (try cases(made(one).at(name)), try cases(made(two).at(name)))
      #expect(Set(a.keys) == ["a.case", "b.case"])
      #expect(a.mapValues(\.bytes) == b.mapValues(\.bytes))
      folders.append(a)
    }
    // All slices are as far apart as the plan's, so both grids are one, and so are the files.
    #expect(folders[0].mapValues(\.file) == folders[1].mapValues(\.file))
  }

  @Test func `keeps the label maps for the evaluation, newer ones only`() throws {
    let root = try TemporaryFolder()
    let raw = try planned(root)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    let copy = made(root).at("gt_segmentations/a.nii.gz")
    #expect(try Data(contentsOf: copy) == Data(contentsOf: raw.at("labelsTr/a.nii.gz")))
    try Data("mine".utf8).write(to: copy)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    #expect(try Data(contentsOf: copy) == Data("mine".utf8))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: 60)],
      ofItemAtPath: raw.at("labelsTr/a.nii.gz").path)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    #expect(try Data(contentsOf: copy) == Data(contentsOf: raw.at("labelsTr/a.nii.gz")))
  }

  @Test func `by plans that share a folder keeps cases of equal settings and no others`() throws {
    let root = try TemporaryFolder()
    _ = try planned(root)
    let residual = ["preprocess", "1", "--plans", "nnUNetResEncUNetMPlans", "-c", "2d"]
    let refused = try Cac.run(residual, in: root.url)
    #expect(
      refused.status == 1 && refused.err.contains("cac plan Dataset001_Test --planner resenc-m"))
    try Cac.succeed(["preprocess", "1"], in: root.url)
    let first = try cases(made(root).at("nnUNetPlans_2d"))
    try Cac.succeed(["plan", "1", "--samples", "1000", "--planner", "resenc-m"], in: root.url)
    try Cac.succeed(residual, in: root.url)
    let second = try cases(made(root).at("nnUNetPlans_2d"))
    #expect(second.mapValues(\.file) == first.mapValues(\.file))
    // Another window normalises otherwise; a case of the old settings must not stay.
    try Cac.succeed(
      ["plan", "1", "--samples", "1000", "--planner", "resenc-m", "--ct-window=-100:300"],
      in: root.url)
    try Cac.succeed(residual, in: root.url)
    let third = try cases(made(root).at("nnUNetPlans_2d"))
    #expect(third["a.case"]?.bytes != first["a.case"]?.bytes)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    #expect(
      try cases(made(root).at("nnUNetPlans_2d")).mapValues(\.bytes) == first.mapValues(\.bytes))
  }

  @Test func `goes on where it was interrupted, and drops what is half-written or gone`() throws {
    let root = try TemporaryFolder()
    let raw = try planned(root)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    let folder = made(root).at("nnUNetPlans_2d")
    let before = try cases(folder)
    try FileManager.default.removeItem(at: folder.at("b.case"))
    try Data("half".utf8).write(to: folder.at(".staged-1-2-b.case"))
    try Data("old".utf8).write(to: folder.at("z.case"))
    try Cac.succeed(["preprocess", "1"], in: root.url)
    let after = try cases(folder)
    #expect(after.mapValues(\.bytes) == before.mapValues(\.bytes))
    #expect(after["a.case"]?.file == before["a.case"]?.file)
    #expect(root.url.stagedNames == [])
    // A case whose image is newer is made again.
    try RawFault.write(raw, "imagesTr/a_0000.nii.gz") { Float($0 % 13) }
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: 60)],
      ofItemAtPath: raw.at("imagesTr/a_0000.nii.gz").path)
    try Cac.succeed(["preprocess", "1"], in: root.url)
    #expect(try cases(folder)["a.case"]?.bytes != before["a.case"]?.bytes)
  }

  /// Rewrites the plans, which lie among the preprocessed data.
  private static func plans(_ text: String, as other: String) -> @Sendable (URL) throws -> Void {
    { raw in
      let file = raw.at("../../nnUNet_preprocessed/Dataset001_Test/nnUNetPlans.json")
      let content = try String(contentsOf: file, encoding: .utf8)
      #expect(content.contains(text))
      try content.replacingOccurrences(of: text, with: other)
        .write(to: file, atomically: false, encoding: .utf8)
    }
  }

  static let faults: [RawFault] = [
    RawFault("a voxel that is no number", says: "b: channel 1 holds inf", "slice 0, row 0") {
      try RawFault.write($0, "imagesTr/b_0001.nii.gz") { $0 == 3 ? .infinity : 1 }
    },
    RawFault("a label that is not declared", says: "b: the label map holds 2", "declare") {
      try RawFault.write($0, "labelsTr/b.nii.gz") { $0 == 7 ? 2 : 0 }
    },
    RawFault("a label that is no whole number", says: "b: the label map holds 0.5") {
      try RawFault.write($0, "labelsTr/b.nii.gz") { $0 == 7 ? 0.5 : 0 }
    },
    RawFault(
      "a channel missing", says: "case b", "b_0001.nii.gz",
      spoil: RawFault.remove("imagesTr/b_0001.nii.gz")),
    RawFault(
      "a label map missing", says: "case b", "no label map",
      spoil: RawFault.remove("labelsTr/b.nii.gz")),
    RawFault("channels of different spacing", says: "b: channel 1 has the spacing") {
      try RawFault.write($0, "imagesTr/b_0001.nii.gz", spacing: [1, 1, 2.1]) { _ in 1 }
    },
    RawFault("an image that was cut off", says: "b_0000.nii.gz", "truncated") {
      let file = $0.at("imagesTr/b_0000.nii.gz")
      try Data(contentsOf: file).dropLast(20).write(to: file)
    },
    RawFault(
      "an unknown normalisation", says: "HistogramNormalization is not supported",
      "ZScoreNormalization",
      spoil: plans("\"ZScoreNormalization\"", as: "\"HistogramNormalization\"")),
    RawFault(
      "an unknown resampling", says: "resample_torch_fornnunet is not supported",
      spoil: plans("\"resample_data_or_seg_to_shape\"", as: "\"resample_torch_fornnunet\"")),
    RawFault(
      "an unknown preprocessor", says: "MyPreprocessor is not supported",
      spoil: plans("\"DefaultPreprocessor\"", as: "\"MyPreprocessor\"")),
  ]

  @Test(arguments: faults) func `refuses it in one sentence that names the fault`(fault: RawFault)
    throws
  {
    let root = try TemporaryFolder()
    try fault.spoil(planned(root))
    let outcome = try Cac.run(["preprocess", "1", "--jobs", "1"], in: root.url)
    #expect(outcome.status == 1 && outcome.complaints.count == 1)
    for word in fault.words {
      #expect(outcome.complaints.first?.contains(word) == true, "\(outcome.err)")
    }
    #expect(root.url.stagedNames == [])
  }

  @Test func `of a part needs the memory of its own cases`() throws {
    let root = try TemporaryFolder()
    let raw = try RawFault.make(in: root.url)
    for name in ["imagesTr/b_0000", "imagesTr/b_0001"] {
      try RawFault.write(raw, "\(name).nii.gz", rows: 200) { Float($0 % 17) }
    }
    try RawFault.write(raw, "labelsTr/b.nii.gz", rows: 200) { $0 % 3 == 0 ? 1 : 0 }
    try Cac.succeed(["plan", "1", "--samples", "1000"], in: root.url)
    for (part, status) in [(0, 0), (1, 1)] {
      let outcome = try Cac.run(
        ["preprocess", "1", "--parts", "2", "--part", "\(part)"], in: root.url,
        launcher: ["/usr/bin/env", "CAC_MEMORY_LIMIT=200000"])
      #expect(outcome.status == Int32(status), "\(outcome.err)")
    }
    #expect(try Set(cases(made(root).at("nnUNetPlans_2d")).keys) == ["a.case"])
    try Cac.succeed(["preprocess", "1", "--parts", "2", "--part", "1"], in: root.url)
    #expect(try Set(cases(made(root).at("nnUNetPlans_2d")).keys) == ["a.case", "b.case"])
  }

  @Test func `says before it begins that the memory does not suffice`() throws {
    let root = try TemporaryFolder()
    _ = try planned(root)
    func run(_ limit: Int, _ line: String...) throws -> Cac.Outcome {
      try Cac.run(
        line, in: root.url, launcher: ["/usr/bin/env", "CAC_MEMORY_LIMIT=\(limit)"])
    }
    let small = try run(1000, "preprocess", "1")
    #expect(small.status == 1 && small.complaints.count == 1)
    #expect(small.err.contains("of memory") && small.err.contains("a machine with more"))
    #expect(try cases(made(root).at("nnUNetPlans_2d")).isEmpty)
    let samples = try run(1000, "plan", "1", "--samples", "1000")
    #expect(samples.status == 1 && samples.complaints.count == 1)
    #expect(samples.err.contains("--samples"))
    // Enough for one case at once, not for two.
    let narrow = try run(80_000, "preprocess", "1", "--jobs", "2")
    #expect(narrow.status == 0 && narrow.out.contains("1 at once"), "\(narrow.out) \(narrow.err)")
    #expect(try cases(made(root).at("nnUNetPlans_2d")).count == 2)
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `says before it begins that the disk does not suffice`() throws {
    let root = try TemporaryFolder()
    _ = try planned(root)
    let disk = try MountedFolder(options: "size=32k")
    let name = "Dataset001_Test"
    try FileManager.default.createDirectory(
      at: disk.url.at(name), withIntermediateDirectories: true)
    for file in ["nnUNetPlans.json", "dataset_fingerprint.json"] {
      try FileManager.default.copyItem(at: made(root).at(file), to: disk.url.at("\(name)/\(file)"))
    }
    let outcome = try Cac.run(["preprocess", "1", "--preprocessed", disk.url.path], in: root.url)
    #expect(outcome.status == 1 && outcome.complaints.count == 1)
    #expect(outcome.err.contains("the cases will take"), "\(outcome.err)")
    #expect(disk.url.stagedNames == [])
  }
}
