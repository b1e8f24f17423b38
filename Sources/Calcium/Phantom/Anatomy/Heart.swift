// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The chambers of the heart, as they lie in one subject.
///
/// Landmarks were laid out from axial CT anatomy in mm with the ostium of the left main at the
/// origin, then scaled, turned and varied.
struct Heart: Sendable {
  /// How the heart lies: size, and rotation about the ostium of the left main.
  struct Pose: Sendable {
    let scale: Float
    let rows: (Point, Point, Point)

    init(_ random: inout KeyedRandom, habitus: Habitus) {
      let large = 1 + 0.05 * random.normal() + 0.015 * habitus.build
      scale = clamped(1.13 * (0.4 + 0.6 * habitus.stature) * large, 0.95, 1.3)
      // A broad build lays the heart flat, a slim one lets it hang.
      let turn = (random.normal() * 7) * Float.pi / 180
      let roll = (random.normal() * 4 + 2 * habitus.build) * Float.pi / 180
      let pitch = (random.normal() * 3.5) * Float.pi / 180
      let (cz, sz) = (cosf(turn), sinf(turn))
      let (cy, sy) = (cosf(roll), sinf(roll))
      let (cx, sx) = (cosf(pitch), sinf(pitch))
      rows = (
        Point(cz * cy, -sz * cx - cz * sy * sx, sz * sx - cz * sy * cx),
        Point(sz * cy, cz * cx - sz * sy * sx, -cz * sx - sz * sy * cx),
        Point(sy, cy * sx, cy * cx)
      )
    }

    func turned(_ p: Point) -> Point { Point(dot(rows.0, p), dot(rows.1, p), dot(rows.2, p)) }

    /// Places a landmark; structures far above the heart follow the spine instead of its rotation.
    func place(_ p: Point) -> Point {
      let scaled = p * scale
      return mix(turned(scaled), scaled, smoothStep(10, 60, p.z))
    }

    func node(_ x: Float, _ y: Float, _ z: Float, _ radius: Float) -> SIMD4<Float> {
      SIMD4(place(Point(x, y, z)), radius: radius * scale)
    }

    /// An ellipsoid of the heart; the first axis points along `along`.
    func ellipsoid(_ center: Point, _ semi: Point, along: Point, second: Point) -> Ellipsoid {
      Ellipsoid(
        place(center), semi * scale, along: turned(normalized(along)),
        second: turned(normalized(second)))
    }
  }

  let pose: Pose
  let leftVentricle: Ellipsoid
  let rightVentricle: Ellipsoid
  let leftAtrium: Ellipsoid
  let rightAtrium: Ellipsoid
  /// What fills the clefts between the chambers: the fibrous body around the valves, and the crux.
  let fillers: [Ellipsoid]
  /// The outflow tract of the right ventricle and the two atrial appendages.
  let outflow: Tube
  let appendages: [Tube]
  /// The wall of the left ventricle, in mm.
  let wall: Float

  init(_ random: inout KeyedRandom, habitus: Habitus) {
    let pose = Pose(&random, habitus: habitus)
    self.pose = pose
    func vary(_ semi: Point) -> Point { semi * (Point(1, 1, 1) + random.jitter(0.05)) }
    leftVentricle = pose.ellipsoid(
      Point(36, -4, -53) + random.jitter(1.5), vary(Point(48, 32, 32)),
      along: [0.66, -0.55, -0.51],
      second: [0.6, 0.8, 0])
    rightVentricle = pose.ellipsoid(
      Point(4, -29, -52) + random.jitter(1.5), vary(Point(50, 22, 30)), along: [0.8, -0.33, -0.5],
      second: [0.35, 0.93, -0.05])
    leftAtrium = pose.ellipsoid(
      Point(-6, 31, -13) + random.jitter(1.5), vary(Point(33, 18.5, 23)), along: [1, 0.1, 0],
      second: [0, 1, 0])
    rightAtrium = pose.ellipsoid(
      Point(-34, 3, -37) + random.jitter(1.5), vary(Point(20, 23, 30)), along: [1, 0.2, 0],
      second: [0, 1, 0])
    fillers = [
      pose.ellipsoid([2, 6, -28], [24, 17, 17], along: [1, 0, 0], second: [0, 1, 0]),
      pose.ellipsoid([-4, 3, -54], [26, 17, 23], along: [1, 0, 0], second: [0, 1, 0]),
    ]
    outflow = Tube(through: [
      pose.node(-3, -37, -40, 16), pose.node(3, -38, -20, 15), pose.node(8, -32, 0, 13.5),
    ])
    appendages = [
      Tube(through: [
        pose.node(16, 22, -2, 9), pose.node(29, 10, 5, 8), pose.node(33, -4, 6, 5),
      ]),
      Tube(through: [
        pose.node(-36, -12, -16, 9), pose.node(-31, -24, -7, 7), pose.node(-24, -30, -1, 5),
      ]),
    ]
    wall = clamped(10.5 + 1.4 * random.normal() + (habitus.female ? -0.8 : 0.5), 7.5, 15)
  }

  /// The chambers and what joins them.
  var masses: [Ellipsoid] {
    [leftVentricle, rightVentricle, leftAtrium, rightAtrium] + fillers
  }

  /// The space that holds blood, inside each chamber's wall.
  var cavities: [Ellipsoid] {
    func inner(_ outer: Ellipsoid, _ wall: Float) -> Ellipsoid {
      var cavity = outer
      cavity.semi = outer.semi - wall
      return cavity
    }
    return [
      inner(leftVentricle, wall), inner(rightVentricle, 3.5), inner(leftAtrium, 2),
      inner(rightAtrium, 2),
    ]
  }

  /// The signed distance from the outer surface of the heart muscle, grooves rounded over `k` mm.
  func distance(_ p: Point, rounding k: Float = 6) -> Float {
    var d = PlaneGrid.far
    for mass in masses { d = smoothUnion(d, mass.distance(p), k) }
    d = smoothUnion(d, outflow.distance(p), k)
    for appendage in appendages { d = min(d, appendage.distance(p)) }
    return d
  }

  var bounds: Box {
    var box = leftVentricle.bounds
    for mass in masses { box.formUnion(mass.bounds) }
    box.formUnion(outflow.bounds)
    for appendage in appendages { box.formUnion(appendage.bounds) }
    return box
  }
}
