// SPDX-License-Identifier: Apache-2.0
import DICOM
import DICOMObjects
import Foundation
import TestSupport
import Testing

struct ReadingTests {
  @Test func `what is no Segmentation is refused with its path`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("x.dcm")
      try Data("no DICOM at all".utf8).write(to: file)
      let segmentation = #expect(throws: DICOMError.self) { try SegmentationFile(file) }
      #expect(segmentation?.subject == file.path)
      let report = #expect(throws: DICOMError.self) { try MeasurementFile(file) }
      #expect(report?.subject == file.path)
    }
  }
}
