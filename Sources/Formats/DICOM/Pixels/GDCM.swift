// SPDX-License-Identifier: Apache-2.0
import CGDCM

/// The library that decodes compressed pixels and writes files, opened on first use.
public enum GDCM {
  /// Its version, or an error that says why it cannot be used.
  public static func version() throws(DICOMError) -> String {
    var text: UnsafePointer<CChar>?
    var message: UnsafeMutablePointer<CChar>?
    let done = cgdcm_version(&text, &message)
    defer { cgdcm_free(message) }
    guard done == 1, let text else {
      throw DICOMError(
        .unsupported, subject: "compressed DICOM",
        detail: message.map { String(cString: $0) } ?? "GDCM cannot be used")
    }
    return String(cString: text)
  }
}
