// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Files
import Foundation
import Phantom
import Text
import Volume
import Workflow

/// The files of one synthetic subject, before they are written.
struct PhantomFiles: Sendable {
  /// One series in one folder.
  struct Series: Sendable {
    /// The folder below the subject's; empty for the subject's own.
    var folder: String
    var ct: Volume<Int16>
    /// The text that the DICOM identifiers are derived from.
    var key: String
    var seriesNumber = 2
    var acquisition: Acquisition
    /// The slices that are written, by their index.
    var slices: [Int]
    /// The number of the file of the highest slice.
    var firstFile = 1
    /// The ending of the file names.
    var ending = ".dcm"
    /// A slice that is written a second time, as a file of its own.
    var doubled: Int?
  }

  var annotation: Annotation?
  var series: [Series]
  /// Spoils the files at the end, in the subject's folder.
  var spoil: @Sendable (URL) throws -> Void = { _ in }

  /// The files of a subject without anomalies.
  init(_ subject: PhantomSubject, annotation: Annotation?, folder: String, key: String) {
    self.annotation = annotation
    let acquisition = subject.acquisition
    series = [
      Series(
        folder: folder, ct: subject.ct, key: key,
        acquisition: Acquisition(
          kilovolts: acquisition.kilovoltage, kernel: acquisition.kernel.name,
          sliceThickness: acquisition.thickness, manufacturer: acquisition.kernel.manufacturer),
        slices: Array(0..<subject.ct.extent.slices))
    ]
  }

  /// The usual name of the series' folder.
  static func seriesFolder(_ acquisition: PhantomAcquisition) -> String {
    "Pro_Gated_CS_\(decimal(acquisition.thickness))_\(acquisition.kernel.name)"
  }

  /// Writes the series into a subject's folder, complete or not at all.
  func writeSeries(to patient: URL) throws {
    try Folder.write(to: patient) { staged in
      for item in series { try item.write(below: staged) }
      try spoil(staged)
    }
  }
}

extension PhantomFiles.Series {
  /// As in COCA, file names count downwards: the first file is the highest slice.
  func fileName(slice: Int) -> String { name(ct.extent.slices - slice - 1) }

  private func name(_ number: Int) -> String {
    "IM" + "\(firstFile + number)".zeroPadded(to: 4) + ending
  }

  fileprivate func write(below patient: URL) throws {
    let target = folder.isEmpty ? patient : patient.appendingPathComponent(folder)
    let options = DICOMSeriesOptions(
      identifiersFrom: key, seriesNumber: seriesNumber, acquisition: acquisition)
    for slice in slices {
      try DICOMWriter.writeSlice(
        slice, of: ct, to: target.appendingPathComponent(fileName(slice: slice)), options: options)
    }
    if let doubled {
      let count = ct.extent.slices
      try DICOMWriter.writeSlice(
        doubled, of: ct, to: target.appendingPathComponent(name(count)), options: options,
        instanceNumber: count + 1)
    }
  }
}
