// SPDX-License-Identifier: Apache-2.0

/// The places in the atlas of the points of a box of the patient, between nodes some mm apart.
struct BodyMap: Sendable {
  private let low: Point
  private let step: Float
  private let count: SIMD3<Int>
  private let nodes: [Point]

  /// A map over a box in the patient, in mm from the heart's centre.
  init(_ pose: BodyPose, over box: Box, step: Float = 12) {
    low = box.low
    self.step = step
    let cells = ((box.high - box.low) / step).rounded(.up)
    count = SIMD3(Int(cells.x) + 2, Int(cells.y) + 2, Int(cells.z) + 2)
    var nodes: [Point] = []
    nodes.reserveCapacity(count.x * count.y * count.z)
    for z in 0..<count.z {
      for y in 0..<count.y {
        for x in 0..<count.x {
          nodes.append(
            pose.atlasPoint(of: low + step * Point(Float(x), Float(y), Float(z))))
        }
      }
    }
    self.nodes = nodes
  }

  /// The places along a row of points that begins at `start` and goes on along x, by `step` mm.
  func row(from start: Point, step spacing: Float, into places: inout [Point]) {
    let p = (start - low) / step
    let y = min(max(Int(p.y), 0), count.y - 2)
    let z = min(max(Int(p.z), 0), count.z - 2)
    let (ty, tz) = (p.y - Float(y), p.z - Float(z))
    let (a, b) = ((z * count.y + y) * count.x, (z * count.y + y + 1) * count.x)
    let (c, d) = (a + count.y * count.x, b + count.y * count.x)
    nodes.withUnsafeBufferPointer { nodes in
      func node(_ x: Int) -> Point {
        mix(mix(nodes[a + x], nodes[b + x], ty), mix(nodes[c + x], nodes[d + x], ty), tz)
      }
      var cell = -1
      var (left, right) = (Point.zero, Point.zero)
      for i in places.indices {
        let u = p.x + Float(i) * spacing / step
        let x = min(max(Int(u), 0), count.x - 2)
        if x != cell {
          left = x == cell + 1 && cell >= 0 ? right : node(x)
          right = node(x + 1)
          cell = x
        }
        places[i] = mix(left, right, u - Float(x))
      }
    }
  }
}
