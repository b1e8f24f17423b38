// SPDX-License-Identifier: Apache-2.0
import Text

/// Reads the statements of a Wavefront OBJ file over its bytes.
///
/// Own code, because the archive of a body holds hundreds of megabytes of them, and splitting texts
/// takes some twenty times as long.
struct OBJParser {
  private let name: String
  private var cursor: ByteCursor
  private var mesh = Mesh(vertices: [], triangles: [])
  // A face may name a vertex that comes later, so the highest number is compared at the end.
  private var highest = (corner: 0, line: 1)

  init(_ memory: UnsafeRawBufferPointer, name: String) {
    self.name = name
    cursor = ByteCursor(memory)
  }

  mutating func parse() throws(MeshError) -> Mesh {
    while true {
      cursor.skipBlanks()
      guard let byte = cursor.next else { break }
      cursor.position += 1
      if byte == UInt8(ascii: "v"), cursor.isBlank {
        try vertex()
      } else if byte == UInt8(ascii: "f"), cursor.isBlank {
        try face()
      } else {
        cursor.position -= 1
      }
      cursor.skipLine()
    }
    guard highest.corner <= mesh.vertices.count else {
      throw outOfRange(highest.corner, line: highest.line)
    }
    guard !mesh.triangles.isEmpty else {
      throw MeshError(
        .invalid, subject: name, detail: "holds no face; a Wavefront OBJ file was expected")
    }
    return mesh
  }

  private mutating func vertex() throws(MeshError) {
    guard mesh.vertices.count < Int(Int32.max) else { throw wrong("there are too many vertices") }
    let x = try coordinate(0)
    let y = try coordinate(1)
    let z = try coordinate(2)
    mesh.vertices.append(SIMD3(x, y, z))
  }

  private mutating func coordinate(_ before: Int) throws(MeshError) -> Float {
    cursor.skipBlanks()
    guard !cursor.isAtLineEnd else {
      throw wrong("a vertex has \(before) of 3 coordinates; is the file cut off?")
    }
    let start = cursor.position
    guard let value = cursor.decimal(), cursor.isAtLineEnd || cursor.isBlank else {
      throw wrong("the coordinate \"\(cursor.word(from: start))\" is no number")
    }
    let coordinate = Float(value)
    guard coordinate.isFinite else {
      throw wrong("the coordinate \"\(cursor.word(from: start))\" is too large")
    }
    return coordinate
  }

  private mutating func face() throws(MeshError) {
    var (first, last): (Int32, Int32) = (0, 0)
    var count = 0
    while true {
      cursor.skipBlanks()
      guard !cursor.isAtLineEnd else { break }
      let corner = try corner()
      if count == 0 { first = corner }
      if count > 1 { mesh.triangles.append(SIMD3(first, last, corner)) }
      last = corner
      count += 1
    }
    guard count > 2 else {
      throw wrong("a face has \(counted(count, "corner")), 3 are the fewest; is the file cut off?")
    }
  }

  /// The next corner of a face as a place among the vertices, counted from 0.
  private mutating func corner() throws(MeshError) -> Int32 {
    let start = cursor.position
    guard let number = cursor.whole(), hasCornerEnd() else {
      throw wrong(
        "the corner \"\(cursor.word(from: start))\" is none of v, v/vt, v//vn and v/vt/vn")
    }
    let place = number < 0 ? mesh.vertices.count + number : number - 1
    guard number != 0, place >= 0, place < Int(Int32.max) else {
      throw outOfRange(number, line: cursor.line)
    }
    if place >= highest.corner { highest = (place + 1, cursor.line) }
    return Int32(place)
  }

  /// Passes over the numbers of texture and normal; `false` where they are not as they should be.
  private mutating func hasCornerEnd() -> Bool {
    if cursor.take("/") {
      if cursor.take("/") {
        guard cursor.whole() != nil else { return false }
      } else {
        guard cursor.whole() != nil else { return false }
        if cursor.take("/") {
          guard cursor.whole() != nil else { return false }
        }
      }
    }
    return cursor.isAtLineEnd || cursor.isBlank
  }

  private func outOfRange(_ corner: Int, line: Int) -> MeshError {
    MeshError(
      .invalid, subject: name,
      detail: "line \(line): a face has the corner \(corner), but there "
        + (mesh.vertices.count == 1 ? "is 1 vertex" : "are \(mesh.vertices.count) vertices")
        + "; is the file cut off?")
  }

  private func wrong(_ detail: String) -> MeshError {
    MeshError(.invalid, subject: name, detail: "line \(cursor.line): \(detail)")
  }
}
