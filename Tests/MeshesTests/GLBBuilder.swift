// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Binary glTF files that tests write.
struct GLBBuilder {
  /// The bytes that the description speaks of.
  var binary = Data()
  /// The description in JSON.
  var json = ""

  /// A file of one triangle for each size of corners, (0, 0, 0), (1, 0, 0) and (0, 2, 0), in mesh 0;
  /// accessor 0 is the positions, 1 the corners.
  ///
  /// - Parameters:
  ///   - nodes: the list of nodes in JSON.
  ///   - size: the bytes of a corner: 1, 2 or 4.
  ///   - more: further members of the description, each with a comma before it.
  init(nodes: String, cornerSize size: Int = 2, more: String = "", primitive: String = "") {
    for number in [0, 0, 0, 1, 0, 0, 0, 2, 0] as [Float] {
      withUnsafeBytes(of: number.bitPattern.littleEndian) { binary.append(contentsOf: $0) }
    }
    for corner in 0..<3 {
      binary.append(UInt8(corner))
      binary.append(Data(count: size - 1))
    }
    let kind = size == 1 ? 5121 : size == 2 ? 5123 : 5125
    json = """
      {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": \(nodes),
      "meshes": [{"name": "shape", "primitives": [
        {"attributes": {"POSITION": 0}, "indices": 1\(primitive)}]}],
      "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
        {"bufferView": 1, "componentType": \(kind), "count": 3, "type": "SCALAR"}],
      "bufferViews": [
        {"buffer": 0, "byteLength": 36, "byteStride": 12},
        {"buffer": 0, "byteOffset": 36, "byteLength": \(3 * size)}],
      "buffers": [{"byteLength": \(36 + 3 * size)}]\(more)}
      """
  }

  /// The file.
  var data: Data {
    func word(_ value: Int) -> Data { withUnsafeBytes(of: UInt32(value).littleEndian) { Data($0) } }
    func chunk(_ kind: Int, _ bytes: Data, filler: UInt8) -> Data {
      let padded = bytes + Data(repeating: filler, count: (4 - bytes.count % 4) % 4)
      return word(padded.count) + word(kind) + padded
    }
    let chunks =
      chunk(0x4E4F_534A, Data(json.utf8), filler: 0x20) + chunk(0x004E_4942, binary, filler: 0)
    return Data("glTF".utf8) + word(2) + word(12 + chunks.count) + chunks
  }
}
