// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Figures
import Files
import Foundation
import NIfTI
import Studies
import Text
import Volume

extension Preparation {
  /// Writes the cases and overlays of one subject; the record of a subject that cannot be used
  /// holds the reason.
  ///
  /// - Throws: `FileError` where the disk cannot be written, which ends the whole preparation.
  func prepare(_ candidate: Candidate, isTest: Bool, madeFrom key: String) throws -> PrepareRecord {
    let subject = candidate.location
    var entry = PrepareReport.Subject(id: subject.id, isTest: isTest)
    let audited = AuditedSubject(
      subject, annotation: candidate.annotation, reading: dicom.reading)
    let audit = audited.audit
    entry.findings = (audit.anomalies + audit.notes).map { "\($0.code.rawValue): \($0.detail)" }
    entry.findings += audited.ct?.notes.map { "\($0.code.rawValue): \($0.detail)" } ?? []
    entry.annotatedAgatston = audit.reference?.agatston
    entry.isImplicitZero = subject.annotation == nil
    entry.seriesUID = audit.series?.uid
    guard audit.usable, let ct = audited.ct else {
      entry.leftOut =
        audit.anomalies.isEmpty
        ? "no series that makes a volume"
        : audit.reasons
      return try record(entry, madeFrom: key, outputs: [])
    }
    let volume = ct.volume
    let mask =
      audited.annotation?.mask(ct: volume, fill: fill, labels: labels).volume
      ?? Volume<UInt8>(geometry: volume.geometry, repeating: 0)
    let annotated = (0..<volume.extent.slices).filter { mask.slice($0).contains { $0 != 0 } }
    entry.acquisition = ct.acquisition
    entry.slices = volume.extent.slices
    entry.annotatedSlices = annotated.count
    let name = Self.caseName(subject.id)
    var outputs: [String] = []
    switch dimension {
    case .threeD:
      outputs += try write(volume, mask, as: name, isTest: isTest)
      entry.cases = [name]
    case .twoD:
      for z in slices == .all ? Array(0..<volume.extent.slices) : annotated {
        let slice = "\(name)_s\("\(z)".zeroPadded(to: 3))"
        outputs += try write(volume.singleSlice(z), mask.singleSlice(z), as: slice, isTest: isTest)
        entry.cases.append(slice)
      }
    }
    let overlay = try Overlay(ct: volume, reference: mask, prediction: nil)
    for z in annotated {
      let path = "overlays/\(name)_s\(z).png"
      try StagedFile.write(
        overlay.picture(slice: z).png, to: folder.appendingPathComponent(path))
      outputs.append(path)
    }
    return try record(entry, madeFrom: key, outputs: outputs)
  }

  /// The name of a subject's case; ids are padded so that they sort as numbers do.
  static func caseName(_ id: String) -> String { PreparedName.of(id) }

  /// Writes the image and the labels of a case; returns their paths below the data set's folder.
  private func write(
    _ volume: Volume<Int16>, _ mask: Volume<UInt8>, as name: String, isTest: Bool
  ) throws -> [String] {
    let part = isTest ? "Ts" : "Tr"
    let paths = ["images\(part)/\(name)_0000.nii.gz", "labels\(part)/\(name).nii.gz"]
    try NIfTIFile.write(
      volume, to: folder.appendingPathComponent(paths[0]), compressionLevel: compression)
    try NIfTIFile.write(
      mask, to: folder.appendingPathComponent(paths[1]), compressionLevel: compression)
    return paths
  }
}
