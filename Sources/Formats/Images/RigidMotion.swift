// SPDX-License-Identifier: Apache-2.0
import CITK
import Foundation
import Text
public import Volume

/// A rigid motion in space: where the points of one scan lie in another, in LPS mm.
///
/// ITK does the optimisation: the correlation of both scans between −200 and 200 HU is descended from the
/// best of 343 shifts, on grids of 6, 3 and 2 mm (itk::ImageRegistrationMethodv4, regular steps).
public struct RigidMotion: Hashable, Sendable {
  /// The columns of the rotation.
  public let rotation: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)
  /// What is added after the rotation, in mm.
  public let offset: SIMD3<Double>
  /// The correlation of both scans after the motion, 0 to 1; 1 where nothing was registered.
  public let correlation: Double

  /// No motion at all.
  public static let identity = RigidMotion(
    rotation: ([1, 0, 0], [0, 1, 0], [0, 0, 1]), offset: .zero, correlation: 1)

  /// A motion of known parts.
  public init(
    rotation: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>), offset: SIMD3<Double>,
    correlation: Double = 1
  ) {
    (self.rotation, self.offset, self.correlation) = (rotation, offset, correlation)
  }

  /// Where a point of the first scan lies in the second.
  public func moved(_ point: SIMD3<Double>) -> SIMD3<Double> {
    rotation.0 * point.x + rotation.1 * point.y + rotation.2 * point.z + offset
  }

  /// The motion back.
  public var inverse: RigidMotion {
    let r = rotation
    let back = (
      SIMD3(r.0.x, r.1.x, r.2.x), SIMD3(r.0.y, r.1.y, r.2.y), SIMD3(r.0.z, r.1.z, r.2.z)
    )
    let turned = back.0 * offset.x + back.1 * offset.y + back.2 * offset.z
    return RigidMotion(rotation: back, offset: -turned, correlation: correlation)
  }

  /// The angle of the rotation in degrees.
  public var angle: Double {
    let trace = rotation.0.x + rotation.1.y + rotation.2.z
    return acos(min(max((trace - 1) / 2, -1), 1)) * 180 / .pi
  }

  /// Whether both are the same motion.
  public static func == (a: RigidMotion, b: RigidMotion) -> Bool {
    a.rotation == b.rotation && a.offset == b.offset && a.correlation == b.correlation
  }

  /// Hashes the parts.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(offset)
    hasher.combine(rotation.0)
  }

  /// Finds where what lies in a sphere of the first scan is in the second.
  ///
  /// - Parameters:
  ///   - first: a CT in HU.
  ///   - second: another CT of the same patient.
  ///   - centre: the middle of the sphere in the first scan, in LPS mm.
  ///   - radius: its radius in mm.
  ///   - guess: about how far the middle is away in the second scan, in mm; 40 mm about it are searched.
  /// - Throws: `ImageFileError` with ITK's reason.
  public static func from(
    _ first: Volume<Int16>, to second: Volume<Int16>, centre: SIMD3<Double>, radius: Double,
    guess: SIMD3<Double> = .zero
  ) throws(ImageFileError) -> RigidMotion {
    var motion = citk_motion()
    var message: UnsafeMutablePointer<CChar>?
    var region = citk_sphere(centre: (centre.x, centre.y, centre.z), radius: radius)
    let done = first.voxels.withUnsafeBufferPointer { a in
      second.voxels.withUnsafeBufferPointer { b in
        var fixed = volume(first.geometry, a.baseAddress)
        var moving = volume(second.geometry, b.baseAddress)
        return withUnsafePointer(to: guess) {
          $0.withMemoryRebound(to: Double.self, capacity: 3) {
            citk_register(&fixed, &moving, &region, $0, &motion, &message)
          }
        }
      }
    }
    defer { citk_free(message) }
    guard done == 1 else {
      throw ImageFileError(
        path: "registration",
        detail: message.map { String(cString: $0).shown(atMost: 240) } ?? "ITK gives no reason")
    }
    let m = withUnsafeBytes(of: motion.matrix) { Array($0.bindMemory(to: Double.self)) }
    return RigidMotion(
      rotation: ([m[0], m[3], m[6]], [m[1], m[4], m[7]], [m[2], m[5], m[8]]),
      offset: [motion.offset.0, motion.offset.1, motion.offset.2],
      correlation: motion.correlation)
  }

  private static func volume(_ geometry: Geometry, _ voxels: UnsafePointer<Int16>?) -> citk_volume {
    let extent = geometry.extent
    let (x, y, z) = (geometry.direction.x, geometry.direction.y, geometry.direction.z)
    return citk_volume(
      size: (UInt64(extent.columns), UInt64(extent.rows), UInt64(extent.slices)),
      spacing: (geometry.spacing.x, geometry.spacing.y, geometry.spacing.z),
      origin: (geometry.origin.x, geometry.origin.y, geometry.origin.z),
      direction: (x.x, x.y, x.z, y.x, y.y, y.z, z.x, z.y, z.z), voxels: voxels)
  }
}
