// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The meshes of a binary glTF 2.0 file (`.glb`), such as the reference organs of HuBMAP.
///
/// ```swift
/// let heart = try BinaryGLTF(Data(contentsOf: url), name: url.path)
/// for (name, mesh) in heart.meshes { print(name, mesh.triangles.count) }
/// ```
///
/// glTF's axes are x to the right of the viewer, y up and z to the viewer, its unit is the metre; the
/// vertices are given as they are, in metres.
public struct BinaryGLTF: Sendable {
  /// For each node with a mesh, from the scene's first root down: the node's name, or its mesh's where
  /// it has none, and the mesh where the node places it, with all its primitives.
  public var meshes: [(name: String, mesh: Mesh)]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - name: what errors call the file.
  /// - Throws: `MeshError`, with the code `.truncated` where the file is cut off, and `.unsupported` for
  ///   compressed meshes, other primitives than triangles, and bytes in other files; `FileError` where
  ///   the description in the file is no JSON.
  public init(_ bytes: some ContiguousBytes, name: String) throws {
    let chunks = try GLBChunks(bytes.withUnsafeBytes { [UInt8]($0) }, name: name)
    let document = try GLTFDocument(chunks, name: name)
    meshes = try GLTFScene(document).meshes()
  }
}
