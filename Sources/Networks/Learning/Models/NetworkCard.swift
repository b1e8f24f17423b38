// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// What the networks in a model's folder are, where they are others than nnU-Net's.
///
/// The file lies beside plans.json and dataset.json; a folder without it holds networks of nnU-Net.
package struct NetworkCard: Codable, Sendable, Hashable {
  /// The name of the file.
  package static let fileName = "network.json"

  /// The word of `cac train --network`.
  package let network: String
  /// Where it is published.
  package let source: String
  /// The classes that it tells apart, without background.
  package let classes: [String]
  /// The published classes that its data set does not label.
  package let missing: [String]
  /// The number of trained numbers.
  package let parameters: Int

  /// A card.
  package init(
    network: String, source: String, classes: [String], missing: [String], parameters: Int
  ) {
    self.network = network
    self.source = source
    self.classes = classes
    self.missing = missing
    self.parameters = parameters
  }

  /// Writes the card into a model's folder, complete or not at all.
  package func write(in folder: URL) throws {
    try JSONFile.write(self, to: folder.appendingPathComponent(Self.fileName))
  }
}

extension Model {
  /// What the networks are, where they are others than nnU-Net's; else `nil`.
  ///
  /// - Throws: `LearningError` with the code `model` where the card cannot be read.
  package func networkCard() throws -> NetworkCard? {
    guard let text = try text(named: NetworkCard.fileName) else { return nil }
    guard let card = try? JSONDecoder().decode(NetworkCard.self, from: text) else {
      throw LearningError(
        .model, subject: "\(folder.path)/\(NetworkCard.fileName)",
        detail: "is no card of a network; train again")
    }
    return card
  }
}
