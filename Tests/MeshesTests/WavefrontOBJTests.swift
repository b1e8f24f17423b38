// SPDX-License-Identifier: Apache-2.0
import Foundation
import Meshes
import Testing

@Suite struct `A Wavefront OBJ file` {
  private static let four = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

  private func mesh(_ text: String) throws -> Mesh {
    try Mesh(wavefrontOBJ: Data(text.utf8), name: "a.obj")
  }

  @Test(arguments: [
    "f 1 2 3", "f 1/9 2/9 3/9", "f 1//9 2//9 3//9", "f 1/9/8 2/9/8 3/9/8", "f -4 -3 -2",
    "f -4//-1 -3//-1 -2/5/6", "\tf\t1  2\t3 \r", "g x\nusemtl y\ns off\nf 1 \\\n 2 \\\r\n3",
  ])
  func `may write a face in any form`(face: String) throws {
    let mesh = try mesh("# four\r\n\(Self.four)vn 0 0 1\nvt 0 0\n\(face)\n")
    #expect(mesh.vertices == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    #expect(mesh.triangles == [[0, 1, 2]])
    #expect(try self.mesh(Self.four + face).triangles == [[0, 1, 2]])
  }

  @Test func `may have polygons, which become fans`() throws {
    #expect(try mesh(Self.four + "f 1 2 3 4").triangles == [[0, 1, 2], [0, 2, 3]])
    #expect(try mesh("f 1 2 3 4\n" + Self.four).triangles.count == 2)
  }

  @Test func `counts negative corners from the last vertex before the face`() throws {
    let mesh = try mesh("\(Self.four)f -1 -2 -3\nv 9 9 9\nf -1 -2 -3\n")
    #expect(mesh.triangles == [[3, 2, 1], [4, 3, 2]])
  }

  @Test(
    arguments: [
      ("-111.925", -111.925), ("+1.5", 1.5), (".5", 0.5), ("5.", 5), ("1e3", 1000),
      ("-2.5E-3", -0.0025),
      ("0.1000000000000000055511151231257827", 0.1), ("16777217.000000000000000001", 16_777_216),
      ("123456789012345678901234567890", 1.2345679e29), ("1e-300", 0),
      ("3.4028235e38", 3.4028235e38),
    ] as [(String, Float)])
  func `has coordinates as any decimal number`(text: String, value: Float) throws {
    let mesh = try mesh("v \(text) 0 \(text) 1.0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    #expect(mesh.vertices[0] == [value, 0, value])
  }

  @Test func `has the coordinates that Swift reads`() throws {
    var generator = SystemRandomNumberGenerator()
    let numbers = (0..<3000).map { _ in
      Float.random(in: -1...1, using: &generator) * [1, 1e-6, 1e3, 1e12].randomElement()!
    }
    let lines = stride(from: 0, to: 3000, by: 3).map {
      "v \(numbers[$0]) \(numbers[$0 + 1]) \(numbers[$0 + 2])"
    }
    let mesh = try mesh(lines.joined(separator: "\n") + "\nf 1 2 3")
    #expect(mesh.vertices.flatMap { [$0.x, $0.y, $0.z] } == numbers)
  }

  @Test(arguments: [
    (
      "f 1 2 5\n", "line 5: a face has the corner 5, but there are 4 vertices; is the file cut off?"
    ),
    (
      "f 1 2 -5\n",
      "line 5: a face has the corner -5, but there are 4 vertices; is the file cut off?"
    ),
    (
      "f 1 2 0\n", "line 5: a face has the corner 0, but there are 4 vertices; is the file cut off?"
    ),
    (
      "\nf 1 2 99999999999999999999",
      "line 6: a face has the corner 1000000000000, but there are 4 vertices; is the file cut off?"
    ),
    ("v nan 0 0\n", "line 5: the coordinate \"nan\" is no number"),
    ("v 0 0 inf\n", "line 5: the coordinate \"inf\" is no number"),
    ("v 0 1,5 0\n", "line 5: the coordinate \"1,5\" is no number"),
    ("v 0 - 0\n", "line 5: the coordinate \"-\" is no number"),
    ("v 0 1e 0\n", "line 5: the coordinate \"1e\" is no number"),
    ("v 0 0 1e39\n", "line 5: the coordinate \"1e39\" is too large"),
    ("v 1.25 2", "line 5: a vertex has 2 of 3 coordinates; is the file cut off?"),
    ("v ", "line 5: a vertex has 0 of 3 coordinates; is the file cut off?"),
    ("f 1 2", "line 5: a face has 2 corners, 3 are the fewest; is the file cut off?"),
    ("f 1 2 3/", "line 5: the corner \"3/\" is none of v, v/vt, v//vn and v/vt/vn"),
    ("f 1 2 3//", "line 5: the corner \"3//\" is none of v, v/vt, v//vn and v/vt/vn"),
    ("f 1 2 3.0", "line 5: the corner \"3.0\" is none of v, v/vt, v//vn and v/vt/vn"),
    ("f 1 2 x\n", "line 5: the corner \"x\" is none of v, v/vt, v//vn and v/vt/vn"),
    ("", "holds no face; a Wavefront OBJ file was expected"),
  ])
  func `that is damaged is refused with its line`(end: String, sentence: String) {
    let error = #expect(throws: MeshError.self) { try mesh(Self.four + end) }
    #expect(error?.code == .invalid)
    #expect(error?.description == "a.obj: " + sentence)
  }

  @Test func `that is none is refused`() {
    for bytes in [Data(), Data(count: 1000), Data("PK\u{3}\u{4}".utf8), Data([0x5C, 0x5C])] {
      #expect(throws: MeshError.self) { try Mesh(wavefrontOBJ: bytes, name: "x") }
    }
  }

  @Test func `that is cut anywhere is read or refused`() throws {
    let text = "\(Self.four)vn 0 0 1\nf 1//1 2//1 3//1\nf -4/1/1 -2/1/1 -1/1/1\n"
    for count in 0..<text.utf8.count { _ = try? mesh(String(text.prefix(count))) }
    #expect(try mesh(text).triangles.count == 2)
  }
}
