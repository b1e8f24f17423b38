// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM
public import Foundation

/// A Segmentation that was read: binary, fractional or a label map.
public struct SegmentationFile: Sendable {
  /// How the frames hold their segments.
  public enum Kind: Sendable {
    /// A frame has one segment, 0 or 1.
    case binary
    /// A frame has one segment, as a share of its maximum.
    case fractional
    /// A frame has all segments, by their numbers.
    case labelMap
  }

  /// A segment.
  public struct Segment: Sendable, Hashable {
    /// Its number, from 1; 0 is the background of a label map.
    public let number: Int
    /// Its label.
    public let label: String
    /// The code of what it is.
    public let type: String
    /// The code of where it is; empty where the file does not say it.
    public let region: String
  }

  /// A frame.
  public struct Frame: Sendable {
    /// The number of its segment; 0 in a label map.
    public let segment: Int
    /// The centre of its first pixel in LPS mm.
    public let position: SIMD3<Double>
    /// The directions of its rows and columns.
    public let direction: (x: SIMD3<Double>, y: SIMD3<Double>)
    /// The distance of its pixels along x and y in mm.
    public let spacing: SIMD2<Double>
    /// Its pixels, row by row.
    public let pixels: [UInt8]
  }

  /// How the frames hold their segments.
  public let kind: Kind
  /// The largest value of a pixel.
  public let maximum: Int
  /// The rows and columns of a frame.
  public let size: (rows: Int, columns: Int)
  /// The segments in the file's order.
  public let segments: [Segment]
  /// The frame of reference; empty where the file names none.
  public let frameOfReferenceUID: String
  /// The series that it was made from; empty where the file names none.
  public let sourceSeriesUID: String
  /// The frames in the file's order.
  public let frames: [Frame]

  /// Reads a file.
  ///
  /// - Throws: `DICOMError` for what is no Segmentation, is damaged, or is compressed in a way that
  ///   DCMTK does not read.
  public init(_ url: URL) throws(DICOMError) {
    var handle: OpaquePointer?
    var info = cdcmtk_segments_info()
    try DCMTK.call(url.path, isFile: true) { cdcmtk_open_segments(url.path, &handle, &info, $0) }
    defer { cdcmtk_close_segments(handle) }
    kind = info.kind == 0 ? .binary : info.kind == 1 ? .fractional : .labelMap
    maximum = Int(info.maximum)
    size = (Int(info.rows), Int(info.columns))
    frameOfReferenceUID = String(cString: info.frame_of_reference_uid)
    sourceSeriesUID = String(cString: info.source_series_uid)
    segments = (0..<info.segment_count).map { index in
      var segment = cdcmtk_segment_info()
      cdcmtk_segment_at(handle, index, &segment)
      return Segment(
        number: Int(segment.number), label: String(cString: segment.label),
        type: String(cString: segment.type), region: String(cString: segment.region))
    }
    var frames: [Frame] = []
    frames.reserveCapacity(info.frame_count)
    for index in 0..<info.frame_count {
      var place = cdcmtk_frame_info()
      var pixels = [UInt8](repeating: 0, count: size.rows * size.columns)
      try DCMTK.call(url.path, isFile: true) { error in
        pixels.withUnsafeMutableBufferPointer {
          cdcmtk_frame_at(handle, index, &place, $0.baseAddress, error)
        }
      }
      let (p, o) = (place.position, place.orientation)
      frames.append(
        Frame(
          segment: Int(place.segment), position: SIMD3(p.0, p.1, p.2),
          direction: (SIMD3(o.0, o.1, o.2), SIMD3(o.3, o.4, o.5)),
          spacing: SIMD2(place.spacing.0, place.spacing.1), pixels: pixels))
    }
    self.frames = frames
  }
}
