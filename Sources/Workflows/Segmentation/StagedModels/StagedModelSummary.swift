// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import Stages
import Text
import Torch
import Workflow

/// What a model of several stages is, for `cac model show` and its card.
package struct StagedModelSummary: Encodable, Sendable {
  /// One stage.
  package struct Stage: Encodable, Sendable {
    /// Its name.
    package let name: String
    /// The kind of network.
    package let kind: String
    /// The number of its weights.
    package let parameters: Int
    /// What it sees and says, by name.
    package let design: [String: String]
    /// The SHA-256 of its weights' file.
    package let sha256: String
  }

  /// The model's name.
  package var name: String
  /// The model's version.
  package var version: String?
  /// The SHA-256 of its file, or of the sums of its stages.
  package let sha256: String?
  /// The stages in the order in which they work.
  package let stages: [Stage]
  /// The licence of its weights, where somebody states it.
  package var licence: String?
  /// What it is for.
  package var intendedUse: String?
  /// What it was trained on.
  package var trainingData: String?
  /// How surely its probabilities are right; `nil` where it was never calibrated.
  package let calibration: UncertaintyCalibration?
  private let rules: JSON

  /// Opens a model, compares the sums of its parts, and loads every stage.
  package init(at url: URL) throws { try self.init(StagedModelSource(url)) }

  init(_ source: StagedModelSource) throws {
    name = source.identity.name
    version = source.identity.version
    sha256 = source.identity.sha256
    licence = source.manifest?.licence
    intendedUse = source.manifest?.intendedUse
    trainingData = source.manifest?.trainingData
    for part in source.manifest?.parts ?? [] { _ = try source.bytes(part.name) }
    rules = try JSON.parse(StageRulesFile.data(source.rules), subject: "rules")
    calibration = try source.calibration()
    stages = try source.stageNames.map { name in
      let file = StageManifest.Stage.file(name)
      let sum = Digest.sha256(try source.bytes(file) ?? Data())
      // Both ways the network is built, so that weights which do not fit it are found here.
      if name == StageManifest.stageNames[0] {
        let stage = try source.localiser(on: .cpu)
        return Stage(
          name: name, kind: LocaliserDesign.kind,
          parameters: stage.parameters.reduce(0) { $0 + $1.tensor.count },
          design: [
            "voxels": "\(shortDecimal(stage.design.spacing, decimals: 3)) mm",
            "features": stage.design.features.map { "\($0)" }.joined(separator: "–"),
            "classes": stage.design.classes.joined(separator: ", "),
            "heat maps": stage.design.heatMaps.joined(separator: ", "),
          ], sha256: sum)
      }
      let stage = try source.withWeights(of: name) {
        try CandidateClassifier(contentsOf: $0, on: .cpu)
      }
      return Stage(
        name: name, kind: ClassifierDesign.kind,
        parameters: stage.parameters.reduce(0) { $0 + $1.tensor.count },
        design: [
          "features": stage.design.features.map { "\($0)" }.joined(separator: "–"),
          "classes": stage.design.classes.joined(separator: ", "),
        ], sha256: sum)
    }
  }

  /// What somebody states about the model.
  var statements: ModelCard.Statements {
    .init(licence: licence, intendedUse: intendedUse, trainingData: trainingData)
  }

  /// The rules between the stages by name, as text.
  var ruleRows: [(String, String)] {
    (rules.object?.keys ?? []).map { name in
      let text = rules.object?[name]?.text ?? ""
      return (name, text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  /// The summary as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(self), as: UTF8.self) }
  }

  /// The summary as a table of two columns.
  package var table: String {
    let title = name + (version.map { " \($0)" } ?? "")
    var rows = [("model", "\(title), \(counted(stages.count, "stage"))")]
    if let sha256 { rows.append(("SHA-256", sha256)) }
    for (name, value) in [
      ("licence", licence), ("intended use", intendedUse), ("training data", trainingData),
    ] {
      if let value { rows.append((name, value)) }
    }
    for stage in stages {
      rows.append(("stage", "\(stage.name), \(readable(stage.parameters)) weights"))
      rows += stage.design.sorted { $0.key < $1.key }.map { ("  " + $0.key, $0.value) }
    }
    rows.append(("rules", ruleRows.map { "\($0.0) \($0.1)" }.joined(separator: ", ")))
    if let calibration { rows.append(("calibration", "\(calibration)")) }
    return rows.map { $0.0.padded(to: 15) + $0.1 }.joined(separator: "\n")
  }
}
