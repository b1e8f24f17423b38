// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM
import Foundation
public import Volume

/// What the objects of one result have in common: the scan that they were made from, and the program.
///
/// Patient and study are taken over from the scan's first file, byte for byte and with its character
/// set. They are never held in memory of this program's own, nor in a message.
public struct ObjectContext: Sendable {
  /// Where the planes of the scan were read from, in the volume's order.
  public var planes: [CTSeries.Plane]
  /// The grid of the scan.
  public var geometry: Geometry
  /// Who made the program.
  public var manufacturer = "CACScoring"
  /// The name of the program, and of the model where one made the result; at most 64 characters.
  public var model: String
  /// What tells this installation or model from others.
  public var serial: String
  /// The version of the program.
  public var version: String
  /// The day as YYYYMMDD.
  public var date: String
  /// The time as HHMMSS.
  public var time: String

  /// A context; texts are ASCII.
  public init(
    planes: [CTSeries.Plane], geometry: Geometry, model: String, serial: String, version: String,
    date: String, time: String
  ) {
    self.planes = planes
    self.geometry = geometry
    self.model = model
    self.serial = serial
    self.version = version
    self.date = date
    self.time = time
  }

  /// The structure for a call about one object.
  func object(_ identity: ObjectIdentity, _ memory: CallMemory) -> cdcmtk_object {
    let planes = planes.map { plane in
      cdcmtk_plane(
        path: memory.text(plane.url?.path), frame: UInt32(plane.frame),
        position: (plane.origin.x, plane.origin.y, plane.origin.z))
    }
    return cdcmtk_object(
      planes: memory.array(planes), plane_count: planes.count,
      rows: UInt32(geometry.extent.rows), columns: UInt32(geometry.extent.columns),
      increment: geometry.spacing.z, series_uid: memory.text(identity.seriesUID),
      instance_uid: memory.text(identity.instanceUID),
      series_number: UInt32(identity.seriesNumber),
      instance_number: UInt32(identity.instanceNumber),
      description: memory.text(identity.description), manufacturer: memory.text(manufacturer),
      model: memory.text(model), serial: memory.text(serial), version: memory.text(version),
      date: memory.text(date), time: memory.text(time))
  }
}

/// What tells an object from others.
public struct ObjectIdentity: Sendable, Hashable {
  /// The storage classes of the objects (PS3.4, B.5).
  public enum StorageClass {
    /// Segmentation with a frame for each segment and plane.
    public static let segmentation = "1.2.840.10008.5.1.4.1.1.66.4"
    /// Label map segmentation.
    public static let labelMap = "1.2.840.10008.5.1.4.1.1.66.7"
  }

  /// The SeriesInstanceUID.
  public var seriesUID: String
  /// The SOPInstanceUID.
  public var instanceUID: String
  /// The SeriesNumber.
  public var seriesNumber: Int
  /// The InstanceNumber.
  public var instanceNumber: Int
  /// The SeriesDescription; ASCII, at most 64 characters.
  public var description: String

  /// An identity.
  public init(
    seriesUID: String, instanceUID: String, seriesNumber: Int, instanceNumber: Int = 1,
    description: String
  ) {
    self.seriesUID = seriesUID
    self.instanceUID = instanceUID
    self.seriesNumber = seriesNumber
    self.instanceNumber = instanceNumber
    self.description = description
  }
}
