// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Text
import Torch

/// A model in one file: one that `cac model export` wrote, or a zip of nnU-Net's.
///
/// Nothing is unpacked to the disk: parts are read into memory where they are asked for. Names in
/// the file are only compared with those of a model's parts, never used as paths.
struct ModelArchive: Sendable {
  /// The file.
  let url: URL
  /// What messages call the place of its parts: the file, or the folder of a first stage within.
  let place: URL
  /// `<trainer>__<plans>__<configuration>`.
  let identity: [String]
  /// The name of the data set, where the file has it: a folder of nnU-Net's zip.
  let dataset: String?
  private let parts: [String: ZipReader.Part]
  private let sums: [String: String]
  private let previousStage: ModelManifest.Stage?

  /// The paths of its parts within a model folder.
  var names: [String] { parts.keys.sorted() }

  /// The largest text of JSON that is read.
  private static let largestText = 64 << 20

  /// The models of a file, of which one of `cac` has exactly one.
  static func models(in zip: ZipReader, at url: URL) throws -> [ModelArchive] {
    let parts = try zip.parts()
    if let card = parts.first(where: { $0.name == ModelManifest.name }) {
      return [try ModelArchive(card: card, parts, zip, url)]
    }
    return ofNNUNet(parts, url)
  }

  private init(
    card: ZipReader.Part, _ parts: [ZipReader.Part], _ zip: ZipReader, _ url: URL
  ) throws {
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: url.path, detail: detail)
    }
    guard card.size <= Self.largestText else { throw wrong("its card is larger than 64 MB") }
    let text = try zip.bytes(card).data
    guard let manifest = try? JSONDecoder().decode(ModelManifest.self, from: text) else {
      throw wrong("its card, \(ModelManifest.name), cannot be read; copy the file again")
    }
    if let fault = manifest.fault { throw wrong(fault) }
    let listed = Dictionary(uniqueKeysWithValues: manifest.parts.map { ($0.name, $0) })
    for part in parts where part.name != ModelManifest.name && listed[part.name] == nil {
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
    place = url
    dataset = nil
    previousStage = manifest.previousStage
    identity = [manifest.trainer, manifest.plans, manifest.configuration]
  }

  private init(
    url: URL, place: URL? = nil, identity: [String], dataset: String?,
    parts: [String: ZipReader.Part], sums: [String: String] = [:]
  ) {
    self.url = url
    self.place = place ?? url
    self.identity = identity
    self.dataset = dataset
    self.parts = parts
    self.sums = sums
    previousStage = nil
  }

  /// The first stage of a cascade, where the file holds it.
  var previous: ModelArchive? {
    guard let previousStage else { return nil }
    let folder = ModelManifest.previousStageFolder
    func inside<Value>(_ all: [String: Value]) -> [String: Value] {
      Dictionary(
        uniqueKeysWithValues: all.compactMap { name, value in
          name.hasPrefix(folder) ? (String(name.dropFirst(folder.count)), value) : nil
        })
    }
    return ModelArchive(
      url: url, place: url.appendingPathComponent(String(folder.dropLast())),
      identity: previousStage.identity, dataset: nil, parts: inside(parts), sums: inside(sums))
  }

  /// The models of a zip of `nnUNetv2_export_model_to_zip`: its paths are relative to the results.
  private static func ofNNUNet(_ parts: [ZipReader.Part], _ url: URL) -> [ModelArchive] {
    var folders: [String] = []
    var models: [String: [String: ZipReader.Part]] = [:]
    for part in parts {
      let steps = part.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard
        let place = steps.firstIndex(where: { $0.components(separatedBy: "__").count == 3 })
      else { continue }
      let folder = steps[...place].joined(separator: "/")
      let inside = steps[(place + 1)...].joined(separator: "/")
      if models[folder] == nil { folders.append(folder) }
      models[folder, default: [:]][inside] = part
    }
    return folders.compactMap { folder in
      guard let inside = models[folder], inside["plans.json"] != nil else { return nil }
      let steps = folder.split(separator: "/").map(String.init)
      let identity = (steps.last ?? "").components(separatedBy: "__")
      guard identity.allSatisfy(ModelManifest.isWord) else { return nil }
      let dataset = steps.dropLast().last.flatMap { ModelManifest.isWord($0) ? $0 : nil }
      return ModelArchive(url: url, identity: identity, dataset: dataset, parts: inside)
    }
  }

  /// A part in memory, or `nil` where there is none of that name.
  ///
  /// Throws where it is not what the card says: the file may have been changed since it was opened.
  func bytes(_ name: String) throws -> PartBytes? {
    guard let part = parts[name] else { return nil }
    guard let zip = ZipReader(url) else {
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

  /// A text of JSON, or `nil` where there is none of that name.
  func text(_ name: String) throws -> Data? {
    if let part = parts[name], part.size > Self.largestText {
      throw LearningError(
        .model, subject: url.path, detail: "its part \(name) is larger than 64 MB")
    }
    return try bytes(name)?.data
  }
}
