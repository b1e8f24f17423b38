// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet

/// What a model's folder is, from its name, its plans and its checkpoints.
///
/// Models are passed on in folders of other names, and without dataset.json. nnU-Net's checkpoints
/// hold trainer, configuration, plans and data set description, too.
struct OpenedFolder {
  /// Trainer, plans and configuration.
  let name: ModelName
  /// The contents of plans.json and dataset.json that the folder lacks.
  let texts: [String: JSON]

  init(_ folder: URL) throws {
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: folder.path, detail: detail)
    }
    let names = try Folder.names(in: folder)
    let missing = [Plans.fileName, DatasetDescription.fileName].filter { !names.contains($0) }
    let plansFile = folder.appendingPathComponent(Plans.fileName)
    let plans = missing.contains(Plans.fileName) ? nil : try JSON.read(from: plansFile)
    let configurations = plans?["configurations"]?.object?.keys ?? []
    let named = ModelName(folder.lastPathComponent)
    if let named, missing.isEmpty, configurations.contains(named.configuration) {
      (name, texts) = (named, [:])
      return
    }
    if let file = try Self.checkpoint(of: folder) {
      let single = try SingleCheckpoint(file)
      // The folder's name has precedence where the plans know it.
      name = named.flatMap { configurations.contains($0.configuration) ? $0 : nil } ?? single.name
      texts = single.texts.filter { missing.contains($0.key) }
      return
    }
    if let named, plans != nil {
      // Opening the model says what is missing.
      (name, texts) = (named, [:])
      return
    }
    guard let plans else { throw wrong(Self.complaint(folder, names)) }
    let plansName = plans["plans_name"]?.string ?? Plans.defaultName
    let list = configurations.joined(separator: ", ")
    guard configurations.count == 1, let configuration = configurations.first else {
      throw wrong(
        "has another name than <trainer>__<plans>__<configuration>, and its plans are for "
          + "\(list.isEmpty ? "no configuration" : list); rename it, for example to "
          + "\(ModelName(plans: plansName, configuration: configurations.first ?? "2d"))")
    }
    name = ModelName(plans: plansName, configuration: configuration)
    texts = [:]
  }

  /// A checkpoint of nnU-Net in a fold of a folder.
  private static func checkpoint(of folder: URL) throws -> URL? {
    for fold in try Folder.names(in: folder).sorted() where ModelCard.isFold(fold) {
      for name in Model.checkpoints where name.hasSuffix(".pth") {
        let file = folder.appendingPathComponent("\(fold)/\(name)")
        if Folder.isFile(file) { return file }
      }
    }
    return nil
  }

  /// Why a folder without plans and checkpoints is no model, and what to name instead.
  private static func complaint(_ folder: URL, _ names: [String]) -> String {
    if names.contains("plans.pkl") || names.contains(where: { $0.hasSuffix(".model") }) {
      return "is a model of nnU-Net 1, whose files cannot be read; train it with nnU-Net 2"
    }
    if ModelCard.isFold(folder.lastPathComponent) {
      return "is one fold of a model; name the folder that it lies in, or its .pth file"
    }
    if let model = names.first(where: {
      ModelName($0) != nil && Folder.isFolder(folder.appendingPathComponent($0))
    }) {
      return "is no model folder, but holds one; name \(model) in it"
    }
    if let file = names.first(where: { $0.hasSuffix(".pth") }) {
      return "has no fold_… folder; name the file \(file) in it"
    }
    return "is no model folder; one is called <trainer>__<plans>__<configuration> and holds "
      + "plans.json, dataset.json and fold_… folders"
  }
}
