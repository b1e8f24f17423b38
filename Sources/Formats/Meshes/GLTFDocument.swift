// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Text

/// The description of a glTF file, and the numbers that its accessors name.
struct GLTFDocument {
  /// What errors call the file.
  let name: String
  private let root: JSON
  private let binary: [UInt8]

  init(_ chunks: GLBChunks, name: String) throws {
    self.name = name
    root = try JSON.parse(Data(chunks.json), subject: name)
    binary = chunks.binary
    // Whoever writes a required extension says that the file is not understood without it. These
    // change how a surface looks, not where it is.
    let harmless = ["KHR_materials_", "KHR_texture_", "KHR_lights_", "EXT_texture_", "EXT_lights_"]
    for word in root["extensionsRequired"]?.array ?? [] {
      let name = word.string ?? ""
      if harmless.contains(where: name.hasPrefix) { continue }
      throw wrong(
        .unsupported,
        "needs the extension \(name.shown()), which is not read; export it without compression")
    }
  }

  /// The elements of one of the lists of the description, such as "nodes".
  func list(_ key: String) -> [JSON] { root[key]?.array ?? [] }

  /// The scene that is shown first, or `nil` where there is no scene.
  func scene() throws -> JSON? {
    let scenes = list("scenes")
    return scenes.isEmpty ? nil : try element(natural("scene", of: root, else: 0), of: "scenes")
  }

  /// An element of a list of the description.
  func element(_ index: Int, of key: String) throws(MeshError) -> JSON {
    let elements = list(key)
    guard elements.indices.contains(index) else {
      throw wrong(.invalid, "names \(key)[\(index)], but there are \(elements.count)")
    }
    return elements[index]
  }

  /// A member that counts or names something: a whole number from 0 to 2³² − 1.
  ///
  /// - Parameter substitute: the value where there is no such member; without it that is an error.
  func natural(
    _ key: String, of object: JSON, else substitute: Int? = nil
  ) throws(MeshError) -> Int {
    if object[key] == nil, let substitute { return substitute }
    guard let value = object[key]?.int, (0...Int(UInt32.max)).contains(value) else {
      throw wrong(.invalid, "its description has no valid \"\(key)\" where one is needed")
    }
    return value
  }

  /// The positions of an accessor, three numbers of single precision each.
  func positions(_ index: Int) throws(MeshError) -> [SIMD3<Float>] {
    let accessor = try element(index, of: "accessors")
    guard try natural("componentType", of: accessor) == 5126, accessor["type"]?.string == "VEC3"
    else {
      throw wrong(
        .unsupported, "accessors[\(index)]: its positions are no vectors of single precision")
    }
    let view = try view(of: accessor, index, size: 12)
    let positions = binary.withUnsafeBytes { bytes in
      (0..<view.count).map { element in
        let place = view.start + element * view.stride
        func number(_ axis: Int) -> Float {
          let bits = bytes.loadUnaligned(fromByteOffset: place + 4 * axis, as: UInt32.self)
          return Float(bitPattern: UInt32(littleEndian: bits))
        }
        return SIMD3(number(0), number(1), number(2))
      }
    }
    guard positions.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else {
      throw wrong(.invalid, "accessors[\(index)]: a position is no finite number")
    }
    return positions
  }

  /// The whole numbers of an accessor, of 8, 16 or 32 bits; those beyond 2³¹ − 1 become −1.
  func indices(_ index: Int) throws(MeshError) -> [Int32] {
    let accessor = try element(index, of: "accessors")
    let sizes = [5121: 1, 5123: 2, 5125: 4]
    guard let size = sizes[try natural("componentType", of: accessor)],
      accessor["type"]?.string == "SCALAR"
    else { throw wrong(.unsupported, "accessors[\(index)]: its corners are no whole numbers") }
    let view = try view(of: accessor, index, size: size)
    return binary.withUnsafeBytes { bytes in
      (0..<view.count).map { element in
        let place = view.start + element * view.stride
        let value = (0..<size).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * $1) }
        return Int32(exactly: value) ?? -1
      }
    }
  }

  /// Where the elements of an accessor lie among the bytes, which hold them all.
  private func view(
    of accessor: JSON, _ index: Int, size: Int
  ) throws(MeshError) -> (start: Int, stride: Int, count: Int) {
    guard accessor["sparse"] == nil, accessor["bufferView"] != nil else {
      throw wrong(.unsupported, "accessors[\(index)]: sparse numbers are not read")
    }
    let view = try element(natural("bufferView", of: accessor), of: "bufferViews")
    let buffer = try natural("buffer", of: view)
    guard buffer == 0, list("buffers").first?["uri"] == nil else {
      throw wrong(
        .unsupported, "buffers[\(buffer)]: lies outside the file; export it as one .glb file")
    }
    let offset = try natural("byteOffset", of: view, else: 0)
    let length = try natural("byteLength", of: view)
    let within = try natural("byteOffset", of: accessor, else: 0)
    let stride = try natural("byteStride", of: view, else: size)
    let count = try natural("count", of: accessor)
    let needed = count == 0 ? 0 : within + (count - 1) * stride + size
    guard stride >= size, stride < 256, needed <= length else {
      throw wrong(.invalid, "accessors[\(index)]: its numbers do not fit into their bytes")
    }
    guard offset + length <= binary.count else {
      throw wrong(
        .truncated,
        "is truncated: it speaks of \(offset + length) bytes and holds \(binary.count); copy it again"
      )
    }
    return (offset + within, stride, count)
  }

  /// An error about the file.
  func wrong(_ code: MeshError.Code, _ detail: String) -> MeshError {
    MeshError(code, subject: name, detail: detail)
  }
}
