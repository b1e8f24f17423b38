// SPDX-License-Identifier: Apache-2.0
import Agatston

/// The coronary arteries: smooth curves in the fat on the surface of the heart.
struct CoronaryTree: Sendable {
  /// One vessel and the artery that its plaques are counted with.
  struct Branch: Sendable {
    let artery: Artery
    let tube: Tube
    /// Whether this is the artery's main course rather than a side branch.
    let main: Bool
  }

  let branches: [Branch]
  /// The great cardiac vein and the coronary sinus, in the fat of the left groove.
  let veins: [Tube]

  /// The radius of the fat sheath beyond the vessel's own radius, in mm.
  static let sheath: Float = 2.4

  init(_ random: inout KeyedRandom, heart: Heart, vessels: GreatVessels) {
    let pose = heart.pose
    // Neighbours against which a vessel must not run: heart muscle and large vessels.
    func clearance(_ p: Point) -> Float {
      min(
        heart.distance(p, rounding: 4),
        min(vessels.pulmonaryTrunk.distance(p), vessels.aorta.distance(p)))
    }
    // Moves a point along the distance's gradient until it lies `gap` above the surface.
    func settle(_ start: Point, gap: Float) -> Point {
      var p = start
      for _ in 0..<6 {
        let d = clearance(p)
        let e: Float = 0.5
        let gradient = Point(
          clearance(p + Point(e, 0, 0)) - clearance(p - Point(e, 0, 0)),
          clearance(p + Point(0, e, 0)) - clearance(p - Point(0, e, 0)),
          clearance(p + Point(0, 0, e)) - clearance(p - Point(0, 0, e)))
        p += normalized(gradient) * clamped(gap - d, -4, 4) * 0.8
      }
      return p
    }
    let width = 1 + 0.1 * random.normal()
    // `held`: the leading points that stay where they are, at the wall of the aorta.
    func course(
      _ points: [SIMD4<Float>], held: Int, from start: SIMD4<Float>? = nil, gap: Float = 0.7
    ) -> Tube {
      var nodes: [SIMD4<Float>] = []
      for (i, p) in points.enumerated() {
        let radius = p.w * width
        var position = pose.place(p.position)
        if i >= held { position += random.jitter(1.2) }
        nodes.append(SIMD4(position, radius: radius))
      }
      if let start { nodes[0] = SIMD4(start.position, radius: nodes[0].w) }
      let rough = Tube(through: nodes, step: 4).nodes
      let arc = Float(held) * 4
      var settled: [SIMD4<Float>] = []
      var run: Float = 0
      for (i, node) in rough.enumerated() {
        if i > 0 { run += length(node.position - rough[i - 1].position) }
        let weight = held > 0 ? smoothStep(arc * 0.5, arc + 4, run) : smoothStep(0, 6, run)
        let moved = settle(node.position, gap: node.w + gap)
        settled.append(SIMD4(mix(node.position, moved, weight), radius: node.w))
      }
      // Settling can fold a curve a little; two passes of smoothing remove the folds.
      for _ in 0..<3 where settled.count > 2 {
        let old = settled
        for i in 1..<(settled.count - 1) {
          settled[i] = 0.25 * old[i - 1] + 0.5 * old[i] + 0.25 * old[i + 1]
        }
      }
      return Tube(through: settled, step: 1.5)
    }
    let split = random.uniform(8, 13)
    let left = course(
      [[-1, 0.3, 0, 2.3], [split * 0.5, 0.5, 0.3, 2.2], [split, -0.5, 0, 2.1]], held: 2)
    let fork = left.node(at: left.arcLength)
    let descending = course(
      [
        [split, -0.5, 0, 1.9], [18, -7, 2, 1.85], [26, -14, 2, 1.8], [35, -25, -2, 1.7],
        [42, -36, -13, 1.55], [47, -44, -30, 1.4], [53, -47, -52, 1.2], [61, -44, -68, 1],
        [68, -34, -82, 0.8],
      ], held: 0, from: fork)
    let circumflex = course(
      [
        [split, -0.5, 0, 1.7], [16, 5, -5, 1.65], [22, 13, -11, 1.6], [30, 26, -20, 1.45],
        [37, 38, -34, 1.25], [34, 45, -48, 1.05], [24, 44, -60, 0.8],
      ], held: 0, from: fork)
    let right = course(
      [
        [-18, -20, -9, 2], [-21, -25, -12, 1.95], [-26, -34, -20, 1.9], [-32, -38, -32, 1.8],
        [-35, -35, -46, 1.7], [-36, -24, -60, 1.6], [-32, -10, -72, 1.5], [-20, 4, -80, 1.4],
        [-4, 13, -82, 1.2], [6, 14, -82, 1], [20, 3, -87, 0.9], [36, -8, -89, 0.7],
      ], held: 2)
    let diagonalStart = descending.node(at: random.uniform(18, 34))
    let diagonal = course(
      [
        [30, -22, -3, 1.2], [46, -24, -16, 1.1], [58, -18, -30, 1], [66, -10, -50, 0.7],
      ], held: 0, from: diagonalStart, gap: -0.3)
    let marginalStart = circumflex.node(at: random.uniform(16, 32))
    let marginal = course(
      [
        [28, 22, -16, 1.2], [46, 22, -28, 1.1], [58, 18, -46, 0.9], [62, 12, -62, 0.6],
      ], held: 0, from: marginalStart, gap: -0.3)
    veins = [
      course(
        [
          [40, -34, -16, 1.3], [32, -18, -2, 1.6], [31, 6, -7, 2], [36, 26, -22, 2.3],
          [38, 36, -38, 2.8], [26, 36, -54, 3.6], [4, 28, -64, 4.5], [-16, 22, -64, 5],
        ], held: 0, gap: 0.2)
    ]
    branches = [
      Branch(artery: .leftMain, tube: left, main: true),
      Branch(artery: .leftAnteriorDescending, tube: descending, main: true),
      Branch(artery: .leftCircumflex, tube: circumflex, main: true),
      Branch(artery: .right, tube: right, main: true),
      Branch(artery: .leftAnteriorDescending, tube: diagonal, main: false),
      Branch(artery: .leftCircumflex, tube: marginal, main: false),
    ]
  }

  /// The main course of an artery.
  func main(_ artery: Artery) -> Branch {
    branches.first { $0.artery == artery && $0.main } ?? branches[0]
  }
}
