// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Pickle
import Text
import Torch

/// A single `.pth` of nnU-Net, with the plans and the data set that lie beside it or in it.
///
/// nnU-Net's trainer keeps both in its checkpoints. Files beside the checkpoint, or above its
/// `fold_` folder, come first, as nnU-Net takes them.
struct LoneCheckpoint: Sendable {
  /// The checkpoint.
  let url: URL
  /// The fold that it says, or its folder.
  let fold: String
  /// Trainer, plans and configuration.
  let identity: [String]
  /// plans.json and dataset.json.
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
    let isInFold = ModelManifest.isFold(beside.lastPathComponent)
    let folders = isInFold ? [beside, beside.deletingLastPathComponent()] : [beside]
    for (name, key) in [("plans.json", "plans"), ("dataset.json", "dataset_json")] {
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
    let folder = folders.last?.lastPathComponent.components(separatedBy: "__") ?? []
    guard
      let configuration = tree.string(tree.member("configuration", of: setup))
        ?? (folder.count == 3 ? folder[2] : nil)
    else {
      throw wrong(
        "does not say its configuration; put it into "
          + "<trainer>__<plans>__<configuration>/fold_0 and name that folder")
    }
    let plans = texts["plans.json"]?["plans_name"]?.string ?? "nnUNetPlans"
    identity = [trainer, plans, configuration]
    if let odd = identity.first(where: { !ModelManifest.isWord($0) }) {
      throw wrong("calls itself \(odd.shown()), which cannot be the name of a folder")
    }
    let own = tree.member("fold", of: setup)
    let number = tree.int(own).map { "\($0)" } ?? tree.string(own) ?? "0"
    let name = isInFold ? beside.lastPathComponent : "fold_\(number)"
    fold = ModelManifest.isFold(name) ? String(name.dropFirst("fold_".count)) : "0"
    self.url = url
    self.texts = texts
  }
}

extension PickleTree {
  /// A value of plain containers as JSON, or `nil` where it has other parts or is too deep.
  func json(_ value: PickleValue) -> JSON? {
    var budget = 1_000_000
    return json(value, depth: 0, &budget)
  }

  private func json(_ value: PickleValue, depth: Int, _ budget: inout Int) -> JSON? {
    // A hostile tree may refer to itself, or to one part many times.
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
        guard let one = json(element, depth: depth + 1, &budget) else { return nil }
        list.append(one)
      }
      return .array(list)
    }
    guard let entries = entries(value) else { return number(value).map { .double($0) } }
    var object = JSONObject()
    for (key, member) in entries {
      guard let name = string(key) ?? int(key).map({ "\($0)" }),
        let one = json(member, depth: depth + 1, &budget)
      else { return nil }
      object[name] = one
    }
    return .object(object)
  }
}
