// SPDX-License-Identifier: Apache-2.0
package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The processors, the memory and the disk space of this machine.
///
/// ```swift
/// let workers = min(cases.count, Machine.processorCount)
/// let fits = bytes < Double(Machine.availableMemory)
/// ```
package enum Machine {
  /// The number of processors that this process may use; at least 1.
  package static var processorCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// The memory in bytes.
  package static var memory: UInt64 { ProcessInfo.processInfo.physicalMemory }

  /// The bytes of memory that this process may still take without swapping, as far as the system says.
  ///
  /// It is the smallest of four numbers: the memory that is available, what is left to the control
  /// group of a container or a batch job, what is left below the limit of the process's addresses
  /// (`ulimit -v`), and the environment variable `CAC_MEMORY_LIMIT`, in bytes.
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
    // A network file system may claim any number of blocks.
    let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflows ? .max : bytes
  }
}
