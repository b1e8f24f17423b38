// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Torch

/// The parts of a model: in a folder, in one file, or in and beside one checkpoint.
enum ModelContents: Sendable {
  case folder(URL)
  case archive(ModelArchive)
  case checkpoint(SingleCheckpoint)

  /// The text of a name in a model folder, or `nil` where there is none.
  func text(_ name: String) throws -> Data? {
    switch self {
    case .folder(let folder):
      let file = folder.appendingPathComponent(name)
      return Folder.isFile(file) ? try FileBytes.read(file) : nil
    case .archive(let archive): return try archive.text(name)
    case .checkpoint(let single): return single.texts[name].map { Data($0.text.utf8) }
    }
  }

  /// The names of the folds that have a folder.
  func folds() throws -> [String] {
    let folders: [String]
    switch self {
    case .folder(let folder): folders = try Folder.names(in: folder)
    case .archive(let archive):
      folders = Set(archive.names.compactMap { $0.split(separator: "/").first.map(String.init) })
        .sorted()
    case .checkpoint(let single): return [single.fold]
    }
    return folders.filter { $0.hasPrefix("fold_") }.map { String($0.dropFirst("fold_".count)) }
  }

  /// Whether a fold has a checkpoint of this name.
  func holds(_ name: String, fold: String) -> Bool {
    switch self {
    case .folder(let folder):
      Folder.isFile(folder.appendingPathComponent("fold_\(fold)/\(name)"))
    case .archive(let archive): archive.names.contains("fold_\(fold)/\(name)")
    case .checkpoint(let single): fold == single.fold && name == single.url.lastPathComponent
    }
  }

  /// The file of a fold's checkpoint; of a model in one file a path within it, for messages.
  func location(of name: String, fold: String) -> URL {
    switch self {
    case .folder(let folder): folder.appendingPathComponent("fold_\(fold)/\(name)")
    case .archive(let archive): archive.location.appendingPathComponent("fold_\(fold)/\(name)")
    case .checkpoint(let single): single.url
    }
  }

  /// The bytes of a fold's checkpoint within a file; `nil` of a folder.
  func packed(_ name: String, fold: String) throws -> OwnedBytes? {
    guard case .archive(let archive) = self else { return nil }
    return try archive.bytes("fold_\(fold)/\(name)")
  }

  /// A fold's checkpoint.
  func stored(_ name: String, fold: String, withOptimizerState: Bool) throws -> StoredFold {
    let location = location(of: name, fold: fold)
    guard case .archive(let archive) = self else {
      return try StoredFold(contentsOf: location, withOptimizerState: withOptimizerState)
    }
    guard let bytes = try archive.bytes("fold_\(fold)/\(name)") else {
      throw LearningError(.model, subject: location.path, detail: "is not in the file")
    }
    return try StoredFold(bytes, named: location.path, withOptimizerState: withOptimizerState)
  }
}
