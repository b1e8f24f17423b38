// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Torch

/// Writes a model into one file, for deployment: `cac predict FILE.cac …` needs nothing beside it.
///
/// The file is a zip without compression. The same model gives the same bytes, on any machine.
package struct ModelPackage: Sendable {
  /// The ending of such files.
  package static let ending = "cac"

  private let model: Model
  private let folds: [String]
  private let statements: ModelCard.Statements

  /// The model at a place with some of its folds, or all; throws where one has no weights.
  package init(
    _ source: URL, folds: [String]? = nil, licence: String? = nil, intendedUse: String? = nil,
    trainingData: String? = nil
  ) throws {
    let model = try Model(at: source)
    self.model = model
    self.folds = try folds.map { Set($0).sorted() } ?? model.trainedFolds()
    for fold in self.folds { _ = try model.weights(ofFold: fold) }
    guard !self.folds.isEmpty else {
      throw WorkflowError(
        "\(source.path): no fold has weights (\(Model.checkpoints.joined(separator: ", ")))")
    }
    statements = .init(
      licence: licence?.shown(atMost: 2000), intendedUse: intendedUse?.shown(atMost: 2000),
      trainingData: trainingData?.shown(atMost: 2000))
  }

  /// Writes the file, complete or not at all; returns its folds and its SHA-256.
  package func write(
    to file: URL, progress: @escaping ProgressHandler
  ) throws -> (folds: [String], sha256: String) {
    guard !Folder.isFile(file), !Folder.isFolder(file) else {
      throw WorkflowError("\(file.path): is there already; name another file, or remove it")
    }
    let work = file.deletingLastPathComponent().appendingPathComponent(
      "\(StagedFile.prefix)\(ProcessInfo.processInfo.processIdentifier)-\(file.lastPathComponent)")
    try Folder.create(work)
    defer { try? Folder.remove(work) }
    var zip = ZipWriter(compresses: false)
    var parts: [ModelManifest.Part] = []
    func list(_ name: String, _ data: Data) {
      parts.append(.init(name: name, bytes: data.count, sha256: ContentDigest.sha256(data)))
    }
    var texts: [(String, Data)] = [
      ("plans.json", Data(Self.plans(model.plansJSON).text.utf8)),
      ("dataset.json", Data(Self.dataset(model.datasetJSON).text.utf8)),
    ]
    if let fingerprint = try model.json(named: "dataset_fingerprint.json") {
      texts.append(("dataset_fingerprint.json", Data(Self.fingerprint(fingerprint).text.utf8)))
    }
    for (name, text) in texts { list(name, text) }
    for (index, fold) in folds.enumerated() {
      progress(WorkProgress("model", done: index, of: folds.count, detail: "fold \(fold)"))
      let name = "fold_\(fold)/checkpoint_final.safetensors"
      let staged = work.appendingPathComponent("\(fold).safetensors")
      var checkpoint = Checkpoint(of: try model.trained(fold, on: .cpu))
      // Who predicts needs no optimiser.
      checkpoint.memory = [:]
      try checkpoint.write(to: staged)
      list(name, try Data(contentsOf: staged, options: .mappedIfSafe))
    }
    let card = try ModelCard(
      ModelSummary(model, folds: folds), of: model, statements: statements, parts: parts)
    let page = Data(card.markdown.utf8)
    var listed = parts
    listed.insert(
      .init(name: "MODEL.md", bytes: page.count, sha256: ContentDigest.sha256(page)), at: 0)
    let machine = try JSONFile.data(
      ModelCard(
        card.summary, of: model, statements: statements, parts: listed))
    try zip.add(ModelManifest.name, Array(machine))
    try zip.add("MODEL.md", Array(page))
    for (name, text) in texts { try zip.add(name, Array(text)) }
    for fold in folds {
      zip.add(
        "fold_\(fold)/checkpoint_final.safetensors",
        file: work.appendingPathComponent("\(fold).safetensors"))
    }
    try zip.write(to: file)
    progress(WorkProgress("model", done: folds.count, of: folds.count, detail: "done"))
    return (folds, ContentDigest.sha256(try Data(contentsOf: file, options: .mappedIfSafe)))
  }

  /// The keys of a plan that nnU-Net defines; others are of whoever made the file.
  static func plans(_ json: JSON) -> JSON {
    json.keeping([
      "dataset_name", "plans_name", "original_median_spacing_after_transp",
      "original_median_shape_after_transp", "image_reader_writer", "transpose_forward",
      "transpose_backward", "configurations", "experiment_planner_used", "label_manager",
      "foreground_intensity_properties_per_channel", "foreground_intensity_properties_by_modality",
    ])
  }

  /// The keys of a data set's description that a model needs or that say where the data are from.
  ///
  /// Left out above all: `dataset`, `training` and `test`, lists of files and thus of cases, and
  /// whatever else somebody wrote there.
  static func dataset(_ json: JSON) -> JSON {
    json.keeping([
      "channel_names", "modality", "labels", "regions_class_order", "numTraining", "file_ending",
      "overwrite_image_reader_writer", "name", "description", "reference", "release", "licence",
      "license", "citation",
    ])
  }

  /// The four keys of a fingerprint, its cases in the order of their sizes: in the order of their
  /// names a list of these would tell which is whose.
  static func fingerprint(_ json: JSON) -> JSON {
    var object =
      json.keeping([
        "foreground_intensity_properties_per_channel", "median_relative_size_after_cropping",
        "shapes_after_crop", "spacings",
      ]).object ?? JSONObject()
    let shapes = object["shapes_after_crop"]?.array ?? []
    let spacings = object["spacings"]?.array ?? []
    guard shapes.count == spacings.count else { return .object(object) }
    func numbers(_ json: JSON) -> [Double] { json.array?.compactMap(\.double) ?? [] }
    let cases = zip(shapes, spacings).sorted { a, b in
      (numbers(a.0) + numbers(a.1)).lexicographicallyPrecedes(numbers(b.0) + numbers(b.1))
    }
    object["shapes_after_crop"] = .array(cases.map(\.0))
    object["spacings"] = .array(cases.map(\.1))
    return .object(object)
  }
}

extension JSON {
  /// The members of an object under some keys, in the object's order.
  fileprivate func keeping(_ keys: Set<String>) -> JSON {
    guard let members = object else { return self }
    var kept = JSONObject()
    for key in members.keys where keys.contains(key) { kept[key] = members[key] }
    return .object(kept)
  }
}
