// SPDX-License-Identifier: Apache-2.0
package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What this machine offers.
package enum Machine {
  /// The number of processors that this process may use.
  package static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// The memory in bytes.
  package static var memory: UInt64 { ProcessInfo.processInfo.physicalMemory }

  /// The bytes that may still be written at a place, or `nil` where the system does not say.
  package static func freeSpace(at place: URL) -> Double? {
    var status = statvfs()
    guard statvfs(place.path, &status) == 0 else { return nil }
    return Double(status.f_bavail) * Double(status.f_frsize)
  }

  /// The bytes of memory that are free or can be freed, or `nil` where the system does not say.
  ///
  /// A test or a careful user may say less by `CAC_MEMORY_LIMIT` in bytes.
  package static var freeMemory: Double? {
    let limit = ProcessInfo.processInfo.environment["CAC_MEMORY_LIMIT"].flatMap(Double.init)
    // Linux counts here what caches would give back.
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let available = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
      .map { $0 * 1024 }
    return [limit, available].compactMap(\.self).min()
  }
}
