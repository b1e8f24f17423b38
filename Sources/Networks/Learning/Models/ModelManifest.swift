// SPDX-License-Identifier: Apache-2.0
import Text

/// What the card of an exported model, `model.json`, says for programs: who it is and its parts.
///
/// The card holds more than this, for people; only these keys decide how the file is read.
package struct ModelManifest: Codable, Sendable, Hashable {
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

  /// Which model the file holds besides: the first stage of a cascade.
  package struct Stage: Codable, Sendable, Hashable {
    /// The class of nnU-Net that trained it.
    package let trainer: String
    /// The name of its plans.
    package let plans: String
    /// The name of its configuration.
    package let configuration: String

    /// A model with the three words of its folder's name.
    package init(trainer: String, plans: String, configuration: String) {
      self.trainer = trainer
      self.plans = plans
      self.configuration = configuration
    }

    /// The three words of its folder's name.
    var identity: [String] { [trainer, plans, configuration] }
  }

  /// The name of the card in the file.
  package static let name = "model.json"
  /// The value of `format` in every card.
  package static let format = "cac-model"
  /// The newest version that is read.
  private static let newest = 2
  /// The folder in the file that holds the parts of a cascade's first stage.
  package static let previousStageFolder = "previous_stage/"

  /// The version that is written: of cascades with their first stage 2, which older programs refuse.
  package static func version(isCascade: Bool) -> Int { isCascade ? 2 : 1 }

  /// Always `cac-model`.
  package let format: String
  /// The version of the layout.
  package let formatVersion: Int
  /// The class of nnU-Net that trained it.
  package let trainer: String
  /// The name of its plans.
  package let plans: String
  /// The name of its configuration.
  package let configuration: String
  /// The first stage of a cascade, where the file holds it.
  package let previousStage: Stage?
  /// Every other part of the file.
  package let parts: [Part]

  enum CodingKeys: String, CodingKey {
    case format
    case formatVersion = "format_version"
    case trainer, plans, configuration, parts
    case previousStage = "previous_stage"
  }

  /// What cannot be, or `nil`.
  var fault: String? {
    if format != Self.format { return "is no model of cac: its format is \(format.shown())" }
    guard (1...Self.newest).contains(formatVersion) else {
      return "is of version \(formatVersion), this program reads 1 to \(Self.newest); "
        + "use a newer cac, or import it there and copy the folder"
    }
    let words = [trainer, plans, configuration] + (previousStage?.identity ?? [])
    for name in words where !Self.isWord(name) {
      return "calls itself \(name.shown()), which cannot be the name of a folder"
    }
    let names = parts.map(\.name)
    if Set(names).count != names.count { return "lists a part twice" }
    let folder = Self.previousStageFolder
    let odd = names.first { name in
      guard previousStage != nil, name.hasPrefix(folder) else { return !Self.isPart(name) }
      let inside = String(name.dropFirst(folder.count))
      return inside != Self.name && !Self.isPart(inside)
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
    if ["MODEL.md", "plans.json", "dataset.json", "dataset_fingerprint.json"].contains(name) {
      return true
    }
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
