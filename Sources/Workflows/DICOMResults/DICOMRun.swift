// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import DICOMObjects
import Figures
import Files
import Foundation
import Scoring
package import Studies
import Text
import Volume
package import Workflow

/// Writes the result of a study as DICOM objects: what `cac dicom` does.
///
/// Objects carry the patient's identity, as archives need it; nothing else of this package does.
package struct DICOMRun: Sendable {
  private let request: DICOMRequest

  /// A run.
  package init(_ request: DICOMRequest) { self.request = request }

  /// What was written.
  package struct Outcome: Sendable {
    /// The score in Agatston points.
    package let agatston: Double
    /// The files by name, in the folder that was asked for, and what each is.
    package let files: [(name: String, kind: DICOMRequest.Kind)]
    /// Notes on the model.
    package let remarks: [String]

    /// What was written, a line for each file.
    package func summary(in folder: String) -> String {
      (["Agatston score \(readable(agatston)); written to \(folder):"]
        + files.map { "  \($0.name.padded(to: 16)) \($0.kind.title)" }).joined(separator: "\n")
    }
  }

  /// Scores the study and writes its objects.
  ///
  /// - Throws: `WorkflowError` for a study that is no single DICOM series or cannot be scored.
  package func run(
    listing: (SeriesListing) -> Void = { _ in }, say: (String) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) async throws -> Outcome {
    var scoring = request.scoring
    scoring.keepsScans = true
    scoring.keepsPictures = request.kinds.contains(.pdf) || request.kinds.contains(.sc)
    let found = try ScanSearch(scoring.input)
    guard found.scans.count == 1 else {
      throw WorkflowError(
        .invalid,
        "\(scoring.input.path): holds \(counted(found.scans.count, "study", "studies")); name one study"
      )
    }
    guard found.scans[0].imageFile == nil else {
      throw WorkflowError(
        .invalid,
        "\(scoring.input.path): is no DICOM study; patient and study are taken over from one, so name "
          + "its folder")
    }
    let outcome = try await ScoringRun(scoring).run(listing: listing, say: say, progress: progress)
    guard let scan = outcome.kept.first else {
      throw WorkflowError(.nothingDone, "\(scoring.input.path): nothing was scored")
    }
    let origin =
      request.origin
      ?? (scan.model != nil
        || scoring.mask.map { !CommandHistory.prediction(of: $0).isEmpty } == true ? .ai : .reader)
    let hasArteries = scan.hasArteryLabels || scoring.labels == .arteries
    let objects = try ResultObjects(scan, origin, hasArteries: hasArteries, request)
    var written: [(name: String, kind: DICOMRequest.Kind, data: Data)] = []
    for kind in request.kinds {
      for (name, data) in try objects.files(kind) { written.append((name, kind, data)) }
    }
    try Folder.create(request.output)
    for file in written {
      try StagedFile.write(file.data, to: request.output.appendingPathComponent(file.name))
    }
    try RunRecord(command: "dicom", remarks: outcome.remarks, earlier: outcome.earlier)
      .write(beside: request.output.appendingPathComponent("dicom"))
    return Outcome(
      agatston: scan.score.score.agatston, files: written.map { ($0.name, $0.kind) },
      remarks: outcome.remarks)
  }
}
