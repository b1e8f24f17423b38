// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Text
import Torch
import Zip

/// A model in one file: one that `cac model export` wrote, or a zip of nnU-Net's.
///
/// Nothing is unpacked to the disk: parts are read into memory when they are needed. Names in the
/// file are only compared with those of a model's parts, and never used as paths.
struct ModelArchive: Sendable {
  /// The file.
  let url: URL
  /// The location of its parts in messages: the file, or the folder of a first stage within it.
  let location: URL
  /// Trainer, plans and configuration.
  let name: ModelName
  /// The name of the data set, where the file has it, as a folder of nnU-Net's zip.
  let dataset: String?
  private let parts: [String: ZipReader.Part]
  private let sums: [String: String]
  private let previousStage: ModelName?

  /// The paths of its parts within a model folder.
  var names: [String] { parts.keys.sorted() }

  /// The size of the largest JSON text that is read, in bytes.
  private static let largestText = 64 << 20

  /// The models in a file; a file of `cac` has exactly one.
  static func models(in zip: ZipReader, at url: URL) throws -> [ModelArchive] {
    let parts = try zip.parts()
    if let card = parts.first(where: { $0.name == ModelCard.fileName }) {
      return [try ModelArchive(card: card, parts, zip, url)]
    }
    return ofNNUNet(parts, url)
  }

  private init(
    card cardPart: ZipReader.Part, _ parts: [ZipReader.Part], _ zip: ZipReader, _ url: URL
  ) throws {
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: url.path, detail: detail)
    }
    guard cardPart.size <= Self.largestText else { throw wrong("its card is larger than 64 MB") }
    let text = try zip.bytes(cardPart).data
    guard let card = try? JSONDecoder().decode(ModelCard.self, from: text) else {
      throw wrong("its card, \(ModelCard.fileName), cannot be read; copy the file again")
    }
    if let fault = card.fault { throw wrong(fault) }
    let listed = Dictionary(uniqueKeysWithValues: card.parts.map { ($0.name, $0) })
    for part in parts where part.name != ModelCard.fileName && listed[part.name] == nil {
      throw wrong("holds \(part.name.shown()), which its card does not list")
    }
    self.parts = Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0) })
    for name in listed.keys.sorted() {
      guard let part = self.parts[name], part.size == listed[name]?.bytes else {
        throw wrong("its part \(name) is missing or of another size than its card says")
      }
    }
    sums = listed.mapValues(\.sha256)
    self.url = url
    location = url
    dataset = nil
    previousStage = card.previousStage
    name = card.name
  }

  private init(
    url: URL, location: URL? = nil, name: ModelName, dataset: String?,
    parts: [String: ZipReader.Part], sums: [String: String] = [:]
  ) {
    self.url = url
    self.location = location ?? url
    self.name = name
    self.dataset = dataset
    self.parts = parts
    self.sums = sums
    previousStage = nil
  }

  /// The first stage of a cascade, where the file contains it.
  var previous: ModelArchive? {
    guard let previousStage else { return nil }
    let folder = ModelCard.previousStageFolder
    func inside<Value>(_ all: [String: Value]) -> [String: Value] {
      Dictionary(
        uniqueKeysWithValues: all.compactMap { name, value in
          name.hasPrefix(folder) ? (String(name.dropFirst(folder.count)), value) : nil
        })
    }
    return ModelArchive(
      url: url, location: url.appendingPathComponent(String(folder.dropLast())),
      name: previousStage, dataset: nil, parts: inside(parts), sums: inside(sums))
  }

  /// The models in a zip of `nnUNetv2_export_model_to_zip`, whose paths are relative to the
  /// results.
  private static func ofNNUNet(_ parts: [ZipReader.Part], _ url: URL) -> [ModelArchive] {
    var folders: [String] = []
    var models: [String: [String: ZipReader.Part]] = [:]
    for part in parts {
      let steps = part.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard
        let index = steps.firstIndex(where: { ModelName($0) != nil })
      else { continue }
      let folder = steps[...index].joined(separator: "/")
      let inside = steps[(index + 1)...].joined(separator: "/")
      if models[folder] == nil { folders.append(folder) }
      models[folder, default: [:]][inside] = part
    }
    return folders.compactMap { folder in
      guard let inside = models[folder], inside[Plans.fileName] != nil else { return nil }
      let steps = folder.split(separator: "/").map(String.init)
      guard let name = steps.last.flatMap(ModelName.init), name.words.allSatisfy(ModelCard.isWord)
      else { return nil }
      let dataset = steps.dropLast().last.flatMap { ModelCard.isWord($0) ? $0 : nil }
      return ModelArchive(url: url, name: name, dataset: dataset, parts: inside)
    }
  }

  /// The bytes of a part, or `nil` where there is no part of that name.
  ///
  /// - Throws: `LearningError` with the code `model` where the bytes do not have the digest in the
  ///   card; the file may have been changed since it was opened.
  func bytes(_ name: String) throws -> OwnedBytes? {
    guard let part = parts[name] else { return nil }
    guard let zip = try? ZipReader(url) else {
      throw LearningError(.model, subject: url.path, detail: "can no longer be read")
    }
    let bytes = try zip.bytes(part)
    if let sum = sums[name], bytes.withBytes(Digest.sha256) != sum {
      throw LearningError(
        .model, subject: url.path,
        detail: "its part \(name) is not the one of its card; copy the file again")
    }
    return bytes
  }

  /// The bytes of a JSON text, or `nil` where there is no part of that name.
  func text(_ name: String) throws -> Data? {
    if let part = parts[name], part.size > Self.largestText {
      throw LearningError(
        .model, subject: url.path, detail: "its part \(name) is larger than 64 MB")
    }
    return try bytes(name)?.data
  }
}
