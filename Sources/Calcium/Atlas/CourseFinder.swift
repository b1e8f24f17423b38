// SPDX-License-Identifier: Apache-2.0
import Agatston
import Meshes

/// Finds the centreline of a tube that is given as a mesh.
///
/// Vertices are ordered by their way along the surface from the end where the vessel begins; the
/// centre of those within one step is a point of the centreline.
struct CourseFinder {
  private(set) var courses: [CoronaryCourse] = []

  /// Adds a vessel that begins at the point nearest to another one.
  mutating func add(_ mesh: Mesh, artery: Artery, isTrunk: Bool, from parents: [SIMD3<Float>]) {
    guard !mesh.vertices.isEmpty, !parents.isEmpty else { return }
    var start = (vertex: 0, distance: Float.infinity)
    for (i, vertex) in mesh.vertices.enumerated() {
      for parent in parents {
        let d = squared(vertex - parent)
        if d < start.distance { start = (i, d) }
      }
    }
    let ways = Self.ways(over: mesh, from: start.vertex)
    func step(_ way: Float) -> Int { Int(way / CoronaryCourse.step) }
    let reached = zip(mesh.vertices, ways).filter { $0.1 < .infinity }
    let groups = Dictionary(grouping: reached) { step($0.1) }.sorted { $0.key < $1.key }
      .map { $0.value.map(\.0) }
    let points = groups.map { $0.reduce(.zero, +) / Float($0.count) }
    guard points.count > 1 else { return }
    let radii = zip(groups, points).map { vertices, centre in
      vertices.reduce(0) { $0 + squared($1 - centre).squareRoot() } / Float(vertices.count)
    }
    // Where it begins: at the aorta, or on a course that is there already.
    var begin: Float = 0
    if let nearest = nearest(to: points[0], artery: artery) { begin = nearest }
    var distances = [begin]
    for (a, b) in zip(points, points.dropFirst()) {
      distances.append(distances[distances.count - 1] + squared(b - a).squareRoot())
    }
    courses.append(
      CoronaryCourse(
        artery: artery, isTrunk: isTrunk, points: points, distances: distances,
        radii: radii.map { min(max($0, 0.5), 2.2) }))
  }

  /// All points so far.
  var points: [SIMD3<Float>] { courses.flatMap(\.points) }

  private func nearest(to point: SIMD3<Float>, artery: Artery) -> Float? {
    var best = (distance: Float.infinity, along: Float(0))
    for course in courses where course.artery == artery || course.artery == .leftMain {
      for (p, along) in zip(course.points, course.distances) {
        let d = squared(p - point)
        if d < best.distance { best = (d, along) }
      }
    }
    return best.distance < 400 ? best.along : nil
  }

  /// The length of the shortest way along edges from one vertex to each other (Dijkstra).
  private static func ways(over mesh: Mesh, from start: Int) -> [Float] {
    let count = mesh.vertices.count
    var neighbours: [[Int32]] = Array(repeating: [], count: count)
    for t in mesh.triangles {
      for (a, b) in [(t.x, t.y), (t.y, t.z), (t.z, t.x)] {
        neighbours[Int(a)].append(b)
        neighbours[Int(b)].append(a)
      }
    }
    var ways = Array(repeating: Float.infinity, count: count)
    var isDone = Array(repeating: false, count: count)
    var open = [start]
    ways[start] = 0
    while true {
      while !open.isEmpty {
        var best = 0
        for i in open.indices where ways[open[i]] < ways[open[best]] { best = i }
        let vertex = open.remove(at: best)
        if isDone[vertex] { continue }
        isDone[vertex] = true
        for next in neighbours[vertex] where !isDone[Int(next)] {
          let way =
            ways[vertex] + squared(mesh.vertices[Int(next)] - mesh.vertices[vertex]).squareRoot()
          if way < ways[Int(next)] {
            if ways[Int(next)] == .infinity { open.append(Int(next)) }
            ways[Int(next)] = way
          }
        }
      }
      // Some vessels are made of pieces that meet without sharing vertices: the next piece goes on
      // from its whole rim, not from one vertex of it.
      let gaps = gaps(mesh.vertices, isDone)
      guard let narrowest = gaps.map(\.width).min(), narrowest < 6 else { break }
      for gap in gaps where gap.width < narrowest + 1 {
        ways[gap.to] = ways[gap.from] + gap.width
        open.append(gap.to)
      }
    }
    return ways
  }

  /// For each vertex that was not reached the nearest one that was, and their distance in mm.
  private static func gaps(
    _ vertices: [SIMD3<Float>], _ isDone: [Bool]
  ) -> [(from: Int, to: Int, width: Float)] {
    let reached = vertices.indices.filter { isDone[$0] }
    return vertices.indices.filter { !isDone[$0] }.compactMap { to in
      reached.map { (from: $0, to: to, width: squared(vertices[to] - vertices[$0])) }
        .min { $0.width < $1.width }
        .map { ($0.from, $0.to, $0.width.squareRoot()) }
    }
  }
}

/// The squared length of a vector.
func squared(_ v: SIMD3<Float>) -> Float { (v * v).sum() }
