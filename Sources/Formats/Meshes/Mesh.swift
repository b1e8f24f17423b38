// SPDX-License-Identifier: Apache-2.0

/// A surface of triangles, in millimetres where its file does not say otherwise.
///
/// ```swift
/// let spleen = try MeshArchive(zip: url).mesh(named: "FJ3409")
/// let millilitres = spleen.volume / 1000
/// let inside = spleen.voxels(on: grid)
/// ```
public struct Mesh: Sendable, Hashable {
  /// The corners: x, y and z of each, all finite.
  public var vertices: [SIMD3<Float>]
  /// For each triangle the places of its corners among the vertices, counted from 0; seen from
  /// outside they run anticlockwise.
  public var triangles: [SIMD3<Int32>]

  /// A mesh of finite vertices and of triangles whose corners are among them.
  public init(vertices: [SIMD3<Float>], triangles: [SIMD3<Int32>]) {
    self.vertices = vertices
    self.triangles = triangles
  }

  /// The lowest and the highest coordinates of the vertices, or `nil` where there is none.
  public var bounds: (low: SIMD3<Float>, high: SIMD3<Float>)? {
    guard var low = vertices.first else { return nil }
    var high = low
    for vertex in vertices {
      low = pointwiseMin(low, vertex)
      high = pointwiseMax(high, vertex)
    }
    return (low, high)
  }

  /// The volume inside, in mm³: the sum of the signed volumes of the tetrahedra between the triangles
  /// and one point.
  ///
  /// It is negative where the triangles run clockwise, and counts twice what two parts of the mesh
  /// share. Each open edge makes it depend on the point, which is the first vertex.
  public var volume: Double {
    guard let first = vertices.first else { return 0 }
    let origin = SIMD3<Double>(first)
    var sixfold = 0.0
    for triangle in triangles {
      let a = SIMD3<Double>(vertices[Int(triangle.x)]) - origin
      let b = SIMD3<Double>(vertices[Int(triangle.y)]) - origin
      let c = SIMD3<Double>(vertices[Int(triangle.z)]) - origin
      sixfold +=
        a.x * (b.y * c.z - b.z * c.y) + a.y * (b.z * c.x - b.x * c.z)
        + a.z * (b.x * c.y - b.y * c.x)
    }
    return sixfold / 6
  }
}
