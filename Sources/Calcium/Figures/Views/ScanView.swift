// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Volume

/// A part of a CT as radiologists look at it, with marks kept apart from the picture.
///
/// The patient's right side is at the left, the front or the head at the top, whichever way the
/// axes of the scan run. The picture is grey and has the pixels of the scan; outlines of the marks come
/// beside it in millimetres, so that a page can draw, name and hide them.
///
/// ```swift
/// let view = ScanView(ct: ct, marks: marks, box: box, slices: 10..<40)
/// let picture = try view.slice(22)
/// ```
public struct ScanView: Sendable {
  /// The CT in HU, axial.
  public let ct: Volume<Int16>
  /// What is marked, by value, on the same grid; 0 is nothing.
  public let marks: Volume<UInt8>
  /// The rows and columns that are shown.
  public let box: SliceBox
  /// The slices that projections go through.
  public let slices: Range<Int>
  /// Which HU become which grey.
  public var window = Window.mediastinum

  /// A view; a box or slices that reach beyond the scan, or marks on another grid, are a mistake of
  /// the caller.
  public init(ct: Volume<Int16>, marks: Volume<UInt8>, box: SliceBox, slices: Range<Int>) {
    precondition(marks.extent == ct.extent, "marks of \(marks.extent) for a CT of \(ct.extent)")
    precondition(
      box.isInside(ct.extent) && !slices.isEmpty && slices.lowerBound >= 0
        && slices.upperBound <= ct.extent.slices, "a view beyond \(ct.extent)")
    self.ct = ct
    self.marks = marks
    self.box = box
    self.slices = slices
  }

  /// A grey picture, and what is marked in it.
  public struct Picture: Sendable {
    /// The picture as PNG.
    public var png: Data
    /// Its width and height in mm.
    public var size: SIMD2<Double>
    /// The closed outlines of each mark, in mm from the upper left corner.
    public var outlines: [UInt8: [[SIMD2<Double>]]]
    /// The side of the patient at the left edge: R, L, A, P, S or I.
    public var leftSide: String
    /// The side of the patient at the upper edge.
    public var upperSide: String
  }

  /// One slice, counted from 0.
  public func slice(_ z: Int) throws(FigureError) -> Picture {
    let (rows, columns) = (orderedRows, orderedColumns)
    var greys: [UInt8] = []
    var shown: [UInt8] = []
    greys.reserveCapacity(rows.count * columns.count)
    shown.reserveCapacity(rows.count * columns.count)
    for y in rows {
      let line = ct.offset(z, y, 0)
      for x in columns {
        greys.append(window.grey(ct.voxels[line + x]))
        shown.append(marks.voxels[line + x])
      }
    }
    let picture = GreyPicture(greys, columns: columns.count)
    return try finished(
      picture, shown, columns: columns.count, [spacing.x, spacing.y], top: "A", name: "slice \(z)")
  }

  var spacing: SIMD3<Double> { ct.geometry.spacing }

  /// The columns from the patient's right to the left.
  var orderedColumns: [Int] {
    ct.geometry.direction.x.x < 0 ? box.columns.reversed() : Array(box.columns)
  }

  /// The rows from the front to the back.
  var orderedRows: [Int] {
    ct.geometry.direction.y.y < 0 ? box.rows.reversed() : Array(box.rows)
  }

  /// The slices from the head to the feet.
  var orderedSlices: [Int] {
    ct.geometry.direction.z.z < 0 ? Array(slices) : slices.reversed()
  }

  /// A picture with the outlines of marks in its order, whose pixels have a size in mm.
  func finished(
    _ picture: GreyPicture, _ shown: [UInt8], columns: Int, _ pixel: SIMD2<Double>, top: String,
    name: String
  ) throws(FigureError) -> Picture {
    let rows = shown.count / columns
    var outlines: [UInt8: [[SIMD2<Double>]]] = [:]
    for value in Set(shown) where value != 0 {
      let mask: [UInt8] = shown.map { $0 == value ? 1 : 0 }
      outlines[value] = Outline(of: mask, rows: rows, columns: columns).loops.map { loop in
        loop.map { SIMD2(Double($0.x), Double($0.y)) * pixel }
      }
    }
    return Picture(
      png: try picture.png(name), size: SIMD2(Double(columns), Double(rows)) * pixel,
      outlines: outlines, leftSide: "R", upperSide: top)
  }
}

/// A grey picture in 64 steps: six HU each in the window of soft tissue, a third of the noise, and a
/// PNG that is a third smaller for it.
struct GreyPicture {
  let greys: [UInt8]
  let columns: Int

  /// A picture of greys, row by row.
  init(_ greys: [UInt8], columns: Int) {
    self.greys = greys
    self.columns = columns
  }

  func png(_ name: String) throws(FigureError) -> Data {
    let pixels = Rendering.Pixels(
      width: columns, height: greys.count / columns,
      values: greys.map { UInt32($0 >> 2) * 255 / 63 * 0x010101 })
    return Data(try PNGFile.encode(pixels, subject: name))
  }
}
