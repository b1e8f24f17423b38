// SPDX-License-Identifier: Apache-2.0
public import Volume

/// An image of two to four axes as its file holds it, with one or several values a pixel.
public struct StoredImage: Sendable {
  /// The number of axes that the file declares: 2, 3 or 4.
  public let dimensions: Int
  /// The number of values of a pixel: 3 for colours.
  public let components: Int
  /// The number of volumes along the fourth axis.
  public let frames: Int
  /// Where each volume lies.
  ///
  /// A file of two axes is one slice; its spacing across is 999 times that in the plane, which is
  /// how nnU-Net keeps planes apart.
  public let geometry: Geometry
  let voxels: [Float]

  /// The volume of one place along the fourth axis and one value of each pixel.
  public func volume(frame: Int = 0, component: Int = 0) -> Volume<Float> {
    let count = geometry.extent.count
    let start = frame * count
    if components == 1 {
      return Volume(geometry: geometry, voxels: Array(voxels[start..<start + count]))
    }
    return Volume(
      geometry: geometry,
      voxels: (start..<start + count).map { voxels[$0 * components + component] })
  }
}

extension Geometry {
  /// The distance of planes, from the spacing in the plane, in mm.
  public static func planeDistance(_ x: Double, _ y: Double) -> Double { 999 * max(x, y) }

  /// Whether this is the geometry of a file of two axes.
  public var isPlane: Bool {
    extent.slices == 1 && spacing.z == Self.planeDistance(spacing.x, spacing.y)
  }
}
