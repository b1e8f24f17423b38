// SPDX-License-Identifier: Apache-2.0
package import Foundation
import Files
import Workflow

/// What `cac review export` says of a reading beside its mask, in `readings.json`.
package struct ExportedReading: Codable, Sendable, Hashable {
  /// The file's name in the folder of an export.
  package static let fileName = "readings.json"

  /// The study's name.
  package let study: String
  /// The mask's path in the folder of the export.
  package let mask: String
  /// Whether the mask's values are arteries; else they are calcium of no named one.
  package let hasArteries: Bool
  /// Whose reading it is.
  package let reader: String
  /// Whether all of it is the reader's, and no model or mask was begun with.
  package let isFromNothing: Bool
  /// The name that it was signed with; `nil` where it is not signed.
  package let signature: String?
  /// When it was signed, in UTC.
  package let signed: String?

  /// A reading.
  package init(
    study: String, mask: String, hasArteries: Bool, reader: String, isFromNothing: Bool,
    signature: String?, signed: String?
  ) {
    (self.study, self.mask, self.hasArteries) = (study, mask, hasArteries)
    (self.reader, self.isFromNothing) = (reader, isFromNothing)
    (self.signature, self.signed) = (signature, signed)
  }

  /// The signed reading of one study in a store, with its mask in a folder, by the program of the
  /// review page.
  ///
  /// - Parameter options: how the study is read, as `cac review export` takes it.
  /// - Throws: `WorkflowError` where the store has no signed reading of it.
  package static func export(
    _ study: URL, from store: URL, options: [String], to folder: URL
  ) throws -> ExportedReading {
    try ReviewVerbs.runSibling(
      ["export", study.path, "--store", store.path, "-o", folder.path] + options)
    let readings = try JSONFile.read(
      [ExportedReading].self, from: folder.appendingPathComponent(fileName))
    guard readings.count == 1, let reading = readings.first else {
      throw WorkflowError(
        .invalid, "\(study.path): holds \(readings.count) studies that were read; name one study")
    }
    return reading
  }
}
