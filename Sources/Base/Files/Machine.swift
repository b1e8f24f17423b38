// SPDX-License-Identifier: Apache-2.0
import Concurrency
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
  package static var cores: Int { Processors.count }

  /// The memory in bytes.
  package static var memory: UInt64 { ProcessInfo.processInfo.physicalMemory }

  /// The bytes that this process may still take without swapping, as far as the system says: the
  /// least of what is available, of what a control group, as of a container or a job, and the limit of
  /// the process's addresses (`ulimit -v`) have left, and of `CAC_MEMORY_LIMIT`, by which a careful
  /// user may say less.
  package static var availableMemory: UInt64 {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    var available = memory
    if let line = text("/proc/meminfo")?.split(separator: "\n")
      .first(where: { $0.hasPrefix("MemAvailable:") }),
      let kilobytes = UInt64(line.filter(\.isNumber))
    {
      available = kilobytes << 10
    }
    // The group's path is the last field of its line; version 2 has one line, "0::/path".
    let group = text("/proc/self/cgroup")?.split(separator: "\n")
      .first { $0.hasPrefix("0::") }?.dropFirst(3)
    for folder in ["/sys/fs/cgroup\(group ?? "")", "/sys/fs/cgroup"] {
      func number(_ name: String) -> UInt64? {
        text("\(folder)/\(name)").flatMap { UInt64($0.filter { !$0.isWhitespace }) }
      }
      if let most = number("memory.max") {
        available = min(available, most - min(most, number("memory.current") ?? 0))
      }
    }
    #if canImport(Glibc)
      var addresses = rlimit()
      if let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap({ UInt64($0) }),
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &addresses) == 0
      {
        let most = UInt64(addresses.rlim_cur)
        available = min(available, most - min(most, pages * UInt64(getpagesize())))
      }
    #endif
    let limit = ProcessInfo.processInfo.environment["CAC_MEMORY_LIMIT"].flatMap(UInt64.init)
    return min(available, limit ?? available)
  }

  /// The bytes that may still be written into an existing folder, or `nil` where the system does not
  /// say.
  package static func freeSpace(at folder: URL) -> UInt64? {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
