// SPDX-License-Identifier: Apache-2.0
import CCrypto
public import Foundation
import Text

/// Digests of bytes by OpenSSL, which uses the processor's instructions for them.
public enum Digest {
  /// The SHA-256 (FIPS 180-4) of bytes in hexadecimal digits, by which a file is known to be the one
  /// that is meant.
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    guard let digest = digest(bytes, EVP_sha256(), count: 32) else {
      fatalError("OpenSSL has no memory for the state of a SHA-256")
    }
    return digest.map { String($0, radix: 16).zeroPadded(to: 2) }.joined()
  }

  /// The SHA-256 of data in hexadecimal digits.
  public static func sha256(_ data: Data) -> String { data.withUnsafeBytes { sha256($0) } }

  /// The SHA-256 of a text's UTF-8 bytes in hexadecimal digits.
  public static func sha256(_ text: String) -> String { sha256(Data(text.utf8)) }

  /// The 20 bytes of the SHA-1 (FIPS 180-4) of bytes, by which name-based UUIDs are defined.
  ///
  /// It protects nothing. `nil` where OpenSSL has no memory for its state or its configuration
  /// forbids SHA-1.
  public static func sha1(_ bytes: [UInt8]) -> [UInt8]? {
    bytes.withUnsafeBytes { digest($0, EVP_sha1(), count: 20) }
  }

  private static func digest(
    _ bytes: UnsafeRawBufferPointer, _ algorithm: OpaquePointer?, count: Int
  ) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: count)
    let isDone = digest.withUnsafeMutableBufferPointer {
      EVP_Digest(bytes.baseAddress, bytes.count, $0.baseAddress, nil, algorithm, nil)
    }
    return isDone == 1 ? digest : nil
  }
}
