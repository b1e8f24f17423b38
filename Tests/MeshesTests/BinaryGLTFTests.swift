// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Meshes
import Testing

@Suite struct `A binary glTF file` {
  private func read(_ file: GLBBuilder) throws -> BinaryGLTF {
    try BinaryGLTF(file.data, name: "a.glb")
  }

  private func isNear(_ mesh: Mesh, _ expected: [SIMD3<Float>]) -> Bool {
    mesh.vertices.count == expected.count
      && zip(mesh.vertices, expected).allSatisfy { a, b in
        let d = a - b
        return (d * d).sum() < 1e-10
      }
  }

  @Test(arguments: [1, 2, 4]) func `has corners of any size`(size: Int) throws {
    let meshes = try read(GLBBuilder(nodes: "[{\"mesh\": 0}]", cornerSize: size)).meshes
    #expect(meshes.map(\.name) == ["shape"])
    #expect(meshes[0].mesh.vertices == [[0, 0, 0], [1, 0, 0], [0, 2, 0]])
    #expect(meshes[0].mesh.triangles == [[0, 1, 2]])
  }

  @Test func `places meshes by the transforms of all nodes above, and names them by the node`()
    throws
  {
    // A quarter turn about z, which takes x to y, then twice as large, then 10 to the right.
    let half = 0.5.squareRoot()
    let nodes = """
      [{"name": "root", "translation": [10, 0, 0], "children": [2, 1]},
       {"name": "last", "mesh": 0},
       {"name": "large", "scale": [2, 2, 2], "children": [3]},
       {"name": "turned", "rotation": [0, 0, \(half), \(half)], "mesh": 0},
       {"name": "in no scene", "mesh": 0}]
      """
    let meshes = try read(GLBBuilder(nodes: nodes)).meshes
    #expect(meshes.map(\.name) == ["turned", "last"])
    #expect(isNear(meshes[0].mesh, [[10, 0, 0], [10, 2, 0], [6, 0, 0]]))
    #expect(isNear(meshes[1].mesh, [[10, 0, 0], [11, 0, 0], [10, 2, 0]]))
    #expect(meshes[0].mesh.triangles == [[0, 1, 2]])
  }

  @Test func `turns the triangles of a mirrored node, and takes matrices column by column`() throws
  {
    let nodes = """
      [{"matrix": [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1], "mesh": 0}]
      """
    let mesh = try read(GLBBuilder(nodes: nodes)).meshes[0].mesh
    #expect(mesh.vertices == [[5, 6, 7], [4, 6, 7], [5, 8, 7]])
    #expect(mesh.triangles == [[0, 2, 1]])
  }

  @Test(arguments: ["KHR_draco_mesh_compression", "EXT_meshopt_compression"])
  func `that is compressed is refused by the name of the extension`(name: String) {
    let file = GLBBuilder(
      nodes: "[{\"mesh\": 0}]", more: ", \"extensionsRequired\": [\"\(name)\"]")
    let error = #expect(throws: MeshError.self) { try read(file) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description
        == "a.glb: needs the extension \(name), which is not read; export it without compression")
  }

  @Test func `that needs an extension of materials is read`() throws {
    let file = GLBBuilder(
      nodes: "[{\"mesh\": 0}]", more: ", \"extensionsRequired\": [\"KHR_materials_unlit\"]")
    #expect(try read(file).meshes.count == 1)
  }

  @Test func `of lines is refused`() {
    let file = GLBBuilder(nodes: "[{\"mesh\": 0}]", primitive: ", \"mode\": 1")
    let error = #expect(throws: MeshError.self) { try read(file) }
    #expect(error?.detail == "meshes[0] is of the mode 1; triangles, 4, are read")
  }

  @Test(arguments: [
    ("[{\"mesh\": 1}]", "names meshes[1], but there are 1"),
    ("[{\"children\": [7]}]", "names nodes[7], but there are 1"),
    ("[{\"children\": [0]}]", "nodes[0] has two parents; its nodes are no tree"),
    ("[{\"mesh\": 0, \"scale\": [1, 1]}]", "nodes[0]: its place is not finite numbers"),
    ("[{\"mesh\": -1}]", "its description has no valid \"mesh\" where one is needed"),
    ("[{\"mesh\": 0, \"scale\": [1e300, 1, 1]}]", "meshes[0] is placed beyond all numbers"),
  ])
  func `whose nodes contradict themselves is refused`(nodes: String, sentence: String) {
    let error = #expect(throws: MeshError.self) { try read(GLBBuilder(nodes: nodes)) }
    #expect(error?.code == .invalid && error?.detail == sentence)
  }

  @Test func `whose numbers contradict themselves is refused`() throws {
    let good = GLBBuilder(nodes: "[{\"mesh\": 0}]")
    func refused(_ file: GLBBuilder) -> MeshError? {
      #expect(throws: MeshError.self) { try read(file) }
    }
    var far = good
    far.binary[40] = 3
    #expect(refused(far)?.detail == "meshes[0] has corners beyond its 3 vertices")
    var nan = good
    nan.binary.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
    #expect(refused(nan)?.detail == "accessors[0]: a position is no finite number")
    var short = good
    short.binary = Data(good.binary.prefix(32))
    #expect(refused(short)?.code == .truncated)
    for (old, new) in [
      ("\"count\": 3", "\"count\": 4"), ("\"count\": 3", "\"count\": 4294967295"),
      ("\"byteStride\": 12", "\"byteStride\": 4"), ("\"byteLength\": 36,", "\"byteLength\": 35,"),
      ("\"count\": 3", "\"count\": -1"), ("\"count\": 3", "\"count\": 1e30"),
      ("\"byteOffset\": 36", "\"byteOffset\": 4000000000"), ("5126", "5123"), ("VEC3", "VEC4"),
      ("\"buffer\": 0", "\"buffer\": 1"), ("\"POSITION\"", "\"NORMAL\""),
      ("{\"bufferView\": 0,", "{"),
    ] {
      var file = good
      file.json = good.json.replacing(old, with: new, maxReplacements: 1)
      #expect(file.json != good.json)
      _ = refused(file)
    }
  }

  @Test func `that is cut anywhere is refused`() throws {
    let data = GLBBuilder(nodes: "[{\"mesh\": 0}]").data
    for count in 0..<data.count {
      let error = #expect(throws: MeshError.self) {
        try BinaryGLTF(data.prefix(count), name: "a.glb")
      }
      #expect(error?.code == (count < 12 ? .invalid : .truncated))
    }
    let error = #expect(throws: MeshError.self) {
      try BinaryGLTF(data.prefix(100), name: "a.glb")
    }
    #expect(
      error?.description
        == "a.glb: is truncated: \(data.count - 100) of \(data.count) bytes are missing; copy it "
        + "again")
  }

  @Test func `whose description is no JSON is refused`() {
    var file = GLBBuilder(nodes: "[]")
    file.json = "{"
    #expect(throws: FileError.self) { try read(file) }
  }
}
