// SPDX-License-Identifier: Apache-2.0

/// One record of a text of separated values.
package struct CSVRecord: Hashable, Sendable {
  /// The number as a spreadsheet counts rows, from 1; a line `sep=;` does not count.
  package let number: Int
  /// The cells.
  package let cells: [String]
}

/// The text of a table of separated values, before its columns are known.
package struct CSVText: Sendable {
  private let bytes: [UInt8]
  private let start: Int
  private let declared: UInt8?
  private let path: String

  /// What nothing in the bytes says and may be wrong, as a sentence about the file; `nil` for
  /// nothing.
  package let encodingNote: String?

  /// Text in an encoding that `DecodedText` knows; `path` is for errors only.
  package init(_ bytes: [UInt8], path: String) throws(CSVError) {
    guard let text = DecodedText(bytes) else {
      throw CSVError(
        .malformed, path: path, detail: "the text is not UTF-16 as it says; save it as UTF-8")
    }
    self.path = path
    self.bytes = text.utf8
    encodingNote = text.encodingNote
    (declared, start) = Self.declaration(self.bytes)
  }

  /// The separator of a first line `sep=;`, which Excel writes and reads, and where the table
  /// begins.
  private static func declaration(_ bytes: [UInt8]) -> (separator: UInt8?, start: Int) {
    let end = bytes.firstIndex { $0 == lineFeed || $0 == carriageReturn } ?? bytes.count
    var line = bytes[..<end]
    while let last = line.last, last == UInt8(ascii: " ") { line.removeLast() }
    if line.count > 6, line.first == quote, line.last == quote {
      line = line.dropFirst().dropLast()
    }
    guard line.count >= 5, String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep=",
      case let separator = line[line.startIndex + 4],
      [comma, semicolon, tab].contains(separator),
      // Programs that do not know the line fill it up to the number of columns.
      line.dropFirst(5).allSatisfy({ [comma, semicolon, tab].contains($0) })
    else { return (nil, 0) }
    let isPair = end + 1 < bytes.count && bytes[end] == carriageReturn && bytes[end + 1] == lineFeed
    return (separator, min(bytes.count, end + (isPair ? 2 : 1)))
  }

  /// The separators that the first row with content allows; never empty.
  package var separators: [UInt8] {
    if let declared { return [declared] }
    var found: Set<UInt8> = []
    var isQuoted = false
    var hasContent = false
    for byte in bytes[start...] {
      if byte == quote { isQuoted.toggle() }
      if isQuoted { continue }
      switch byte {
      case lineFeed, carriageReturn:
        if hasContent { break }
        found = []
        continue
      case comma, semicolon, tab:
        found.insert(byte)
        continue
      case UInt8(ascii: " "): continue
      default:
        hasContent = true
        continue
      }
      break
    }
    let usual = [comma, semicolon, tab].filter(found.contains)
    return usual.isEmpty ? [comma] : usual
  }

  /// The records that are not blank.
  package func records(separatedBy separator: UInt8) throws(CSVError) -> [CSVRecord] {
    var parser = Parser(bytes: bytes, path: path, separator: separator, position: start)
    return try parser.records()
  }
}

private let (quote, comma, lineFeed, carriageReturn, semicolon, tab) = (
  UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
  UInt8(ascii: ";"), UInt8(ascii: "\t")
)

/// A byte-wise reader of records.
private struct Parser {
  let bytes: [UInt8]
  let path: String
  let separator: UInt8
  var position: Int
  var row = 1

  mutating func records() throws(CSVError) -> [CSVRecord] {
    var records: [CSVRecord] = []
    while position < bytes.count {
      let cells = try record()
      if cells.contains(where: { !$0.isEmpty }) {
        records.append(CSVRecord(number: row, cells: cells))
      }
      row += 1
    }
    return records
  }

  private mutating func record() throws(CSVError) -> [String] {
    var cells: [String] = []
    while true {
      cells.append(try cell())
      guard position < bytes.count, bytes[position] == separator else { break }
      position += 1
    }
    if position < bytes.count, bytes[position] == carriageReturn { position += 1 }
    if position < bytes.count, bytes[position] == lineFeed { position += 1 }
    return cells
  }

  private mutating func cell() throws(CSVError) -> String {
    guard position < bytes.count, bytes[position] == quote else {
      let start = position
      while position < bytes.count, !endsCell(bytes[position]) {
        if bytes[position] == quote { throw fault("a quote stands inside an unquoted cell") }
        position += 1
      }
      let text = try string(bytes[start..<position])
      return CSVTable.trimmed(text).isEmpty ? "" : text
    }
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte != quote {
        content.append(byte)
      } else if position < bytes.count, bytes[position] == quote {
        content.append(quote)
        position += 1
      } else {
        if position < bytes.count, !endsCell(bytes[position]) {
          throw fault("text follows a closing quote")
        }
        return try string(content[...])
      }
    }
    throw fault("a quote is never closed")
  }

  private func endsCell(_ byte: UInt8) -> Bool {
    byte == separator || byte == lineFeed || byte == carriageReturn
  }

  private func string(_ bytes: ArraySlice<UInt8>) throws(CSVError) -> String {
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw fault("the text is not UTF-8; save it as UTF-8")
    }
    return text
  }

  private func fault(_ detail: String) -> CSVError {
    CSVError(.malformed, path: path, row: row, detail: detail)
  }
}
