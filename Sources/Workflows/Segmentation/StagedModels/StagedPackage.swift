// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import Text
import Workflow
import Zip

/// Packs a model of several stages into one file, with which `cac score` needs nothing else.
///
/// The file is a zip without compression: the stages' weights as they are, the rules between them, the
/// stages' cards, a page for people, and a list with the sum of each part. The same model gives the
/// same bytes on any machine.
package struct StagedPackage {
  private let source: StagedModelSource
  private let summary: StagedModelSummary
  private let cards: [String: Data]

  /// A package of a model.
  ///
  /// What is not stated is taken from the list that the model came with. The card of a stage is the
  /// file `localiser.md` or `classifier.md` beside its weights.
  ///
  /// - Parameters:
  ///   - url: the model, a folder or a file.
  ///   - name: the model's name.
  ///   - version: the model's version.
  ///   - licence: the licence in the card, and likewise the intended use and the training data.
  ///   - intendedUse: what the model is for.
  ///   - trainingData: what it was trained on.
  /// - Throws: `WorkflowError` or `StagesError` where a stage cannot be read, or where the name or the
  ///   version is none.
  package init(
    _ url: URL, name: String? = nil, version: String? = nil, licence: String? = nil,
    intendedUse: String? = nil, trainingData: String? = nil
  ) throws {
    source = try StagedModelSource(url)
    var summary = try StagedModelSummary(source)
    for word in [name, version].compactMap(\.self) {
      if let fault = StageManifest.fault(ofName: word) {
        throw WorkflowError(.invalid, "\(url.path): \(fault)")
      }
    }
    summary.name = name ?? source.manifest?.name ?? "staged"
    summary.version = version ?? source.manifest?.version
    summary.licence = licence?.shown(atMost: 2000) ?? summary.licence
    summary.intendedUse = intendedUse?.shown(atMost: 2000) ?? summary.intendedUse
    summary.trainingData = trainingData?.shown(atMost: 2000) ?? summary.trainingData
    self.summary = summary
    var cards: [String: Data] = [:]
    for stage in summary.stages {
      guard let card = try source.bytes("\(stage.name).md") else { continue }
      guard String(data: card, encoding: .utf8) != nil else {
        throw WorkflowError(.invalid, "\(url.path)/\(stage.name).md: is no text in UTF-8")
      }
      cards[stage.name] = card
    }
    self.cards = cards
  }

  /// Writes the file, complete or not at all; returns its stages and its SHA-256.
  package func write(to file: URL) throws -> (stages: [String], sha256: String) {
    guard !Folder.isFile(file), !Folder.isFolder(file) else {
      throw WorkflowError(
        .refused, "\(file.path): is there already; name another file, or remove it")
    }
    var parts: [(name: String, data: Data)] = []
    for stage in summary.stages {
      let name = StageManifest.Stage.file(stage.name)
      guard let weights = try source.bytes(name) else {
        throw WorkflowError(.missing, "\(source.url.path): holds no \(name)")
      }
      parts.append((name, weights))
      if let card = cards[stage.name] { parts.append(("\(stage.name).md", card)) }
    }
    parts.append((StageManifest.rulesName, try StageRulesFile.data(source.rules)))
    if let calibration = try source.calibration() {
      parts.append((UncertaintyCalibration.fileName, try calibration.data))
    }
    let page = StagedModelPage(
      summary, cards: cards.mapValues { String(decoding: $0, as: UTF8.self) })
    parts.append((ModelCard.pageName, Data(page.markdown.utf8)))
    let manifest = StageManifest(
      name: summary.name, version: summary.version, statements: summary.statements,
      stages: summary.stages.map {
        .init(name: $0.name, kind: $0.kind, parameters: $0.parameters, sha256: $0.sha256)
      },
      parts: parts.map {
        .init(name: $0.name, bytes: $0.data.count, sha256: Digest.sha256($0.data))
      })
    var zip = ZipWriter(compresses: false)
    try zip.add(StageManifest.fileName, Array(JSONFile.data(manifest)))
    for part in parts { try zip.add(part.name, Array(part.data)) }
    try zip.write(to: file)
    return (summary.stages.map(\.name), Digest.sha256(try FileBytes.read(file)))
  }

  /// Copies a model into a folder, under its name, as the files that it is made of.
  ///
  /// - Returns: the new folder and its stages.
  package static func unpack(
    _ url: URL, into parent: URL
  ) throws -> (folder: String, stages: [String]) {
    let source = try StagedModelSource(url)
    _ = try StagedModelSummary(source)
    let target = parent.appendingPathComponent(source.manifest?.name ?? "staged")
    guard !Folder.isFolder(target) else {
      throw WorkflowError(
        .refused, "\(target.path): is there already; name another folder, or remove it")
    }
    try Folder.write(to: target) { staged in
      var names = StageManifest.partNames
      if source.manifest != nil { names.append(StageManifest.fileName) }
      for name in names {
        guard let data = try source.bytes(name) else { continue }
        try StagedFile.write(data, to: staged.appendingPathComponent(name))
      }
    }
    return (target.path, source.stageNames)
  }
}
