// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Volume

/// One place of a CT several times side by side, each tinted by another map.
///
/// The patient's right side is at the left and the front at the top, whichever way the axes of the scan
/// run. What is outlined is the same in all of them. A warning stands on the picture itself, so that it
/// stays with it wherever it is copied to.
public struct HeatSheet: Sendable {
  /// One picture of the row.
  public struct Panel: Sendable {
    /// What is shown.
    public var title: String
    /// A warning across the picture; empty for none.
    public var warning: String
    /// How much of the tint each voxel (x, y) of the slice has, 0 to 1; `nil` for the CT alone.
    public var heat: (@Sendable (_ x: Int, _ y: Int) -> Float)?

    /// A picture.
    public init(
      title: String, warning: String = "", heat: (@Sendable (Int, Int) -> Float)? = nil
    ) {
      (self.title, self.warning, self.heat) = (title, warning, heat)
    }
  }

  /// The CT in HU, axial.
  public let ct: Volume<Int16>
  /// What is outlined, on the same grid: all but 0.
  public let marks: Volume<UInt8>
  /// The slice.
  public let slice: Int
  /// The rows and columns that are shown.
  public let box: SliceBox
  /// The pictures.
  public let panels: [Panel]
  /// Which HU become which grey.
  public var window = Window.mediastinum

  /// The edge of a picture in points.
  public static let edge = 220
  private static let gap = 8
  /// The number of pictures beside each other; more would be too small on a page.
  private static let columns = 3
  private static let heading = 22
  private static let outline: UInt32 = 0x56B4E9

  /// A row of pictures of one slice; a box beyond the scan is a mistake of the caller.
  public init(
    ct: Volume<Int16>, marks: Volume<UInt8>, slice: Int, box: SliceBox, panels: [Panel]
  ) {
    precondition(box.isInside(ct.extent) && ct.extent == marks.extent, "a box within the scan")
    (self.ct, self.marks, self.slice, self.box, self.panels) = (ct, marks, slice, box, panels)
  }

  /// The width and height in points.
  public var size: (width: Int, height: Int) {
    let rows = (panels.count + Self.columns - 1) / Self.columns
    return (
      min(panels.count, Self.columns) * (Self.edge + Self.gap) - Self.gap,
      rows * (Self.edge + Self.heading)
    )
  }

  /// The upper left corner of a picture with its heading, in points.
  private func corner(_ number: Int) -> (x: Int, y: Int) {
    (
      number % Self.columns * (Self.edge + Self.gap),
      number / Self.columns * (Self.edge + Self.heading)
    )
  }

  /// The picture as PNG, two pixels a point.
  public func png() throws(FigureError) -> Data {
    let (width, height) = size
    let base = try Rendering.pixels(
      "map", width: Double(width), height: Double(height), scale: 2
    ) { canvas in
      for (number, panel) in panels.enumerated() {
        let (x, y) = corner(number)
        canvas.text(panel.title, at: [Double(x), Double(y) + 15], size: 13, bold: true)
      }
    }
    var picture = base
    for (number, panel) in panels.enumerated() {
      paint(panel, corner(number), &picture)
    }
    let warnings = try Rendering.pixels(
      "map", width: Double(width), height: Double(height), scale: 2
    ) { canvas in
      for (number, panel) in panels.enumerated() where !panel.warning.isEmpty {
        let (x, y) = corner(number)
        let bottom = Double(y + Self.heading + Self.edge)
        canvas.fill(
          Rectangle(x: Double(x), y: bottom - 24, width: Double(Self.edge), height: 24), .vermilion)
        canvas.text(
          panel.warning, at: [Double(x) + Double(Self.edge) / 2, bottom - 8], size: 12, bold: true,
          color: Color(grey: 0), align: .middle)
      }
    }
    // White is where no warning was drawn.
    for (i, value) in warnings.values.enumerated() where value != 0xFF_FFFF {
      picture.values[i] = value
    }
    return Data(try PNGFile.encode(picture, subject: "map"))
  }

  private func paint(_ panel: Panel, _ corner: (x: Int, y: Int), _ picture: inout Rendering.Pixels)
  {
    let spacing = ct.geometry.spacing
    let (columns, rows) = (Double(box.columns.count), Double(box.rows.count))
    let side = max(columns * spacing.x, rows * spacing.y)
    let edge = 2 * Self.edge
    let isMirrored = (ct.geometry.direction.x.x < 0, ct.geometry.direction.y.y < 0)
    func voxel(_ u: Int, _ v: Int) -> (x: Int, y: Int)? {
      var x = Int((Double(u) + 0.5) * side / Double(edge) / spacing.x)
      var y = Int((Double(v) + 0.5) * side / Double(edge) / spacing.y)
      guard u >= 0, v >= 0, x < box.columns.count, y < box.rows.count else { return nil }
      if isMirrored.0 { x = box.columns.count - 1 - x }
      if isMirrored.1 { y = box.rows.count - 1 - y }
      return (box.columns.lowerBound + x, box.rows.lowerBound + y)
    }
    func isMarked(_ u: Int, _ v: Int) -> Bool {
      voxel(u, v).map { marks.voxels[marks.offset(slice, $0.y, $0.x)] != 0 } ?? false
    }
    for v in 0..<edge {
      for u in 0..<edge {
        guard let place = voxel(u, v) else { continue }
        let grey = Float(window.grey(ct.voxels[ct.offset(slice, place.y, place.x)]))
        var color = SIMD3<Float>(repeating: grey)
        if let share = panel.heat?(place.x, place.y), share > 0.05 {
          let value = min(share, 1)
          color += (Self.tint(value) - color) * (0.25 + 0.5 * value)
        }
        var pixel = UInt32(color.x) << 16 | UInt32(color.y) << 8 | UInt32(color.z)
        let here = isMarked(u, v)
        // Three pixels wide, outside of what is marked, so that it hides nothing of it.
        let isBeside =
          !here
          && [-3, 0, 3].contains { du in
            [-3, 0, 3].contains { dv in isMarked(u + du, v + dv) }
          }
        if isBeside { pixel = Self.outline }
        let line = 2 * (corner.y + Self.heading) + v
        picture.values[line * picture.width + 2 * corner.x + u] = pixel
      }
    }
  }

  /// From dark red through orange to light yellow, rising in lightness, so that it reads in grey, too.
  static func tint(_ value: Float) -> SIMD3<Float> {
    let stops: [SIMD3<Float>] = [[110, 10, 40], [200, 50, 20], [245, 150, 20], [255, 240, 130]]
    let place = min(max(value, 0), 1) * Float(stops.count - 1)
    let i = min(Int(place), stops.count - 2)
    return stops[i] + (stops[i + 1] - stops[i]) * (place - Float(i))
  }
}
