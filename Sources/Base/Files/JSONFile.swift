// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// JSON as this project reads and writes it: sorted keys, indented by two, NaN as null.
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
    let data = try contents(of: url)
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      return try decoder.decode(type, from: data)
    } catch let error as DecodingError {
      throw FileError(.invalid, path: url.path, detail: sentence(for: error))
    }
  }

  /// The bytes of a file, with a sentence of ours where it cannot be read.
  public static func contents(of url: URL) throws -> Data {
    guard Folder.isFile(url) else {
      throw FileError(
        .missing, path: url.path,
        detail: Folder.isFolder(url) ? "is a folder, a file was expected" : "no such file")
    }
    do {
      return try Data(contentsOf: url)
    } catch {
      throw FileError(.denied, path: url.path, detail: "cannot read: permission denied or broken")
    }
  }

  private static func sentence(for error: DecodingError) -> String {
    func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "the key \"\(place(context, key))\" is missing"
    case .typeMismatch(let type, let context):
      return "the key \"\(place(context))\" should hold a value of kind \(type)"
    case .valueNotFound(_, let context): return "the key \"\(place(context))\" holds no value"
    case .dataCorrupted(let context):
      let location = place(context)
      return location.isEmpty
        ? "is not valid JSON" : "the key \"\(location)\" holds an invalid value"
    @unknown default: return "is not the JSON that was expected"
    }
  }
}
