// SPDX-License-Identifier: Apache-2.0

/// Unique identifiers that are the same for the same text.
public enum UID {
  /// A DICOM identifier under 2.25 (PS3.5, B.2) from the name-based UUID of a text.
  ///
  /// The UUID is of version 5 in the namespace of object identifiers (RFC 9562, 5.5 and 6.6), so
  /// that Python gives the same by `uuid.uuid5(uuid.NAMESPACE_OID, text).int`.
  public static func derived(from text: String) -> String {
    let namespace: [UInt8] = [
      0x6B, 0xA7, 0xB8, 0x12, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30,
      0xC8,
    ]
    var uuid = Array(SHA1.digest(namespace + Array(text.utf8)).prefix(16))
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

/// The secure hash algorithm SHA-1 (FIPS 180-4), which name-based UUIDs are defined by.
enum SHA1 {
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var data = message + [0x80]
    while data.count % 64 != 56 { data.append(0) }
    withUnsafeBytes(of: (UInt64(message.count) * 8).bigEndian) { data += $0 }

    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }
    for block in stride(from: 0, to: data.count, by: 64) {
      var w = (0..<16).map { i in
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(data[block + 4 * i + $1]) }
      }
      for i in 16..<80 { w.append(rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1)) }
      var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
      for i in 0..<80 {
        let (f, k): (UInt32, UInt32) =
          switch i {
          case ..<20: (b & c | ~b & d, 0x5A82_7999)
          case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
          case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
          default: (b ^ c ^ d, 0xCA62_C1D6)
          }
        (a, b, c, d, e) = (rotate(a, 5) &+ f &+ e &+ k &+ w[i], a, rotate(b, 30), c, d)
      }
      for (i, value) in [a, b, c, d, e].enumerated() { state[i] &+= value }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }
}
