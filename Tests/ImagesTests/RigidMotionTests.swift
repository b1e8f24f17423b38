// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Volume

@testable import Images

/// Registration finds motions that are known.
@Suite struct RigidMotionTests {
  /// A scan of some blobs in fat, moved as a rigid body; the same noise on the grid each time.
  private func scan(
    _ motion: RigidMotion, origin: SIMD3<Double> = [-100, -90, -60], seed: Int = 1
  ) -> Volume<Int16> {
    let geometry = Geometry(
      extent: Extent(slices: 45, rows: 110, columns: 120), spacing: [1.6, 1.6, 3],
      origin: origin, direction: .identity)
    var voxels = [Int16](repeating: 0, count: geometry.extent.count)
    let blobs: [(SIMD3<Double>, SIMD3<Double>, Double)] = [
      ([0, 0, 0], [38, 30, 42], 45), ([25, -28, 20], [12, 18, 10], 60),
      ([-30, 20, -15], [16, 9, 22], 30), ([12, 30, 30], [8, 8, 30], 140),
      ([-10, -20, -38], [30, 14, 8], 55),
    ]
    // A point of the moved scan was at the inverse motion's place.
    let r = motion.rotation
    var i = 0
    var state = UInt64(seed)
    for z in 0..<45 {
      for y in 0..<110 {
        for x in 0..<120 {
          let p =
            geometry.position(ofVoxel: SIMD3(Double(x), Double(y), Double(z))) - motion.offset
          let q = SIMD3(
            (r.0 * p).sum(), (r.1 * p).sum(), (r.2 * p).sum())
          var value = -95.0
          for (middle, half, hu) in blobs {
            let d: SIMD3<Double> = (q - middle) / half
            if (d * d).sum() < 1 { value = hu }
          }
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          voxels[i] = Int16(value + Double(state >> 59) - 16)
          i += 1
        }
      }
    }
    return Volume(geometry: geometry, voxels: voxels)
  }

  private func turn(_ degrees: Double, shift: SIMD3<Double>) -> RigidMotion {
    let a = degrees * .pi / 180
    // About z, then a little about x.
    let (c, s) = (cos(a), sin(a))
    let (d, t) = (cos(a / 2), sin(a / 2))
    return RigidMotion(
      rotation: ([c, d * s, t * s], [-s, d * c, t * c], [0, -t, d]), offset: shift)
  }

  @Test(arguments: [
    (0.0, SIMD3(14.3, -21.7, 9.1)), (7, SIMD3(-6, 11, -16)),
  ])
  func knownMotionsAreFound(degrees: Double, shift: SIMD3<Double>) throws {
    let motion = turn(degrees, shift: shift)
    let scans = (scan(.identity), scan(motion, origin: [-104, -80, -66], seed: 9))
    let found = try RigidMotion.from(scans.0, to: scans.1, centre: .zero, radius: 55)
    if degrees == 0 {
      // Equal scans give equal numbers.
      #expect(try RigidMotion.from(scans.0, to: scans.1, centre: .zero, radius: 55) == found)
    }
    #expect(found.correlation > 0.9)
    #expect(abs(found.angle - motion.angle) < 1)
    let back = found.inverse.moved(found.moved([10, -20, 30])) - [10, -20, 30]
    #expect((back * back).sum() < 1e-18)
    for p in [SIMD3(0.0, 0, 0), [35, 0, 0], [0, -35, 0], [0, 0, 35]] {
      let miss = found.moved(p) - motion.moved(p)
      #expect((miss * miss).sum().squareRoot() < 1)
    }
  }

  @Test func airAloneHasNothingInCommon() {
    let air = scan(.identity).map { _ in Int16(-1000) }
    let error = #expect(throws: ImageFileError.self) {
      try RigidMotion.from(air, to: air, centre: .zero, radius: 50)
    }
    #expect(error?.detail == "the scans show nothing in common")
  }
}
