// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM
public import Foundation

/// The numbers of a report by TID 1500, Comprehensive or Enhanced.
public struct MeasurementFile: Sendable {
  /// A number.
  public struct Number: Sendable, Hashable {
    /// The group that it lies in, from 0.
    public let group: Int
    /// What the group tracks.
    public let trackingID: String
    /// The code of the place; empty where the report does not say it.
    public let site: String
    /// The code of what was found.
    public let finding: String
    /// The code of what was measured.
    public let concept: String
    /// The same in words.
    public let meaning: String
    /// The value; `nil` where the report has none.
    public let value: Double?
    /// The code of its unit.
    public let unit: String
  }

  /// The numbers in the report's order.
  public let numbers: [Number]

  /// Reads a file; throws for what is no structured report.
  public init(_ url: URL) throws(DICOMError) {
    var handle: OpaquePointer?
    var count = 0
    try DCMTK.call(url.path, isFile: true) { cdcmtk_open_numbers(url.path, &handle, &count, $0) }
    defer { cdcmtk_close_numbers(handle) }
    numbers = (0..<count).map { index in
      var number = cdcmtk_number()
      cdcmtk_number_at(handle, index, &number)
      return Number(
        group: number.group, trackingID: String(cString: number.tracking_id),
        site: String(cString: number.site), finding: String(cString: number.finding),
        concept: String(cString: number.concept_name), meaning: String(cString: number.meaning),
        value: Double(String(cString: number.value)), unit: String(cString: number.unit))
    }
  }
}
