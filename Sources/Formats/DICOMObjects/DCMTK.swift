// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM

/// The library that writes and reads result objects and speaks DICOM's protocol, opened on first use.
public enum DCMTK {
  /// Its version, or an error that says why it cannot be used.
  public static func version() throws(DICOMError) -> String {
    var text: UnsafePointer<CChar>?
    try call("DCMTK") { cdcmtk_version(&text, $0) }
    return text.map { String(cString: $0) } ?? ""
  }

  /// Calls a function of the library; its message becomes an error about a subject.
  static func call(
    _ subject: String, isFile: Bool = false,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) throws(DICOMError) {
    var message: UnsafeMutablePointer<CChar>?
    let done = body(&message)
    defer { cdcmtk_free(message) }
    guard done == 1 else {
      let detail = message.map { String(cString: $0) } ?? "an unknown fault"
      throw isFile
        ? DICOMError(.unsupported, file: subject, detail: detail)
        : DICOMError(.unsupported, subject: subject, detail: detail)
    }
  }
}

/// Memory for the C structures of one call, freed with it.
final class CallMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  /// A text as C has it; `nil` for none.
  func text(_ text: String?) -> UnsafePointer<CChar>? {
    guard let text else { return nil }
    return array(text.utf8CString.map { $0 })
  }

  /// Values one after the other; `nil` for none.
  func array<Value>(_ values: [Value]) -> UnsafePointer<Value>? {
    guard !values.isEmpty else { return nil }
    let block = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    block.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return UnsafePointer(block)
  }

  /// A code as C has it.
  func code(_ code: DICOMCode?) -> cdcmtk_code {
    cdcmtk_code(
      value: text(code?.value), scheme: text(code?.scheme), meaning: text(code?.meaning))
  }

  deinit { for block in blocks { block.deallocate() } }
}
