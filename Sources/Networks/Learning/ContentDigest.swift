// SPDX-License-Identifier: Apache-2.0
import CCrypto
package import Foundation

/// The SHA-256 (FIPS 180-4) of bytes, in hexadecimal digits: what tells that a file is the one meant.
package enum ContentDigest {
  /// The digest of bytes in memory.
  package static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let done = digest.withUnsafeMutableBufferPointer {
      EVP_Digest(bytes.baseAddress, bytes.count, $0.baseAddress, nil, EVP_sha256(), nil)
    }
    // Without memory for its state OpenSSL computes nothing; the empty text equals no digest.
    guard done == 1 else { return "" }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The digest of data.
  package static func sha256(_ data: Data) -> String { data.withUnsafeBytes { sha256($0) } }
}
