// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Text
import Workflow

/// The list of what a file with a model of several stages holds, `stages.json`.
///
/// Nothing in it names a patient, a person, a path or a date.
struct StageManifest: Codable, Hashable, Sendable {
  /// The name of the list in a file or folder.
  static let fileName = "stages.json"
  /// The name of the rules between the stages.
  static let rulesName = "rules.json"
  private static let format = "cac-stages"
  private static let newestVersion = 1

  /// One stage.
  struct Stage: Codable, Hashable, Sendable {
    /// Its name, such as "localiser"; its weights lie in a part of this name.
    let name: String
    /// The kind of network.
    let kind: String
    /// The number of its weights.
    let parameters: Int
    /// The SHA-256 of its weights' file.
    let sha256: String

    /// The name of the part with the weights.
    var file: String { Self.file(name) }
    /// The name of the part with the card.
    var card: String { "\(name).md" }

    static func file(_ name: String) -> String { "\(name).safetensors" }
  }

  private let format: String
  private let formatVersion: Int
  /// The model's name.
  let name: String
  /// The model's version.
  let version: String?
  /// The licence of its weights, where somebody states it, and likewise what it is for and what it was
  /// trained on.
  let licence: String?
  let intendedUse: String?
  let trainingData: String?
  /// The stages in the order in which they work.
  let stages: [Stage]
  /// Every other part of the file.
  var parts: [ModelCard.Part]

  init(
    name: String, version: String?, statements: ModelCard.Statements, stages: [Stage],
    parts: [ModelCard.Part] = []
  ) {
    format = Self.format
    formatVersion = Self.newestVersion
    self.name = name
    self.version = version
    licence = statements.licence
    intendedUse = statements.intendedUse
    trainingData = statements.trainingData
    self.stages = stages
    self.parts = parts
  }

  private enum CodingKeys: String, CodingKey {
    case format, name, version, licence, stages, parts
    case formatVersion = "format_version"
    case intendedUse = "intended_use"
    case trainingData = "training_data"
  }

  /// The names that a model's stages have, in the order in which they work.
  static let stageNames = ["localiser", "classifier"]

  /// The names of all parts that a file may hold beside the list.
  static let partNames =
    [ModelCard.pageName, rulesName, UncertaintyCalibration.fileName]
    + stageNames.flatMap { [Stage.file($0), "\($0).md"] }

  /// Why a file with this list cannot be read, in one sentence; `nil` where it can.
  var fault: String? {
    if format != Self.format { return "is no model of stages: its format is \(format.shown())" }
    if formatVersion != Self.newestVersion {
      return
        "is of version \(formatVersion), this program reads \(Self.newestVersion); use a newer "
        + "cac"
    }
    if let fault = Self.fault(ofName: name) { return fault }
    if let version, let fault = Self.fault(ofName: version) { return fault }
    let names = parts.map(\.name)
    if Set(names).count != names.count { return "lists a part twice" }
    if let odd = names.first(where: { !Self.partNames.contains($0) }) {
      return "holds \(odd.shown()), which is no part of a model"
    }
    guard stages.first?.name == Self.stageNames[0] else { return "holds no localiser" }
    for stage in stages {
      guard Self.stageNames.contains(stage.name),
        parts.first(where: { $0.name == stage.file })?.sha256 == stage.sha256
      else { return "names a stage \(stage.name.shown()) whose weights it does not hold" }
    }
    return nil
  }

  /// Why a word cannot be a name or a version, in one sentence; `nil` where it can.
  static func fault(ofName text: String) -> String? {
    let isWord =
      !text.isEmpty && text.utf8.count <= 100 && !text.hasPrefix(".")
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.+".contains($0)) }
    return isWord
      ? nil
      : "calls itself \(text.shown()); names and versions are letters, digits and the signs _ - . +"
  }
}
