// SPDX-License-Identifier: Apache-2.0
import COCA
import Files

/// What can be wrong with a subject of a COCA tree: the anomalies that its copies are known for.
///
/// `cac phantom --anomalies` makes one subject of each, and an audit has to find each by rules that
/// know no subject.
enum PhantomAnomaly: String, CaseIterable, Sendable {
  case annotationWithoutDICOM = "annotation without DICOM"
  case finerAnnotation = "annotated on 1.5 mm slices, DICOM of 3 mm"
  case finerSeries = "1.5 mm reconstruction"
  case oddStep = "z step of 2.95 mm"
  case doubledPosition = "one slice position twice, indices above it off by one"
  case indexInOneSeries = "two series in one folder, the index counts within one"
  case identicalPositions = "two series at identical positions"
  case unknownNames = "ROIs whose names are no artery, one of them with 2 points and zero mean"
  case metal = "HU 3071: metal"
  case twoFolders = "two sub-folders"
  case unusualVoltage = "80 kV"
  case emptyFile = "a DICOM file of zero bytes"
  case truncatedFile = "a truncated DICOM file"
  case outsideScan = "ROIs above the last slice"
  case missingEnding = "DICOM files without the ending .dcm"
  case noise = ".DS_Store files, blanks and % in a folder's name"

  /// The anomalies that an audit has to report, and no others.
  var codes: Set<FindingCode> {
    switch self {
    case .annotationWithoutDICOM: [.annotationWithoutDICOM]
    case .finerAnnotation:
      [.unmatchedRegion, .indexPastLastSlice, .indexDisagreement, .incrementMismatch]
    case .finerSeries, .oddStep: [.unusualIncrement]
    case .doubledPosition: [.duplicatePosition, .indexDisagreement, .unreadableVolume]
    case .indexInOneSeries: [.severalSeries]
    case .identicalPositions: [.severalSeries, .identicalPositions]
    case .unknownNames: [.unknownArtery]
    case .metal: [.metal]
    case .twoFolders: [.severalFolders]
    case .unusualVoltage: [.unusualVoltage]
    case .emptyFile: [.unreadableFiles, .unevenSlices, .unreadableVolume]
    case .truncatedFile: [.unreadableFiles, .unreadableVolume]
    case .outsideScan: [.unmatchedRegion, .indexPastLastSlice]
    case .missingEnding, .noise: []
    }
  }

  /// The note that an audit has to make, which is no anomaly.
  var note: FindingCode? { self == .missingEnding ? .missingEnding : nil }
}

/// The list of what an audit has to find: `anomalies.csv`, beside `truth.csv`.
struct ExpectedFindings: Sendable {
  private var rows: [[String]] = []

  /// Adds what is expected of a subject, or of a whole file; codes are separated by blanks.
  mutating func add(_ subject: String, _ what: String, codes: [String], notes: [String] = []) {
    rows.append([
      subject, what, codes.sorted().joined(separator: " "), notes.joined(separator: " "),
    ])
  }

  var text: String {
    CSVTable(header: ["subject", "anomaly", "codes", "notes"], rows: rows).text
  }
}
