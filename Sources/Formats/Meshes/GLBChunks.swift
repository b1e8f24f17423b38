// SPDX-License-Identifier: Apache-2.0

/// The two chunks of a binary glTF file: a description in JSON, and the bytes that it speaks of.
struct GLBChunks {
  /// The description.
  let json: [UInt8]
  /// The numbers; empty where the file has none.
  let binary: [UInt8]

  /// - Throws: `MeshError` where the bytes are no glTF 2.0, or end too early.
  init(_ bytes: [UInt8], name: String) throws(MeshError) {
    func wrong(_ code: MeshError.Code, _ detail: String) -> MeshError {
      MeshError(code, subject: name, detail: detail)
    }
    func word(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    guard bytes.count >= 12, bytes.starts(with: "glTF".utf8) else {
      throw wrong(.invalid, "is no binary glTF file (.glb)")
    }
    guard word(4) == 2 else {
      throw wrong(.unsupported, "is glTF of version \(word(4)); version 2 is read")
    }
    let end = word(8)
    guard end <= bytes.count else {
      throw wrong(
        .truncated, "is truncated: \(end - bytes.count) of \(end) bytes are missing; copy it again")
    }
    var chunks: [(kind: Int, bytes: [UInt8])] = []
    var place = 12
    while place < end {
      guard place + 8 <= end, word(place) <= end - place - 8 else {
        throw wrong(.invalid, "its parts are longer than the file; copy it again")
      }
      let start = place + 8
      chunks.append((word(place + 4), Array(bytes[start..<start + word(place)])))
      place = start + word(place)
    }
    guard let first = chunks.first, first.kind == 0x4E4F_534A else {
      throw wrong(.invalid, "has no description in JSON; copy it again")
    }
    json = first.bytes
    // Chunks of other kinds may follow; the specification asks to pass over them.
    binary = chunks.dropFirst().first { $0.kind == 0x004E_4942 }?.bytes ?? []
  }
}
