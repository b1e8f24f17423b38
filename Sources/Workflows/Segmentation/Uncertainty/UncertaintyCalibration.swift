// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import Text
import Workflow

/// How surely a model's probabilities of candidates are right, fitted on scans that it never saw.
///
/// It lies as `calibration.json` beside a model's plans or its stages, or in the file of an exported model.
package struct UncertaintyCalibration: Codable, Hashable, Sendable, CustomStringConvertible {
  /// The name of the file in a model's folder or file.
  package static let fileName = "calibration.json"

  /// What the logits of candidates' probabilities are divided by.
  package let temperature: Double
  /// By how much the logarithms of 1 + the ends of a range are moved apart, so that it holds the share
  /// `level` of scans like these; `nil` where no range would, because calcium is missed too often.
  package let margin: Double?
  /// The share of scans whose score lies within its range.
  package let level: Double
  /// The number of scans that it was fitted on: half of them the temperature, the others the margin.
  package let scans: Int
  /// The number of candidates that the temperature was fitted on.
  package let candidates: Int

  /// A calibration.
  package init(temperature: Double, margin: Double?, level: Double, scans: Int, candidates: Int) {
    self.temperature = temperature
    self.margin = margin
    self.level = level
    self.scans = scans
    self.candidates = candidates
  }

  /// Reads a calibration.
  ///
  /// - Throws: `WorkflowError` where it is none that this program can use.
  package init(_ text: Data, subject: String) throws {
    guard let read = try? JSONDecoder().decode(Self.self, from: text), read.isSound else {
      throw WorkflowError(
        .invalid,
        "\(subject): is no calibration that this program can use; run cac model calibrate again")
    }
    self = read
  }

  /// The calibration that a model of nnU-Net's kind comes with.
  init?(of model: Model) throws {
    guard let text = try model.text(named: Self.fileName) else { return nil }
    try self.init(text, subject: "\(model.folder.path)/\(Self.fileName)")
  }

  /// The numbers in one sentence.
  package var description: String {
    let range =
      margin.map { "margin \(readable($0, 3))" } ?? "no margin: calcium is missed too often"
    return "temperature \(readable(temperature, 2)), \(range), by \(counted(scans, "scan"))"
  }

  private var isSound: Bool {
    temperature.isFinite && temperature > 0 && scans > 0 && (margin ?? 0).isFinite
      && (margin ?? 0) >= 0 && level > 0 && level < 1
  }

  /// The calibration as JSON.
  package var data: Data { get throws { try JSONFile.data(self) } }
}
