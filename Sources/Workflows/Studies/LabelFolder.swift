// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
package import Foundation
package import NNUNet
package import Volume
import Workflow

/// A folder of label maps with the description of their data set: to measure them against
/// references, or to post-process them.
///
/// ```swift
/// let folder = try LabelFolder(predictions)
/// let summary = try await folder.summary(reference: labels, jobs: 2)
/// ```
package struct LabelFolder: Sendable {
  /// The folder.
  package let url: URL
  /// The data set's channels, labels and file ending.
  package let dataset: DatasetDescription

  /// A folder with the data set's description, by default the `dataset.json` in it.
  package init(_ url: URL, dataset: DatasetDescription? = nil) throws {
    self.url = url
    let file = url.appendingPathComponent("dataset.json")
    guard Folder.isFolder(url) else { throw WorkflowError(.missing, "\(url.path): no such folder") }
    guard dataset != nil || Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(url.path): holds no dataset.json, which names the labels; name one by --dataset-json")
    }
    self.dataset = try dataset ?? DatasetDescription.read(from: file)
  }

  /// A folder with the data set's description in a file of its own, where one is named.
  package init(_ url: URL, datasetFile: URL?) throws {
    try self.init(url, dataset: datasetFile.map { try DatasetDescription.read(from: $0) })
  }

  /// The names of the label maps, sorted.
  package func names() throws -> [String] {
    let names = try Folder.names(in: url).filter { $0.hasSuffix(dataset.fileEnding) }
    guard !names.isEmpty else {
      throw WorkflowError(.missing, "\(url.path): holds no label map (*\(dataset.fileEnding))")
    }
    return names
  }

  /// Reads a label map with its exact grid, so that a file of two axes is written as such again.
  package static func read(_ url: URL) throws -> Volume<UInt8> {
    let map = try LabelFile.read(url)
    return try Volume(geometry: LabelFile.geometry(of: url), voxels: map.voxels)
  }

  /// Writes a label map, complete or not at all.
  static func write(_ map: Volume<UInt8>, to url: URL) throws {
    try LabelFile.write(.uint8(map), to: url)
  }

  /// Measures every label map against the reference of the same name, after a post-processing.
  ///
  /// As in nnU-Net, a reference without a prediction is ignored. `step` is called after each case.
  ///
  /// - Throws: `WorkflowError` for a prediction without a reference.
  package func summary(
    reference: URL, after postProcessing: PostProcessing = .init(), jobs: Int,
    step: @escaping @Sendable () async -> Void = {}
  ) async throws -> SegmentationSummary {
    let labels = dataset.labels
    let cases = try await names().concurrentMap(width: jobs) { [url] name in
      let (predicted, expected) = (
        url.appendingPathComponent(name), reference.appendingPathComponent(name)
      )
      guard Folder.isFile(expected) else {
        throw WorkflowError(
          .missing,
          "\(predicted.path): has no reference in \(reference.path); remove it or add its reference"
        )
      }
      let prediction = try postProcessing(Self.read(predicted))
      let metrics = try SegmentationMetrics.measure(
        prediction: prediction, reference: Self.read(expected).placed(like: prediction),
        labels: labels)
      await step()
      return SegmentationSummary.Case(
        predictionFile: predicted.path, referenceFile: expected.path, metrics: metrics)
    }
    return try SegmentationSummary(cases: cases, labels: labels)
  }

  /// Applies a post-processing to every label map and writes the results into another folder;
  /// returns the number of label maps.
  package func apply(
    _ postProcessing: PostProcessing, to output: URL, jobs: Int,
    step: @escaping @Sendable (String) async -> Void = { _ in }
  ) async throws -> Int {
    let names = try names()
    try Folder.create(output)
    _ = try await names.concurrentMap(width: jobs) { [url] name in
      try Self.write(
        postProcessing(Self.read(url.appendingPathComponent(name))),
        to: output.appendingPathComponent(name))
      await step(name)
    }
    for name in DatasetDescription.filesBesideLabels {
      let file = url.appendingPathComponent(name)
      if Folder.isFile(file), output.standardizedFileURL != url.standardizedFileURL {
        try StagedFile.write(FileBytes.read(file), to: output.appendingPathComponent(name))
      }
    }
    return names.count
  }
}
