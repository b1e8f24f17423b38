// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM
public import Foundation
import Text
public import Volume

/// A segmentation to be written.
public struct SegmentationContent: Sendable {
  /// One segment: the voxels of the mask that have a value.
  public struct Segment: Sendable {
    /// The value in the mask.
    public var value: UInt8
    /// The label that viewers show.
    public var label: String
    /// What kind of thing it is.
    public var category: DICOMCode
    /// What it is.
    public var type: DICOMCode
    /// Where it is.
    public var region: DICOMCode
    /// A name that follow-up examinations keep.
    public var trackingID: String
    /// The identifier of that name.
    public var trackingUID: String
    /// The recommended colour, CIELab as DICOM scales it (PS3.3, C.10.7.1.1).
    public var lab: [UInt16]

    /// A segment.
    public init(
      value: UInt8, label: String, category: DICOMCode, type: DICOMCode, region: DICOMCode,
      trackingID: String, trackingUID: String, lab: [UInt16]
    ) {
      self.value = value
      self.label = label
      self.category = category
      self.type = type
      self.region = region
      self.trackingID = trackingID
      self.trackingUID = trackingUID
      self.lab = lab
    }
  }

  /// The segments, numbered from 1 in this order; one without voxels is described all the same.
  public var segments: [Segment]
  /// AUTOMATIC, SEMIAUTOMATIC or MANUAL.
  public var algorithmType: String
  /// The name of the algorithm.
  public var algorithmName: String
  /// The ContentLabel: capitals, digits and underscores.
  public var label: String
  /// The description of the content.
  public var description: String
  /// Whether a label map is written instead of a frame for each segment and plane.
  public var isLabelMap: Bool
  /// The identifier of the order of the frames.
  public var dimensionUID: String
  /// The frame of reference of a scan that names none.
  public var frameOfReferenceUID: String

  /// A segmentation.
  public init(
    segments: [Segment], algorithmType: String, algorithmName: String, label: String,
    description: String, isLabelMap: Bool, dimensionUID: String, frameOfReferenceUID: String
  ) {
    self.segments = segments
    self.algorithmType = algorithmType
    self.algorithmName = algorithmName
    self.label = label
    self.description = description
    self.isLabelMap = isLabelMap
    self.dimensionUID = dimensionUID
    self.frameOfReferenceUID = frameOfReferenceUID
  }
}

/// A report by TID 1500 to be written.
public struct MeasurementReport: Sendable {
  /// One number.
  public struct Number: Sendable {
    /// What was measured.
    public var concept: DICOMCode
    /// The value.
    public var value: Double
    /// Its unit.
    public var unit: DICOMCode
    /// How it was measured, where a code says it.
    public var method: DICOMCode?

    /// A number.
    public init(_ concept: DICOMCode, _ value: Double, _ unit: DICOMCode, method: DICOMCode? = nil)
    {
      self.concept = concept
      self.value = value
      self.unit = unit
      self.method = method
    }
  }

  /// The numbers about one place.
  public struct Group: Sendable {
    /// A name that follow-up examinations keep, and its identifier.
    public var trackingID: String
    /// The identifier of the name.
    public var trackingUID: String
    /// The number of the segment that the group is about; 0 for all of them together.
    public var segment: Int
    /// What was found.
    public var finding: DICOMCode
    /// Where.
    public var site: DICOMCode
    /// The numbers.
    public var numbers: [Number]

    /// A group.
    public init(
      trackingID: String, trackingUID: String, segment: Int, finding: DICOMCode, site: DICOMCode,
      numbers: [Number]
    ) {
      self.trackingID = trackingID
      self.trackingUID = trackingUID
      self.segment = segment
      self.finding = finding
      self.site = site
      self.numbers = numbers
    }
  }

  /// The identifier of the program as an observer.
  public var deviceUID: String
  /// The reader, as a person's name of DICOM in ASCII.
  public var person: String?
  /// What was examined.
  public var procedure: DICOMCode
  /// The segmentation that groups refer to.
  public var segmentation: (storageClass: String, identity: ObjectIdentity)?
  /// The name of the algorithm.
  public var algorithmName: String
  /// The rules of the numbers, in words.
  public var rules: String
  /// The groups; the last one carries the rules.
  public var groups: [Group]

  /// A report.
  public init(
    deviceUID: String, person: String?, procedure: DICOMCode,
    segmentation: (storageClass: String, identity: ObjectIdentity)?, algorithmName: String,
    rules: String, groups: [Group]
  ) {
    self.deviceUID = deviceUID
    self.person = person
    self.procedure = procedure
    self.segmentation = segmentation
    self.algorithmName = algorithmName
    self.rules = rules
    self.groups = groups
  }
}

/// Writes results as DICOM objects, by DCMTK.
///
/// Every function gives the bytes of a file, so that nothing is on disk before all is made.
public enum ObjectWriter {
  /// A Segmentation; the mask has the scan's grid.
  public static func segmentation(
    _ content: SegmentationContent, mask: Volume<UInt8>, _ identity: ObjectIdentity,
    _ context: ObjectContext
  ) throws(DICOMError) -> Data {
    precondition(mask.extent == context.geometry.extent, "a mask on another grid")
    let memory = CallMemory()
    var object = context.object(identity, memory)
    let segments = content.segments.map { segment in
      cdcmtk_segment(
        value: segment.value, label: memory.text(segment.label),
        category: memory.code(segment.category), type: memory.code(segment.type),
        region: memory.code(segment.region), tracking_id: memory.text(segment.trackingID),
        tracking_uid: memory.text(segment.trackingUID),
        lab: (segment.lab[0], segment.lab[1], segment.lab[2]))
    }
    return try bytes("the segmentation") { bytes, length, error in
      mask.voxels.withUnsafeBufferPointer { voxels in
        var request = cdcmtk_segmentation(
          mask: voxels.baseAddress, segments: memory.array(segments), segment_count: segments.count,
          algorithm_type: memory.text(content.algorithmType),
          algorithm_name: memory.text(content.algorithmName),
          content_label: memory.text(content.label),
          content_description: memory.text(content.description),
          is_label_map: content.isLabelMap ? 1 : 0,
          dimension_uid: memory.text(content.dimensionUID),
          frame_of_reference_uid: memory.text(content.frameOfReferenceUID))
        return cdcmtk_write_segmentation(&object, &request, bytes, length, error)
      }
    }
  }

  /// A Comprehensive SR.
  public static func report(
    _ report: MeasurementReport, _ identity: ObjectIdentity, _ context: ObjectContext
  ) throws(DICOMError) -> Data {
    let memory = CallMemory()
    var object = context.object(identity, memory)
    let groups = report.groups.map { group in
      let numbers = group.numbers.map { number in
        cdcmtk_measurement(
          concept_name: memory.code(number.concept), value: memory.text(decimalText(number.value)),
          unit: memory.code(number.unit), method: memory.code(number.method))
      }
      return cdcmtk_group(
        tracking_id: memory.text(group.trackingID), tracking_uid: memory.text(group.trackingUID),
        segment: UInt16(group.segment), finding: memory.code(group.finding),
        site: memory.code(group.site), measurements: memory.array(numbers), count: numbers.count)
    }
    var request = cdcmtk_report(
      device_uid: memory.text(report.deviceUID), person: memory.text(report.person),
      procedure: memory.code(report.procedure),
      segmentation_class: memory.text(report.segmentation?.storageClass),
      segmentation_uid: memory.text(report.segmentation?.identity.instanceUID),
      segmentation_series: memory.text(report.segmentation?.identity.seriesUID),
      algorithm_name: memory.text(report.algorithmName),
      algorithm_parameters: memory.text(report.rules), groups: memory.array(groups),
      group_count: groups.count)
    return try bytes("the report") { bytes, length, error in
      cdcmtk_write_report(&object, &request, bytes, length, error)
    }
  }

  /// A Secondary Capture; `rgb` has three bytes a pixel, row by row.
  public static func picture(
    _ rgb: [UInt8], width: Int, height: Int, _ identity: ObjectIdentity, _ context: ObjectContext
  ) throws(DICOMError) -> Data {
    precondition(rgb.count == 3 * width * height, "a picture of another size")
    let memory = CallMemory()
    var object = context.object(identity, memory)
    return try bytes("the picture") { bytes, length, error in
      cdcmtk_write_picture(&object, rgb, UInt32(width), UInt32(height), bytes, length, error)
    }
  }

  /// An Encapsulated PDF.
  public static func pdf(
    _ document: [UInt8], title: String, _ identity: ObjectIdentity, _ context: ObjectContext
  ) throws(DICOMError) -> Data {
    let memory = CallMemory()
    var object = context.object(identity, memory)
    return try bytes("the document") { bytes, length, error in
      cdcmtk_write_pdf(&object, document, document.count, title, bytes, length, error)
    }
  }

  private static func bytes(
    _ subject: String,
    _ body: (
      UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutablePointer<Int>,
      UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> Int32
  ) throws(DICOMError) -> Data {
    var bytes: UnsafeMutableRawPointer?
    var length = 0
    try DCMTK.call(subject) { body(&bytes, &length, $0) }
    defer { cdcmtk_free(bytes) }
    return bytes.map { Data(bytes: $0, count: length) } ?? Data()
  }

  /// A number with at most three decimals, for a decimal string.
  private static func decimalText(_ value: Double) -> String {
    shortDecimal(value, decimals: 3)
  }
}
