// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
package import NNUNet
import Text

/// The card of an exported model, `model.json`: which model it is, its parts, and what users should
/// know of it.
///
/// It lies in a model of one file and beside the folds of a copied model. Nothing in it names a
/// patient, a case, a person, a path or a date. Two versions are written: 1 for a model alone, 2
/// for a cascade with its first stage, which programs that know version 1 only refuse. The first
/// release's cards of version 1 lack the digests of the weights
/// (`ModelSummary.Fold.weightsDigest`).
///
/// Only the name and the parts decide how a file is read. A description that cannot be read
/// therefore leaves `description` empty.
package struct ModelCard: Codable, Sendable {
  /// The name of the card in a file or folder.
  package static let fileName = "model.json"
  /// The name of the card for people.
  package static let pageName = "MODEL.md"
  /// The folder in the file that holds the parts of a cascade's first stage.
  package static let previousStageFolder = "previous_stage/"
  private static let format = "cac-model"
  private static let newestVersion = 2

  /// One part of the file.
  package struct Part: Codable, Sendable, Hashable {
    /// The path within a model folder, for example "fold_0/checkpoint_final.safetensors".
    package let name: String
    /// The size in bytes.
    package let bytes: Int
    /// The SHA-256 in hexadecimal digits.
    package let sha256: String

    /// A part that is to be written.
    package init(name: String, bytes: Int, sha256: String) {
      self.name = name
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  private let format: String
  /// The version of the layout.
  package let formatVersion: Int
  /// Trainer, plans and configuration.
  package let name: ModelName
  /// The first stage of a cascade, where the file holds it.
  package let previousStage: ModelName?
  /// Every other part of the file; none in a folder.
  package var parts: [Part]
  /// What users should know; `nil` where a card that was read has no such part.
  package let description: Description?

  /// A card of a model.
  ///
  /// What nobody states or measured here is taken from the card that the model came with.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - summary: its folds and whether they fit the plan.
  ///   - statements: licence, intended use and training data, where somebody states them.
  ///   - previousStage: the card of a cascade's first stage, where the file holds it.
  ///   - parts: the files of the package with their digests.
  ///   - program: the version of this program.
  package init(
    of model: Model, _ summary: ModelSummary, statements: Statements = .init(),
    previousStage: ModelCard? = nil, parts: [Part] = [], program: String
  ) throws {
    format = Self.format
    formatVersion = previousStage == nil ? 1 : 2
    name = ModelName(
      trainer: summary.trainer, plans: summary.plans, configuration: summary.configuration)
    self.previousStage = previousStage?.name
    self.parts = parts
    description = try Description(
      of: model, summary, statements: statements, program: program)
  }

  private enum Key: String, CodingKey {
    case format
    case formatVersion = "format_version"
    case previousStage = "previous_stage"
    case parts
  }

  /// Reads a card of any version; `fault` tells whether it can be used.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    format = try container.decode(String.self, forKey: .format)
    formatVersion = try container.decode(Int.self, forKey: .formatVersion)
    name = try ModelName(from: decoder)
    previousStage = try container.decodeIfPresent(ModelName.self, forKey: .previousStage)
    parts = try container.decode([Part].self, forKey: .parts)
    description = try? Description(from: decoder)
  }

  /// Writes the card's keys and those of its description side by side.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(format, forKey: .format)
    try container.encode(formatVersion, forKey: .formatVersion)
    try name.encode(to: encoder)
    try container.encodeIfPresent(previousStage, forKey: .previousStage)
    try container.encode(parts, forKey: .parts)
    try description?.encode(to: encoder)
  }

  /// Why a file with this card cannot be read, in one sentence; `nil` where it can.
  var fault: String? {
    if format != Self.format { return "is no model of cac: its format is \(format.shown())" }
    guard (1...Self.newestVersion).contains(formatVersion) else {
      return "is of version \(formatVersion), this program reads 1 to \(Self.newestVersion); "
        + "use a newer cac, or import it there and copy the folder"
    }
    for word in name.words + (previousStage?.words ?? []) where !Self.isWord(word) {
      return "calls itself \(word.shown()), which cannot be the name of a folder"
    }
    let names = parts.map(\.name)
    if Set(names).count != names.count { return "lists a part twice" }
    let folder = Self.previousStageFolder
    let odd = names.first { name in
      guard previousStage != nil, name.hasPrefix(folder) else { return !Self.isPart(name) }
      let inside = String(name.dropFirst(folder.count))
      return inside != Self.fileName && !Self.isPart(inside)
    }
    if let odd {
      return "holds \(odd.shown()), which is no part of a model"
    }
    return nil
  }

  /// Whether a text may be part of the name of a folder: letters, digits and a few signs.
  static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 100 && !text.hasPrefix(".")
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.+".contains($0)) }
  }

  /// Whether a name is one that a model folder may hold.
  private static func isPart(_ name: String) -> Bool {
    if name == pageName || Model.textNames.contains(name) { return true }
    let steps = name.split(separator: "/", omittingEmptySubsequences: false)
    return steps.count == 2 && steps[1] == "checkpoint_final.safetensors"
      && isFold(String(steps[0]))
  }

  /// Whether a name is that of a fold's folder.
  static func isFold(_ folder: String) -> Bool {
    guard folder.hasPrefix("fold_") else { return false }
    let fold = folder.dropFirst("fold_".count)
    return fold == "all"
      || (1...4).contains(fold.count) && fold.allSatisfy { $0.isASCII && $0.isNumber }
  }
}

extension ModelName {
  /// The three parts in order.
  var words: [String] { [trainer, plans, configuration] }
}
