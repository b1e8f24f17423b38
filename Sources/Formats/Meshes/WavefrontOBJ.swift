// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension Mesh {
  /// Reads a Wavefront OBJ file: its vertices and faces.
  ///
  /// Corners may be written `v`, `v/vt`, `v//vn` or `v/vt/vn`, and counted back from the last vertex by
  /// negative numbers. A face of more than three corners becomes a fan of triangles round its first
  /// corner, which is right for convex faces. Normals, textures, groups and materials are passed over.
  ///
  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - name: what errors call the file.
  /// - Throws: `MeshError` that names the line, for coordinates that are no finite numbers, and corners
  ///   that are no vertices; also where there is no face.
  public init(wavefrontOBJ bytes: some ContiguousBytes, name: String) throws(MeshError) {
    let parsed = bytes.withUnsafeBytes { memory in
      Result { () throws(MeshError) in
        var parser = OBJParser(memory, name: name)
        return try parser.parse()
      }
    }
    self = try parsed.get()
  }
}
