// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Who may call a node: titles, addresses, or both together.
///
///     SCANNER            this title, from anywhere
///     SCANNER@10.0.0.7   this title, from this address
///     *@10.0.0.0/24      any title, from these addresses
package struct AllowedCallers: Sendable, Hashable {
  private struct Rule: Sendable, Hashable {
    /// `nil` for any.
    var title: String?
    /// `nil` for any.
    var network: Network?
  }

  private struct Network: Sendable, Hashable {
    var bytes: [UInt8]
    var bits: Int

    func holds(_ address: [UInt8]) -> Bool {
      guard address.count == bytes.count else { return false }
      return zip(address, bytes).enumerated().allSatisfy { index, pair in
        let kept = min(8, max(0, bits - 8 * index))
        return (pair.0 ^ pair.1) >> (8 - kept) == 0 || kept == 0
      }
    }
  }

  private var rules: [Rule] = []

  /// Anyone.
  package init() {}

  /// The callers of some rules; `nil` where one cannot be read, which `unreadable` tells.
  package init?(_ texts: [String]) {
    for text in texts {
      guard let rule = Self.rule(text) else { return nil }
      rules.append(rule)
    }
  }

  /// The first rule that cannot be read.
  package static func unreadable(_ texts: [String]) -> String? { texts.first { rule($0) == nil } }

  private static func rule(_ text: String) -> Rule? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...16).contains(parts[0].count),
      parts[0].allSatisfy({ $0.isASCII && $0 != "\\" && !$0.isNewline })
    else { return nil }
    var rule = Rule(title: parts[0] == "*" ? nil : String(parts[0]))
    guard parts.count == 2 else { return rule.title == nil ? nil : rule }
    let ends = parts[1].split(separator: "/", omittingEmptySubsequences: false)
    guard let bytes = address(String(ends[0])), ends.count <= 2 else { return nil }
    let bits = ends.count == 2 ? Int(ends[1]) : bytes.count * 8
    guard let bits, (0...bytes.count * 8).contains(bits) else { return nil }
    rule.network = Network(bytes: bytes, bits: bits)
    return rule
  }

  /// The titles that may call from an address: empty for any, `nil` where nobody may.
  package func titles(from text: String) -> [String]? {
    guard !rules.isEmpty else { return [] }
    guard let address = Self.address(text) else { return nil }
    let fitting = rules.filter { $0.network?.holds(address) ?? true }
    if fitting.isEmpty { return nil }
    return fitting.contains { $0.title == nil } ? [] : fitting.compactMap(\.title)
  }

  /// The bytes of an address; those of version 4 also where they are written as version 6.
  private static func address(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, text, &bytes) == 1 { return bytes }
    bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    return bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
  }
}
