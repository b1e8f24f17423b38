// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation

/// What calcium lies along: an artery, or a made-up vessel where none runs.
struct CalciumPath {
  /// Points `CoronaryCourse.step` apart, at least two.
  let points: [Point]
  /// The radius of the vessel at each point, in mm.
  let radii: [Float]

  /// The part of a course where calcium is looked for.
  init?(_ course: CoronaryCourse) {
    guard course.sites.count > 1 else { return nil }
    points = Array(course.points[course.sites])
    radii = Array(course.radii[course.sites])
  }

  /// A way through whatever lies there, which bends as vessels do.
  init(from start: Point, length: Float, radius: Float, _ random: inout KeyedRandom) {
    var heading = random.direction()
    var points = [start]
    for _ in 0..<max(1, Int(length / CoronaryCourse.step)) {
      points.append(points[points.count - 1] + heading * CoronaryCourse.step)
      heading = normalized(heading + random.jitter(0.12))
    }
    self.points = points
    radii = Array(repeating: radius, count: points.count)
  }

  /// The number of steps from the first point to the last.
  var steps: Float { Float(points.count - 1) }

  /// The centre some steps along, and two directions across the vessel.
  func frame(at steps: Float) -> (centre: Point, across: (Point, Point), radius: Float) {
    let s = clamped(steps, 0, self.steps)
    let low = min(Int(s), points.count - 2)
    let axis = normalized(points[low + 1] - points[low])
    let side = normalized(cross(axis, abs(axis.z) < 0.8 ? [0, 0, 1] : [1, 0, 0]))
    return (
      mix(points[low], points[low + 1], s - Float(low)), (side, cross(axis, side)), radii[low]
    )
  }

  /// A point off the centre: `share` of the radius away, at an angle.
  func point(at steps: Float, angle: Float, share: Float) -> Point {
    let (centre, across, radius) = frame(at: steps)
    return centre + (across.0 * cosf(angle) + across.1 * sinf(angle)) * (radius * share)
  }
}
