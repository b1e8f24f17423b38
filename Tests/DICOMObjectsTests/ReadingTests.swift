// SPDX-License-Identifier: Apache-2.0
import DICOM
import DICOMObjects
import Foundation
import TestSupport
import Testing

/// DCMTK's readers, opened on first use.
@Suite struct `Objects that were read` {
  @Test func `what is no Segmentation and no report is refused with its path`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("x.dcm")
    try Data("no DICOM at all".utf8).write(to: file)
    let segmentation = #expect(throws: DICOMError.self) { try SegmentationFile(file) }
    #expect(segmentation?.subject == file.path)
    let report = #expect(throws: DICOMError.self) { try MeasurementFile(file) }
    #expect(report?.subject == file.path)
  }

  @Test func `the library says its version`() throws {
    #expect(try DCMTK.version().hasPrefix("3."))
  }
}
