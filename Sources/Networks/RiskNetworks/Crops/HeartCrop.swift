// SPDX-License-Identifier: Apache-2.0
public import Volume

/// A cube of a scan in cubic voxels about a place: what a network of risk looks at.
///
/// Channel 0 is the CT, −200 to 600 HU as −1 to 1 and cut off there. Channel 1 is 8 √s, with s the share of
/// each voxel that the mask calls calcium: a voxel of which a 64th is calcium differs from its neighbours
/// by as much as fat from bone. With s itself the networks found nothing among the anatomy. Both are
/// means over the voxel's cube, so that the smallest plaque is seen. Axes are z to the head, y to the back, x to the left, x fastest; a tilted scan keeps its
/// tilt. What lies outside of the scan is air without calcium.
public struct HeartCrop: Sendable, Hashable {
  /// The edge of a voxel in mm.
  public var spacing: Double
  /// The edge of the cube in voxels.
  public var edge: Int

  /// The channels of a crop.
  public static let channels = 2
  /// The HU that become −1 and 1: fat and everything of the heart lie between, dense calcium above.
  public static let window: (low: Float, high: Float) = (-200, 600)

  /// The factor of the root of the share of calcium.
  public static let gain: Float = 8

  /// Crops of a cube.
  public init(spacing: Double, edge: Int) {
    self.spacing = spacing
    self.edge = edge
  }

  /// The cube (channels × z × y × x) about a place in LPS mm.
  ///
  /// - Parameters:
  ///   - ct: an axial scan in HU.
  ///   - mask: its label map on the same grid; everything but 0 is calcium.
  ///   - centre: the middle of the cube.
  public func values(
    of ct: Volume<Int16>, mask: Volume<UInt8>, about centre: SIMD3<Double>
  ) -> [Float] {
    let (low, high) = Self.window
    let axes = axes(in: ct.geometry, about: centre)
    let image = Self.means(ct, axes, outside: low) { min(max(Float($0), low), high) }
    let shares = Self.means(mask, axes, outside: 0) { $0 == 0 ? 0 : 1 }
    return image.map { 2 * ($0 - low) / (high - low) - 1 }
      + shares.map { Self.gain * $0.squareRoot() }
  }

  /// For each axis z, y, x and each voxel of the cube the shares of the scan's voxels in it.
  private func axes(in geometry: Geometry, about centre: SIMD3<Double>) -> [[Window]] {
    let middle = geometry.voxel(at: centre)
    let places = [middle.z, middle.y, middle.x]
    let counts = [geometry.extent.slices, geometry.extent.rows, geometry.extent.columns]
    let spacings = [geometry.spacing.z, geometry.spacing.y, geometry.spacing.x]
    let direction = geometry.direction
    let isReversed = [direction.z.z < 0, direction.y.y < 0, direction.x.x < 0]
    return (0..<3).map { axis in
      let step = (isReversed[axis] ? -spacing : spacing) / spacings[axis]
      return (0..<edge).map { i in
        Window(
          around: places[axis] + (Double(i) - Double(edge - 1) / 2) * step,
          // Between slices that are thicker than the cube's voxels, neighbours are interpolated.
          width: max(abs(step), 1), count: counts[axis])
      }
    }
  }

  /// The shares that the scan's voxels along an axis have in a window.
  private struct Window {
    var parts: [(index: Int, weight: Float)] = []
    /// The share that lies outside of the scan.
    var outside: Float = 0

    init(around centre: Double, width: Double, count: Int) {
      let low = centre - width / 2
      var sum: Float = 0
      for i in Int(low.rounded(.down))...Int((low + width).rounded(.up)) {
        let overlap = min(Double(i) + 0.5, low + width) - max(Double(i) - 0.5, low)
        guard overlap > 0, (0..<count).contains(i) else { continue }
        parts.append((i, Float(overlap / width)))
        sum += Float(overlap / width)
      }
      outside = max(0, 1 - sum)
    }
  }

  private static func means<Element>(
    _ volume: Volume<Element>, _ axes: [[Window]], outside: Float, value: (Element) -> Float
  ) -> [Float] {
    let edge = axes[0].count
    let (rows, columns) = (volume.extent.rows, volume.extent.columns)
    var planes: [Int: [Float]] = [:]
    /// One slice of the scan in rows and columns of the cube.
    func plane(_ z: Int) -> [Float] {
      if let known = planes[z] { return known }
      let needed = Set(axes[1].flatMap { $0.parts.map(\.index) })
      var lines: [Int: [Float]] = [:]
      volume.voxels.withUnsafeBufferPointer { voxels in
        for y in needed {
          let start = (z * rows + y) * columns
          lines[y] = axes[2].map { window in
            window.parts.reduce(window.outside * outside) {
              $0 + $1.weight * value(voxels[start + $1.index])
            }
          }
        }
      }
      var plane: [Float] = []
      plane.reserveCapacity(edge * edge)
      for window in axes[1] {
        var line = Array(repeating: window.outside * outside, count: edge)
        for (index, weight) in window.parts {
          guard let source = lines[index] else { continue }
          for x in 0..<edge { line[x] += weight * source[x] }
        }
        plane += line
      }
      planes[z] = plane
      return plane
    }
    var result: [Float] = []
    result.reserveCapacity(edge * edge * edge)
    for window in axes[0] {
      var sum = Array(repeating: window.outside * outside, count: edge * edge)
      for (index, weight) in window.parts {
        let plane = plane(index)
        for i in sum.indices { sum[i] += weight * plane[i] }
      }
      result += sum
    }
    return result
  }
}
