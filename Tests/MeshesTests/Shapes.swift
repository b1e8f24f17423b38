// SPDX-License-Identifier: Apache-2.0
import Foundation
import Meshes

/// Meshes that the tests need.
enum Shapes {
  /// A box from one corner to the other, of twelve triangles.
  static func box(_ low: SIMD3<Float>, _ high: SIMD3<Float>) -> Mesh {
    let vertices = (0..<8).map { corner in
      SIMD3(
        corner & 1 == 0 ? low.x : high.x, corner & 2 == 0 ? low.y : high.y,
        corner & 4 == 0 ? low.z : high.z)
    }
    let sides: [[Int32]] = [
      [0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5],
    ]
    return Mesh(
      vertices: vertices,
      triangles: sides.flatMap { [SIMD3($0[0], $0[1], $0[2]), SIMD3($0[0], $0[2], $0[3])] })
  }

  /// A sphere whose vertices lie on meridians and parallels.
  static func sphere(at centre: SIMD3<Double>, radius: Double, parts: Int = 60) -> Mesh {
    let columns = 2 * parts
    var mesh = Mesh(vertices: [], triangles: [])
    func vertex(_ row: Int, _ column: Int) -> SIMD3<Float> {
      let (polar, around) = (
        Double.pi * Double(row) / Double(parts), 2 * Double.pi * Double(column) / Double(columns)
      )
      let direction = SIMD3(sin(polar) * cos(around), sin(polar) * sin(around), cos(polar))
      return SIMD3<Float>(centre + radius * direction)
    }
    mesh.vertices = [vertex(0, 0)]
    for row in 1..<parts { mesh.vertices += (0..<columns).map { vertex(row, $0) } }
    mesh.vertices.append(vertex(parts, 0))
    func place(_ row: Int, _ column: Int) -> Int32 {
      row == 0
        ? 0
        : row == parts
          ? Int32(mesh.vertices.count - 1) : Int32(1 + (row - 1) * columns + column % columns)
    }
    for row in 0..<parts {
      for column in 0..<columns {
        let (a, b) = (place(row, column), place(row, column + 1))
        let (c, d) = (place(row + 1, column), place(row + 1, column + 1))
        if row > 0 { mesh.triangles.append(SIMD3(a, d, b)) }
        if row < parts - 1 { mesh.triangles.append(SIMD3(a, c, d)) }
      }
    }
    return mesh
  }

  /// Two meshes as one.
  static func both(_ one: Mesh, _ other: Mesh) -> Mesh {
    Mesh(
      vertices: one.vertices + other.vertices,
      triangles: one.triangles + other.triangles.map { $0 &+ Int32(one.vertices.count) })
  }
}
