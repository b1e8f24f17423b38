// SPDX-License-Identifier: Apache-2.0
import Files

/// Where a node of a glTF file lies within its parent: an affine map.
struct NodeTransform {
  // What x, y and z become, and where the origin comes to lie.
  private var x, y, z, origin: SIMD3<Double>

  /// A node that lies where its parent does.
  static let identity = NodeTransform(
    x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1], origin: [0, 0, 0])

  private init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>, origin: SIMD3<Double>) {
    (self.x, self.y, self.z, self.origin) = (x, y, z, origin)
  }

  /// The place of a node by its matrix, or by scale, rotation and translation in this order; `nil`
  /// where one of them is not as many finite numbers as it should be.
  init?(of node: JSON) {
    func numbers(_ key: String, else substitute: [Double]) -> [Double]? {
      guard let member = node[key] else { return substitute }
      let numbers = (member.array ?? []).compactMap(\.double)
      guard numbers.count == substitute.count, member.array?.count == numbers.count,
        numbers.allSatisfy(\.isFinite)
      else { return nil }
      return numbers
    }
    if node["matrix"] != nil {
      // Column by column.
      guard let m = numbers("matrix", else: .init(repeating: 0, count: 16)) else { return nil }
      self.init(
        x: [m[0], m[1], m[2]], y: [m[4], m[5], m[6]], z: [m[8], m[9], m[10]],
        origin: [m[12], m[13], m[14]])
      return
    }
    guard let t = numbers("translation", else: [0, 0, 0]),
      let q = numbers("rotation", else: [0, 0, 0, 1]), let s = numbers("scale", else: [1, 1, 1])
    else { return nil }
    // The rotation is a unit quaternion: x, y, z, w.
    let (x, y, z, w) = (q[0], q[1], q[2], q[3])
    self.init(
      x: s[0] * SIMD3(1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
      y: s[1] * SIMD3(2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
      z: s[2] * SIMD3(2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)),
      origin: [t[0], t[1], t[2]])
  }

  /// The place in the scene of a child that lies within this node by `child`.
  func followed(by child: NodeTransform) -> NodeTransform {
    NodeTransform(
      x: turned(child.x), y: turned(child.y), z: turned(child.z),
      origin: turned(child.origin) + origin)
  }

  /// Where a vertex comes to lie.
  func place(_ vertex: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3<Float>(turned(SIMD3<Double>(vertex)) + origin)
  }

  /// Whether left becomes right.
  var isMirroring: Bool {
    let cross = SIMD3(
      y.y * z.z - y.z * z.y, y.z * z.x - y.x * z.z, y.x * z.y - y.y * z.x)
    return (x * cross).sum() < 0
  }

  private func turned(_ vector: SIMD3<Double>) -> SIMD3<Double> {
    let (a, b, c) = (x * vector.x, y * vector.y, z * vector.z)
    return a + b + c
  }
}
