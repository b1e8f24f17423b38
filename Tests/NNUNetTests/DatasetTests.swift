// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Volume

@testable import NNUNet

private func parse(_ text: String) throws -> DatasetDescription {
  try DatasetDescription(
    json: JSON.parse(Data(text.utf8), subject: "dataset.json"), subject: "dataset.json")
}

@Suite struct `A dataset description` {
  @Test func `of the calcium data set is read`() throws {
    let d = try parse(
      """
      {"channel_names": {"0": "CT"}, "labels": {"background": 0, "calcium": 1}, "numTraining": 400,
       "file_ending": ".nii.gz"}
      """)
    #expect(d.channelNames == ["CT"])
    #expect(d.normalizationSchemes == [.ct])
    #expect(d.numTraining == 400)
    #expect(d.labels.foregroundLabels == [1])
    #expect(d.labels.outputCount == 2)
    #expect(!d.labels.hasRegions)
  }

  @Test func `of nnU-Net 1 is recognised, with how to convert it`() throws {
    let old = """
      {"modality": {"0": "CT"}, "labels": {"0": "background", "1": "calcium"}, "numTraining": 1,
       "tensorImageSize": "4D",
       "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]}
      """
    for text in [old, old.replacing("{\"0\": \"background\", \"1\": \"calcium\"}", with: "{}")] {
      let error = try #require(throws: NNUNetError.self) { try parse(text) }
      #expect(error.description.contains("is a dataset.json of nnU-Net 1"))
      #expect(error.description.contains("nnUNetv2_convert_old_nnUNet_dataset"))
    }
    let error = try #require(throws: NNUNetError.self) {
      try parse(old.replacing("modality", with: "channel_names"))
    }
    #expect(error.description.contains("so write \"background\": 0"))
  }

  @Test func `keeps regions in the order of the file through writing and reading`() throws {
    let d = try parse(
      """
      {"modality": {"0": "T1", "1": "ct"}, "numTraining": 3, "file_ending": ".nii.gz",
       "labels": {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "apex": [3], "ignore": 4},
       "regions_class_order": [1, 2, 3], "licence": "CC-BY", "name": "ä \\"quoted\\""}
      """)
    #expect(d.labels.foregroundClasses == [[1, 2, 3], [2, 3], [3]])
    #expect(d.labels.allLabels == [0, 1, 2, 3])
    #expect(d.labels.ignoreLabel == 4)
    #expect(d.labels.outputCount == 3)
    #expect(d.normalizationSchemes == [.zScore, .ct])
    let folder = try TemporaryFolder()
    try d.write(to: folder.file("dataset.json"))
    #expect(try DatasetDescription.read(from: folder.file("dataset.json")) == d)
  }

  @Test(arguments: [
    ("{}", "channel_names"), ("[]", "object"), ("{\"channel_names\": {\"1\": \"CT\"}}", "\"0\""),
    (
      "{\"channel_names\": {}, \"labels\": {\"background\": 0}, \"numTraining\": 1, "
        + "\"file_ending\": \".nii\"}", "no channel"
    ),
    ("{\"channel_names\": {\"0\": \"CT\"}}", "labels"),
  ]) func `that lacks something is an error that names it`(text: String, word: String) throws {
    let error = try #require(throws: NNUNetError.self) { try parse(text) }
    #expect(error.detail.contains(word))
  }

  @Test(arguments: [
    ("{\"calcium\": 1}", "background"), ("{\"background\": 1}", "background"),
    ("{\"background\": 0, \"a\": 2}", "consecutive"), ("{\"background\": 0, \"a\": -1}", "from 0"),
    ("{\"background\": 0, \"a\": 1, \"b\": 1}", "share"),
    ("{\"background\": 0, \"a\": 1.5}", "whole number"),
    ("{\"background\": 0, \"a\": \"1\"}", "whole number"),
    ("{\"background\": 0, \"a\": 1, \"ignore\": 1}", "ignore"),
    ("{\"background\": 0, \"a\": 1, \"ignore\": 5}", "ignore"),
    ("{\"background\": 0, \"a\": [1, 2]}", "regions_class_order"),
    ("{\"background\": 0, \"a\": []}", "one or more"),
    ("{\"background\": 0, \"a\": 99999999999999999999}", "whole number"),
    ("{\"background\": 0, \"a\": 9223372036854775807}", "from 0"),
  ]) func `with impossible labels is an error`(labels: String, word: String) throws {
    let text = """
      {"channel_names": {"0": "CT"}, "numTraining": 1, "file_ending": ".nii.gz", "labels": \(labels)}
      """
    let error = try #require(throws: NNUNetError.self) { try parse(text) }
    #expect(error.detail.contains(word))
  }
}

@Suite struct `A raw data set` {
  private func make(_ folder: TemporaryFolder, cases: [String], labels: Bool = true) throws -> URL {
    let url = folder.file("Dataset007_Test")
    let description = try DatasetDescription(
      channelNames: ["CT", "MR"], labels: LabelScheme(foreground: ["a"]),
      numTraining: cases.count)
    try description.write(to: url.appendingPathComponent("dataset.json"))
    for name in cases {
      for c in 0..<2 {
        try StagedFile.write(
          "x", to: url.appendingPathComponent("imagesTr/\(name)_000\(c).nii.gz"))
      }
      if labels {
        try StagedFile.write("x", to: url.appendingPathComponent("labelsTr/\(name).nii.gz"))
      }
    }
    return url
  }

  private func volume(_ value: Float, columns: Int = 4, spacing: SIMD3<Double> = [1, 1, 3])
    -> Volume<Float>
  {
    Volume(
      geometry: Geometry(extent: Extent(slices: 2, rows: 3, columns: columns), spacing: spacing),
      repeating: value)
  }

  @Test func `lists its cases by code point and skips other files`() throws {
    let folder = try TemporaryFolder()
    let url = try make(folder, cases: ["b_1", "a", "B", "a_0001"])
    for other in ["readme.txt", "a.nii.gz", "a_000.nii.gz", "a_00x0.nii.gz", "_0000.nii.gz"] {
      try StagedFile.write("x", to: url.appendingPathComponent("imagesTr/\(other)"))
    }
    let dataset = try RawDataset(folder: url)
    #expect(dataset.cases.map(\.name) == ["B", "a", "a_0001", "b_1"])
    #expect(
      dataset.cases[1].channels.map(\.lastPathComponent) == ["a_0000.nii.gz", "a_0001.nii.gz"])
    #expect(dataset.cases.allSatisfy { $0.label != nil })
    #expect(dataset.name == "Dataset007_Test")
  }

  @Test(arguments: ["7", "007", "Dataset007_Test"]) func `is found by number or name`(key: String)
    throws
  {
    let folder = try TemporaryFolder()
    _ = try make(folder, cases: ["a"])
    #expect(try RawDataset.name(of: key, in: [folder.url]) == "Dataset007_Test")
  }

  @Test(arguments: ["8", "x", "-1", "1000", ""]) func `that is not there is an error`(key: String)
    throws
  {
    let folder = try TemporaryFolder()
    _ = try make(folder, cases: ["a"])
    #expect(throws: NNUNetError.self) { try RawDataset.name(of: key, in: [folder.url]) }
  }

  @Test func `with one number and two names is an error`() throws {
    let folder = try TemporaryFolder()
    _ = try make(folder, cases: ["a"])
    try Folder.create(folder.file("Dataset007_Other"))
    let error = try #require(throws: NNUNetError.self) {
      try RawDataset.name(of: "7", in: [folder.url])
    }
    #expect(error.detail.contains("Dataset007_Other, Dataset007_Test"))
  }

  @Test func `is verified case by case`() throws {
    let folder = try TemporaryFolder()
    let url = try make(folder, cases: ["a", "b"])
    let dataset = try RawDataset(folder: url)
    let good: @Sendable (URL) throws -> Volume<Float> = { _ in self.volume(1) }
    #expect(try dataset.verify(reader: good) == [])
    let fingerprint = try dataset.fingerprint(reader: good, budget: 1000)
    #expect(fingerprint.shapesAfterCrop == [[2, 3, 4], [2, 3, 4]])
    #expect(fingerprint.spacings == [[3, 1, 1], [3, 1, 1]])
    #expect(fingerprint.intensityProperties.map(\.mean) == [1, 1])
    try fingerprint.write(to: folder.file("dataset_fingerprint.json"))
    #expect(try Fingerprint.read(from: folder.file("dataset_fingerprint.json")) == fingerprint)
    let shifted: @Sendable (URL) throws -> Volume<Float> = { url in
      var geometry = self.volume(1).geometry
      if url.path.contains("labelsTr") { geometry.origin = [5, 0, 0] }
      return Volume(geometry: geometry, repeating: 1)
    }
    #expect(try dataset.verify(reader: shifted).count == 2)
    let readers: [(@Sendable (URL) throws -> Volume<Float>, String)] = [
      ({ $0.path.contains("labelsTr") ? self.volume(2) : self.volume(1) }, "does not declare"),
      ({ $0.path.contains("labelsTr") ? self.volume(0.5) : self.volume(1) }, "whole numbers"),
      ({ $0.path.contains("labelsTr") ? self.volume(-.infinity) : self.volume(1) }, "whole"),
      ({ $0.path.contains("_0001") ? self.volume(.nan) : self.volume(1) }, "nan"),
      ({ $0.path.contains("_0001") ? self.volume(1, columns: 5) : self.volume(1) }, "grid"),
      (
        { $0.path.contains("labels") ? self.volume(1, spacing: [1, 1, 2]) : self.volume(1) },
        "spacing"
      ),
    ]
    for (reader, word) in readers {
      let error = try #require(throws: NNUNetError.self) { try dataset.verify(reader: reader) }
      #expect(error.detail.contains(word))
    }
  }

  @Test func `without label maps or with a wrong count is an error`() throws {
    let folder = try TemporaryFolder()
    let url = try make(folder, cases: ["a"], labels: false)
    try Folder.create(url.appendingPathComponent("labelsTr"))
    let dataset = try RawDataset(folder: url)
    #expect(throws: NNUNetError.self) { try dataset.verify(reader: { _ in self.volume(1) }) }
    try StagedFile.write("x", to: url.appendingPathComponent("imagesTr/b_0000.nii.gz"))
    let error = try #require(throws: NNUNetError.self) { try RawDataset(folder: url) }
    #expect(error.detail.contains("1 image file for 2 channels"))
  }
}

extension RawDataset {
  /// Reads and checks every case; returns their notes.
  fileprivate func verify(reader: @escaping @Sendable (URL) throws -> Volume<Float>) throws
    -> [String]
  {
    try verifyFiles()
    return try cases.compactMap { files in
      let raw = try load(files, reader: CaseReader(channels: { [try reader($0)] }, labels: reader))
      try raw.checkLabels(of: description.labels)
      return raw.note
    }
  }

  /// The fingerprint of all cases, which are read one after the other.
  fileprivate func fingerprint(
    reader: @escaping @Sendable (URL) throws -> Volume<Float>, budget: Int
  ) throws -> Fingerprint {
    var builder = FingerprintBuilder(numberOfCases: cases.count, budget: budget)
    for files in cases {
      let raw = try load(files, reader: CaseReader(channels: { [try reader($0)] }, labels: reader))
      try builder.add(builder.contribution(of: raw))
    }
    return try builder.finish(subject: name)
  }
}
