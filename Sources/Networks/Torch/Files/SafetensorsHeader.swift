// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

/// The header of a safetensors file: JSON that describes its tensors.
///
/// The file is 8 bytes of header length (little-endian), the header, and the tensors' bytes
/// (little-endian, last axis fastest) one after the other without gaps. Offsets count from the end
/// of the header. Reference: the description of the format in the safetensors package, 0.8.
struct SafetensorsHeader {
  /// The type, shape and byte range of one tensor.
  struct Entry: Codable {
    let dtype: String
    let shape: [Int]
    let dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  /// The longest header that readers accept, in bytes.
  static let limit = 100_000_000

  private(set) var entries: [String: Entry] = [:]
  private(set) var metadata: [String: String] = [:]

  /// A header of given entries.
  init(entries: [String: Entry], metadata: [String: String]) {
    self.entries = entries
    self.metadata = metadata
  }

  /// Reads and checks a header.
  ///
  /// - Parameter dataCount: the number of bytes that follow the header.
  /// - Throws: `Defect` with a sentence, without the file's name, for everything that the format
  ///   forbids.
  init(json: Data, dataCount: Int) throws(Defect) {
    guard json.first == UInt8(ascii: "{") else { throw Defect("its header is not a JSON object") }
    do {
      let decoded = try JSONDecoder().decode([String: Item].self, from: json)
      for (name, item) in decoded {
        switch item {
        case .entry(let entry): entries[name] = entry
        case .metadata(let texts): metadata = texts
        }
      }
    } catch let error as DecodingError {
      throw Defect(Self.sentence(error))
    } catch {
      throw Defect("its header is not valid JSON")
    }
    try checkRanges(dataCount: dataCount)
  }

  /// Checks that each tensor's bytes have the length of its shape and follow the tensor before.
  private func checkRanges(dataCount: Int) throws(Defect) {
    var end = 0
    let ordered = entries.sorted {
      ($0.value.dataOffsets.first ?? 0, $0.value.dataOffsets.last ?? 0, $0.key)
        < ($1.value.dataOffsets.first ?? 0, $1.value.dataOffsets.last ?? 0, $1.key)
    }
    for (name, entry) in ordered {
      guard let dtype = DType(safetensorsName: entry.dtype) else {
        throw Defect("the tensor \"\(name)\" is of the kind \(entry.dtype), which is not supported")
      }
      guard entry.dataOffsets.count == 2, entry.dataOffsets[0] >= 0,
        entry.dataOffsets[1] >= entry.dataOffsets[0]
      else { throw Defect("the tensor \"\(name)\" has offsets \(entry.dataOffsets)") }
      let (from, to) = (entry.dataOffsets[0], entry.dataOffsets[1])
      guard let bytes = byteCount(of: entry.shape, dtype: dtype) else {
        throw Defect("the tensor \"\(name)\" has the shape \(crossed(entry.shape))")
      }
      guard to - from == bytes else {
        throw Defect(
          "the tensor \"\(name)\" of shape \(crossed(entry.shape)) takes \(counted(bytes, "byte")), its offsets give "
            + "\(to - from)")
      }
      guard from == end else {
        throw Defect(
          "the tensor \"\(name)\" begins at byte \(from), though the one before ends at \(end)")
      }
      guard to <= dataCount else {
        throw Defect("the tensor \"\(name)\" ends at byte \(to) of \(dataCount): it was cut off")
      }
      end = to
    }
    guard end == dataCount else {
      throw Defect(
        "\(counted(dataCount - end, "byte at its end belongs", "bytes at its end belong")) to no tensor"
      )
    }
  }

  /// The bytes of the header, padded with spaces so that the data begin at a multiple of 8.
  func data() throws -> Data {
    var items = entries.mapValues(Item.entry)
    if !metadata.isEmpty { items["__metadata__"] = .metadata(metadata) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = try encoder.encode(items)
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    return json
  }

  /// A violation of the format.
  struct Defect: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// One value of the header's object.
  private enum Item: Codable {
    case entry(Entry)
    case metadata([String: String])

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata(try [String: String](from: decoder))
      } else {
        self = .entry(try Entry(from: decoder))
      }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .entry(let entry): try entry.encode(to: encoder)
      case .metadata(let texts): try texts.encode(to: encoder)
      }
    }
  }

  private static func sentence(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      "its header lacks \"\(key.stringValue)\" for \"\(path(context))\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "its header has a value of the wrong kind at \"\(path(context))\""
    default: "its header is not valid JSON"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: " ")
  }
}
