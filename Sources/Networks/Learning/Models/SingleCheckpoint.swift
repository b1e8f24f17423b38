// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Pickle
import Text
import Torch

/// A single `.pth` of nnU-Net, with plans and data set description from beside it or within it.
///
/// nnU-Net's trainer stores both in its checkpoints. Files beside the checkpoint, or above its
/// `fold_` folder, have precedence, as in nnU-Net.
struct SingleCheckpoint: Sendable {
  /// The checkpoint.
  let url: URL
  /// The fold that the checkpoint or its folder names.
  let fold: String
  /// Trainer, plans and configuration.
  let name: ModelName
  /// The contents of plans.json and dataset.json.
  let texts: [String: JSON]

  init(_ url: URL) throws {
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: url.path, detail: detail)
    }
    let tree = try PyTorchFile(contentsOf: url).tree
    func member(_ key: String) -> PickleValue? { tree.member(key, of: tree.root) }
    guard member("network_weights") != nil, let trainer = tree.string(member("trainer_name")) else {
      throw wrong(
        "is no checkpoint of nnU-Net: it holds no \"network_weights\" or no \"trainer_name\"")
    }
    let setup = member("init_args")
    var texts: [String: JSON] = [:]
    let beside = url.deletingLastPathComponent()
    let isInFold = ModelCard.isFold(beside.lastPathComponent)
    let folders = isInFold ? [beside, beside.deletingLastPathComponent()] : [beside]
    for (name, key) in [
      (Plans.fileName, "plans"), (DatasetDescription.fileName, "dataset_json"),
    ] {
      let files = folders.map { $0.appendingPathComponent(name) }
      if let file = files.first(where: Folder.isFile) {
        texts[name] = try JSON.read(from: file)
      } else if let value = tree.member(key, of: setup) {
        texts[name] = tree.json(value)
      }
      guard texts[name] != nil else {
        throw wrong("the model's \(name) is neither beside it nor in it; put it beside it")
      }
    }
    guard
      let configuration = tree.string(tree.member("configuration", of: setup))
        ?? folders.last.flatMap({ ModelName($0.lastPathComponent) })?.configuration
    else {
      throw wrong(
        "does not say its configuration; put it into "
          + "<trainer>__<plans>__<configuration>/fold_0 and name that folder")
    }
    name = ModelName(
      trainer: trainer,
      plans: texts[Plans.fileName]?["plans_name"]?.string ?? Plans.defaultName,
      configuration: configuration)
    if let odd = name.words.first(where: { !ModelCard.isWord($0) }) {
      throw wrong("calls itself \(odd.shown()), which cannot be the name of a folder")
    }
    let recorded = tree.member("fold", of: setup)
    let number = tree.int(recorded).map { "\($0)" } ?? tree.string(recorded) ?? "0"
    let folder = isInFold ? beside.lastPathComponent : "fold_\(number)"
    fold = ModelCard.isFold(folder) ? String(folder.dropFirst("fold_".count)) : "0"
    self.url = url
    self.texts = texts
  }
}

extension PickleTree {
  /// The JSON of a value of plain containers, or `nil` where it has other parts or is too deep.
  func json(_ value: PickleValue) -> JSON? {
    var budget = 1_000_000
    return json(value, depth: 0, &budget)
  }

  private func json(_ value: PickleValue, depth: Int, _ budget: inout Int) -> JSON? {
    // A malicious tree may contain itself, or one part many times.
    budget -= 1
    guard depth < 100, budget > 0 else { return nil }
    switch value {
    case .none: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .bytes: return nil
    case .node: break
    }
    if let elements = elements(value) {
      var list: [JSON] = []
      for element in elements {
        guard let item = json(element, depth: depth + 1, &budget) else { return nil }
        list.append(item)
      }
      return .array(list)
    }
    guard let entries = entries(value) else { return number(value).map { .double($0) } }
    var object = JSONObject()
    for (key, member) in entries {
      guard let name = string(key) ?? int(key).map({ "\($0)" }),
        let item = json(member, depth: depth + 1, &budget)
      else { return nil }
      object[name] = item
    }
    return .object(object)
  }
}
