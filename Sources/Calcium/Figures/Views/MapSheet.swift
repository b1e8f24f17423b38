// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Volume

/// Slices of a CT side by side, tinted by what something says of each place.
///
/// The patient's right side is at the left and the front at the top, whichever way the axes of the scan
/// run.
///
/// ```swift
/// let sheet = MapSheet(ct: ct, slices: [10, 20, 30], layers: [.init(name: "LAD", color: .orange)])
/// let png = try sheet.png { layer, x, y, z in closeness(x, y, z) }
/// ```
public struct MapSheet: Sendable {
  /// What one tint stands for.
  public struct Layer: Sendable {
    /// Its name in the legend.
    public var name: String
    /// Its colour.
    public var color: Color

    /// A layer.
    public init(name: String, color: Color) {
      self.name = name
      self.color = color
    }
  }

  /// The CT in HU, axial.
  public let ct: Volume<Int16>
  /// The slices, in the order in which they are shown.
  public let slices: [Int]
  /// The tints.
  public let layers: [Layer]
  /// Which HU become which grey.
  public var window = Window.mediastinum

  /// The edge of the square in which each slice is shown, in points.
  private static let edge = 300
  /// The number of slices beside each other.
  private static let columns = 4
  /// The height of the legend.
  private static let legend = 34
  /// How much of a tint covers the CT at most.
  private static let opacity: Float = 0.55

  /// A sheet of some slices.
  public init(ct: Volume<Int16>, slices: [Int], layers: [Layer]) {
    self.ct = ct
    self.slices = slices
    self.layers = layers
  }

  /// The sheet as PNG.
  ///
  /// - Parameter value: how much of a layer, by its place in `layers`, there is at a voxel x, y, z:
  ///   0 to 1.
  public func png(_ value: (_ layer: Int, _ x: Int, _ y: Int, _ z: Int) -> Float)
    throws(FigureError) -> Data
  {
    let across = min(Self.columns, max(slices.count, 1))
    let down = (max(slices.count, 1) + across - 1) / across
    let (width, height) = (across * Self.edge, down * Self.edge)
    var picture = try Rendering.pixels(
      "maps", width: Double(width), height: Double(height + Self.legend), scale: 1
    ) { canvas in
      canvas.fill(
        Rectangle(x: 0, y: 0, width: Double(width), height: Double(height)), Color(grey: 0))
      var x = 10.0
      for layer in layers {
        let y = Double(height) + 10
        canvas.fill(Rectangle(x: x, y: y, width: 14, height: 14), layer.color)
        canvas.text(layer.name, at: [x + 20, y + 12], size: 13)
        x += 20 + Double(layer.name.count) * 8.5 + 18
      }
    }
    for (number, z) in slices.enumerated() {
      let (left, top) = (number % across * Self.edge, number / across * Self.edge)
      paint(z, left, top, &picture, value)
    }
    return Data(try PNGFile.encode(picture, subject: "maps"))
  }

  private func paint(
    _ z: Int, _ left: Int, _ top: Int, _ picture: inout Rendering.Pixels,
    _ value: (Int, Int, Int, Int) -> Float
  ) {
    let extent = ct.extent
    let spacing = ct.geometry.spacing
    let side = max(Double(extent.columns) * spacing.x, Double(extent.rows) * spacing.y)
    let pixel = side / Double(Self.edge)
    let isMirrored = (ct.geometry.direction.x.x < 0, ct.geometry.direction.y.y < 0)
    for v in 0..<Self.edge - 2 {
      for u in 0..<Self.edge - 2 {
        var x = Int((Double(u) + 0.5) * pixel / spacing.x)
        var y = Int((Double(v) + 0.5) * pixel / spacing.y)
        guard x < extent.columns, y < extent.rows else { continue }
        if isMirrored.0 { x = extent.columns - 1 - x }
        if isMirrored.1 { y = extent.rows - 1 - y }
        let grey = Float(window.grey(ct.voxels[ct.offset(z, y, x)]))
        var color = SIMD3<Float>(repeating: grey)
        for (number, layer) in layers.enumerated() {
          let share = min(max(value(number, x, y, z), 0), 1) * Self.opacity
          guard share > 0.02 else { continue }
          color += (layer.color.channels - color) * share
        }
        let bytes = SIMD3<UInt32>(UInt32(color.x), UInt32(color.y), UInt32(color.z))
        picture.values[(top + v) * picture.width + left + u] =
          bytes.x << 16 | bytes.y << 8 | bytes.z
      }
    }
  }
}

extension Color {
  /// Red, green and blue, 0 to 255.
  fileprivate var channels: SIMD3<Float> { SIMD3(Float(red), Float(green), Float(blue)) }
}
