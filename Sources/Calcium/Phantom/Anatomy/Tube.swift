// SPDX-License-Identifier: Apache-2.0

/// A vessel or rod along a smooth curve: nodes with a position and a radius, in mm.
struct Tube: Solid {
  /// Position (x, y, z) and radius (w) of each node.
  var nodes: [SIMD4<Float>]

  init(nodes: [SIMD4<Float>]) { self.nodes = nodes }

  /// A smooth curve through control points, sampled about every `step` mm.
  ///
  /// Centripetal ends aside this is the uniform Catmull–Rom spline (Catmull and Rom 1974).
  init(through control: [SIMD4<Float>], step: Float = 3) {
    guard control.count > 1 else {
      nodes = control
      return
    }
    var result: [SIMD4<Float>] = [control[0]]
    for i in 0..<control.count - 1 {
      let p1 = control[i]
      let p2 = control[i + 1]
      let p0 = i > 0 ? control[i - 1] : p1 + (p1 - p2)
      let p3 = i + 2 < control.count ? control[i + 2] : p2 + (p2 - p1)
      let segments = max(1, Int((length(p2.position - p1.position) / step).rounded(.up)))
      let linear = p2 - p0
      let square = 2 * (p0 - p1) + 3 * (p2 - p1) + (p2 - p3)
      let cube = 3 * (p1 - p2) + (p3 - p0)
      for k in 1...segments {
        let t = Float(k) / Float(segments)
        result.append(p1 + 0.5 * t * (linear + t * (square + t * cube)))
      }
    }
    nodes = result
  }

  var bounds: Box {
    guard let first = nodes.first else { return Box(low: .zero, high: .zero) }
    var box = Box(low: first.position - first.w, high: first.position + first.w)
    for node in nodes {
      box.formUnion(Box(low: node.position - node.w, high: node.position + node.w))
    }
    return box
  }

  /// The segments between neighbouring nodes.
  var capsules: [Capsule] {
    zip(nodes, nodes.dropFirst()).map { a, b in
      Capsule(from: a.position, to: b.position, fromRadius: a.w, toRadius: b.w)
    }
  }

  func distance(_ p: Point) -> Float {
    var best = Float.infinity
    for i in 0..<max(0, nodes.count - 1) {
      let a = nodes[i]
      let b = nodes[i + 1]
      let segment = Capsule(from: a.position, to: b.position, fromRadius: a.w, toRadius: b.w)
      best = min(best, segment.distance(p))
    }
    return best
  }

  /// The length of the curve in mm.
  var arcLength: Float {
    zip(nodes, nodes.dropFirst()).reduce(0) { $0 + length($1.1.position - $1.0.position) }
  }

  /// Position and radius at a distance along the curve from its first node, in mm.
  func node(at arc: Float) -> SIMD4<Float> {
    guard var last = nodes.first else { return .zero }
    var rest = arc
    for node in nodes.dropFirst() {
      let segment = length(node.position - last.position)
      if rest <= segment { return segment > 0 ? mix(last, node, max(rest, 0) / segment) : node }
      rest -= segment
      last = node
    }
    return last
  }

  /// The direction in which the curve runs at a distance from its first node.
  func tangent(at arc: Float) -> Point {
    normalized(node(at: arc + 0.5).position - node(at: arc - 0.5).position)
  }

  /// Short tubes that overlap in one node, cheaper to draw than the whole.
  func chunks(of count: Int) -> [Tube] {
    stride(from: 0, to: max(1, nodes.count - 1), by: count).map { start in
      Tube(nodes: Array(nodes[start...min(start + count, nodes.count - 1)]))
    }
  }
}

extension SIMD4<Float> {
  /// The position of a node, in mm.
  @inline(__always) var position: Point { Point(x, y, z) }

  /// A node from a position and a radius, in mm.
  init(_ position: Point, radius: Float) { self.init(position.x, position.y, position.z, radius) }
}
