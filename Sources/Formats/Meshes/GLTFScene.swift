// SPDX-License-Identifier: Apache-2.0
import Files
import Text

/// The nodes of a glTF file, each of which may place a mesh.
struct GLTFScene {
  private let document: GLTFDocument
  private let nodes: [JSON]

  /// The most vertices and triangles that are made: a small file may place one mesh often.
  private static let mostElements = 100_000_000

  init(_ document: GLTFDocument) {
    self.document = document
    nodes = document.list("nodes")
  }

  /// The meshes of all nodes below the roots.
  func meshes() throws -> [(name: String, mesh: Mesh)] {
    var meshes: [(name: String, mesh: Mesh)] = []
    var isVisited = [Bool](repeating: false, count: nodes.count)
    var elements = 0
    var waiting = try roots().reversed().map { ($0, NodeTransform.identity) }
    while let (index, parent) = waiting.popLast() {
      let node = try document.element(index, of: "nodes")
      guard !isVisited[index] else {
        throw document.wrong(.invalid, "nodes[\(index)] has two parents; its nodes are no tree")
      }
      isVisited[index] = true
      guard let own = NodeTransform(of: node) else {
        throw document.wrong(.invalid, "nodes[\(index)]: its place is not finite numbers")
      }
      let transform = parent.followed(by: own)
      if node["mesh"] != nil {
        let number = try document.natural("mesh", of: node)
        let description = try document.element(number, of: "meshes")
        let mesh = try mesh(of: description, number, by: transform)
        elements += mesh.vertices.count + mesh.triangles.count
        guard elements <= Self.mostElements else {
          throw document.wrong(
            .unsupported, "makes more than \(Self.mostElements) vertices and triangles")
        }
        let name = node["name"]?.string ?? description["name"]?.string ?? "node \(index)"
        meshes.append((name, mesh))
      }
      waiting += try children(of: node, "children").reversed().map { ($0, transform) }
    }
    return meshes
  }

  /// The nodes that the scene begins with; without a scene those that are nobody's children.
  private func roots() throws -> [Int] {
    if let scene = try document.scene() { return try children(of: scene, "nodes") }
    let below = Set(try nodes.flatMap { try children(of: $0, "children") })
    return nodes.indices.filter { !below.contains($0) }
  }

  private func children(of object: JSON, _ key: String) throws(MeshError) -> [Int] {
    var numbers: [Int] = []
    for child in object[key]?.array ?? [] {
      guard let number = child.int else {
        throw document.wrong(.invalid, "its description has no valid \"\(key)\"")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// A mesh with all its primitives, placed by a transform.
  private func mesh(
    of description: JSON, _ number: Int, by transform: NodeTransform
  ) throws(MeshError) -> Mesh {
    var mesh = Mesh(vertices: [], triangles: [])
    for primitive in description["primitives"]?.array ?? [] {
      let mode = try document.natural("mode", of: primitive, else: 4)
      guard mode == 4 else {
        throw document.wrong(
          .unsupported, "meshes[\(number)] is of the mode \(mode); triangles, 4, are read")
      }
      guard let attributes = primitive["attributes"], attributes["POSITION"] != nil else {
        throw document.wrong(.invalid, "meshes[\(number)] has no positions")
      }
      let positions = try document.positions(document.natural("POSITION", of: attributes))
      let corners =
        primitive["indices"] == nil
        ? positions.indices.map { Int32($0) }
        : try document.indices(document.natural("indices", of: primitive))
      guard corners.count.isMultiple(of: 3) else {
        throw document.wrong(
          .invalid, "meshes[\(number)] has \(corners.count) corners, no multiple of 3")
      }
      guard corners.allSatisfy({ $0 >= 0 && $0 < positions.count }) else {
        throw document.wrong(
          .invalid, "meshes[\(number)] has corners beyond its \(positions.count) vertices")
      }
      guard mesh.vertices.count + positions.count <= Self.mostElements else {
        throw document.wrong(
          .unsupported, "meshes[\(number)] has more than \(Self.mostElements) vertices")
      }
      let base = Int32(mesh.vertices.count)
      mesh.vertices += positions.map(transform.place)
      for start in stride(from: 0, to: corners.count, by: 3) {
        let corner = SIMD3(corners[start], corners[start + 1], corners[start + 2]) &+ base
        // A mirrored triangle runs the other way round.
        mesh.triangles.append(
          transform.isMirroring ? SIMD3(corner.x, corner.z, corner.y) : corner)
      }
    }
    guard mesh.vertices.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else {
      throw document.wrong(.invalid, "meshes[\(number)] is placed beyond all numbers")
    }
    return mesh
  }
}
