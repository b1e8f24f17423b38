// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text
public import Volume

/// The slices of one CT series, in order along their normal.
public struct DICOMSeries: Sendable, Hashable, CustomStringConvertible {
  /// The identifier by which this series is named: `uid`, or "series-3" by its number where the
  /// headers have no UID, followed by "#2" and so on where slices of one series differ in size,
  /// spacing or orientation.
  public let id: String
  /// The series' unique identifier (SeriesInstanceUID), where the headers have one.
  public let uid: String?
  let group: SeriesGroup
  /// The slices, by ascending position.
  public let files: [DICOMFile]
  /// The number of rows of each slice.
  public let rows: Int
  /// The number of columns of each slice.
  public let columns: Int
  /// The distance between pixel centres along x (columns) and y (rows), in mm.
  public let pixelSpacing: SIMD2<Double>
  /// The directions of rows and columns in LPS; z is their cross product, along which slices are
  /// sorted.
  public let direction: Direction
  /// How the first slice was acquired.
  public let acquisition: Acquisition
  /// Whose scan it is, and of which day.
  public let identity: StudyIdentity
  /// Whether slices differ in tube voltage, kernel or thickness.
  public let isMixedAcquisition: Bool
  let traits: SeriesTraits

  init(_ group: SeriesGroup, part: Int, headers: [SliceHeader]) {
    // Every group holds a first slice; the number breaks ties between equal positions.
    let sorted = headers.sorted {
      ($0.file.position, $0.file.instanceNumber ?? 0, $0.file.url.path)
        < ($1.file.position, $1.file.instanceNumber ?? 0, $1.file.url.path)
    }
    let first = sorted[0]
    self.group = group
    uid = group.uid
    id = part == 0 ? group.name : "\(group.name)#\(part + 1)"
    files = sorted.map(\.file)
    (rows, columns) = (first.rows, first.columns)
    (pixelSpacing, direction) = (first.spacing, first.direction)
    acquisition = first.acquisition
    identity = first.identity
    traits = first.traits
    isMixedAcquisition = sorted.contains {
      $0.acquisition.kilovolts != first.acquisition.kilovolts
        || $0.acquisition.kernel != first.acquisition.kernel
        || $0.acquisition.sliceThickness != first.acquisition.sliceThickness
    }
  }

  /// The usual distance between neighbouring slices in mm: the median, or `nil` for one slice.
  public var increment: Double? {
    let distances = zip(files.dropFirst(), files).map { $0.position - $1.position }.sorted()
    return distances.isEmpty ? nil : distances[(distances.count - 1) / 2]
  }

  /// Identifier, number of slices, size and spacing in one line.
  public var description: String { "\(id): \(content)" }

  /// Number of slices, size and spacing.
  var content: String {
    let step = increment.map { ", every \(millimetres($0)) mm" } ?? ""
    return "\(counted(files.count, "slice")) of \(rows)×\(columns), pixels of "
      + "\(millimetres(pixelSpacing.x))×\(millimetres(pixelSpacing.y)) mm\(step)"
  }

  /// How many slices have a SOPInstanceUID that another file of the series has, too.
  var sharedIdentifierCount: Int {
    var files: [String: Set<URL>] = [:]
    for file in self.files where !file.instanceUID.isEmpty {
      files[file.instanceUID, default: []].insert(file.url)
    }
    return files.values.reduce(0) { $0 + ($1.count > 1 ? $1.count : 0) }
  }

  /// The grid that the slices form.
  ///
  /// The increment is the distance between the first and the last position divided by the number of
  /// steps; a single slice takes SpacingBetweenSlices or SliceThickness.
  ///
  /// - Parameter tolerance: how far a slice may be from its place on the grid, in mm.
  /// - Throws: `DICOMError` for duplicate, missing, unevenly spaced or sideways shifted slices.
  public func geometry(tolerance: Double = 0.1) throws(DICOMError) -> Geometry {
    try SliceOrder(self, tolerance: tolerance).plan().geometry
  }
}

/// A length with at most four decimals.
func millimetres(_ value: Double) -> String {
  shortDecimal(value, decimals: 4)
}
