// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Files of the project's own `Codable` values as JSON: sorted keys, indented by two, NaN as null.
///
/// ```swift
/// try JSONFile.write(record, to: url)
/// let again = try JSONFile.read(RunRecord.self, from: url)
/// ```
///
/// Files whose order of keys means something, such as nnU-Net's, are read as `JSON` values.
public enum JSONFile {
  /// The text of a value.
  ///
  /// A `Double` that may be NaN should be optional and absent instead.
  public static func data(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(value)
    data.append(0x0A)
    return data
  }

  /// Writes a value as JSON, complete or not at all.
  public static func write(_ value: some Encodable, to url: URL) throws {
    try StagedFile.write(data(value), to: url)
  }

  /// Reads a value; Python's bare `NaN` and `Infinity` are accepted.
  ///
  /// The error names the file and the key that is missing or of the wrong kind.
  public static func read<Value: Decodable>(_ type: Value.Type, from url: URL) throws -> Value {
    let data = try FileBytes.read(url)
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      return try decoder.decode(type, from: data)
    } catch let error as DecodingError {
      throw FileError(.invalid, path: url.path, detail: sentence(for: error))
    }
  }

  private static func sentence(for error: DecodingError) -> String {
    func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "the key \"\(path(context, key))\" is missing"
    case .typeMismatch(let type, let context):
      return "the key \"\(path(context))\" should hold a value of kind \(type)"
    case .valueNotFound(_, let context): return "the key \"\(path(context))\" holds no value"
    case .dataCorrupted(let context):
      let key = path(context)
      return key.isEmpty ? "is not valid JSON" : "the key \"\(key)\" holds an invalid value"
    @unknown default: return "is not the JSON that was expected"
    }
  }
}
