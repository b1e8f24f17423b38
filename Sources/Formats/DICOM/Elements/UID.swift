// SPDX-License-Identifier: Apache-2.0
import Files

/// Unique identifiers that are the same for the same text.
public enum UID {
  /// A DICOM identifier under 2.25 (PS3.5, B.2) from the name-based UUID of a text.
  ///
  /// The UUID is of version 5 in the namespace of object identifiers (RFC 9562, 5.5 and 6.6), so
  /// that Python gives the same by `uuid.uuid5(uuid.NAMESPACE_OID, text).int`. Ends the program where
  /// OpenSSL's configuration forbids SHA-1.
  public static func derived(from text: String) -> String {
    let namespace: [UInt8] = [
      0x6B, 0xA7, 0xB8, 0x12, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30,
      0xC8,
    ]
    guard let digest = Digest.sha1(namespace + Array(text.utf8)) else {
      // An identifier that is not derived from the text could be another object's.
      fatalError(
        "the system's OpenSSL refuses SHA-1, from which DICOM identifiers are made (RFC 9562); "
          + "allow it in the configuration of OpenSSL")
    }
    var uuid = Array(digest.prefix(16))
    uuid[6] = uuid[6] & 0x0F | 0x50
    uuid[8] = uuid[8] & 0x3F | 0x80
    return "2.25." + decimal(uuid)
  }

  /// The decimal digits of a number whose bytes are given, the highest first.
  private static func decimal(_ bytes: [UInt8]) -> String {
    var number = bytes
    var digits: [Character] = []
    while number.contains(where: { $0 != 0 }) {
      var remainder = 0
      for i in number.indices {
        let part = remainder << 8 | Int(number[i])
        number[i] = UInt8(part / 10)
        remainder = part % 10
      }
      digits.append(Character(String(remainder)))
    }
    return digits.isEmpty ? "0" : String(digits.reversed())
  }
}
