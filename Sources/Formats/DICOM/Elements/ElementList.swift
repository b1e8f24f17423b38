// SPDX-License-Identifier: Apache-2.0
import CGDCM
import Foundation

/// The elements of a data set that is to be written; the order does not matter.
struct ElementList {
  private struct Entry {
    let group, element: UInt16
    let vr: String
    let value: [UInt8]
  }
  private var entries: [Entry] = []

  /// Bytes as they are; their number must be even.
  mutating func append(_ group: UInt16, _ element: UInt16, _ vr: String, _ value: [UInt8]) {
    entries.append(Entry(group: group, element: element, vr: vr, value: value))
  }

  /// A text, padded to an even length: identifiers by a zero byte, others by a blank.
  mutating func append(_ group: UInt16, _ element: UInt16, _ vr: String, _ text: String) {
    var value = Array(text.utf8)
    if value.count % 2 == 1 { value.append(vr == "UI" ? 0 : 0x20) }
    append(group, element, vr, value)
  }

  /// Decimal numbers as text.
  mutating func append(_ group: UInt16, _ element: UInt16, _ vr: String, numbers: [Double]) {
    append(group, element, vr, numbers.map(decimalString).joined(separator: "\\"))
  }

  /// A binary 16-bit number.
  mutating func append(_ group: UInt16, _ element: UInt16, word: UInt16) {
    append(group, element, "US", [UInt8(truncatingIfNeeded: word), UInt8(word >> 8)])
  }

  /// The bytes of a file with the elements; `name` is what errors call it.
  func encoded(transferSyntax: String, name: String) throws(DICOMError) -> Data {
    // One block of memory keeps every value and name at a fixed place during the call.
    var bytes: [UInt8] = []
    var offsets: [(vr: Int, value: Int)] = []
    for entry in entries {
      offsets.append((bytes.count, bytes.count + entry.vr.utf8.count + 1))
      bytes += Array(entry.vr.utf8) + [0] + entry.value
    }
    var message: UnsafeMutablePointer<CChar>?
    var file: UnsafeMutableRawPointer?
    var length = 0
    let done = bytes.withUnsafeBytes { bytes in
      let elements = zip(entries, offsets).map { entry, offset in
        cgdcm_element(
          group: entry.group, element: entry.element,
          vr: bytes.baseAddress?.advanced(by: offset.vr).assumingMemoryBound(to: CChar.self),
          value: bytes.baseAddress?.advanced(by: offset.value), length: entry.value.count)
      }
      return cgdcm_encode(
        transferSyntax, elements, elements.count, &file, &length, &message)
    }
    defer {
      cgdcm_free(message)
      cgdcm_free(file)
    }
    guard done == 1, let file else {
      throw DICOMError(
        .unsupported, subject: name,
        detail: "cannot be written: " + (message.map { String(cString: $0) } ?? "unknown fault"))
    }
    return Data(bytes: file, count: length)
  }
}

/// A number in at most 16 characters, the limit of DICOM's decimal strings (PS3.5, 6.2).
func decimalString(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
  for digits in stride(from: 16, through: 1, by: -1) {
    let text = String(format: "%.\(digits)g", value)
    if text.utf8.count <= 16 { return text }
  }
  return "0"
}
