// SPDX-License-Identifier: Apache-2.0
import CLibFuzzer
import Foundation
import Fuzzing

// scripts/fuzz builds this under libFuzzer, which lends it its loop, its mutations and its options:
//   cac-fuzz TARGET --seeds FOLDER       writes the inputs to begin from
//   cac-fuzz TARGET [libFuzzer's options and folders]

func stop(_ sentence: String) -> Never {
  FileHandle.standardError.write(Data("cac-fuzz: \(sentence)\n".utf8))
  exit(64)
}

guard CommandLine.arguments.count > 1,
  let target = FuzzTarget(rawValue: CommandLine.arguments[1])
else {
  let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
  stop("the first argument must be one of \(names)")
}

if CommandLine.arguments.count == 4, CommandLine.arguments[2] == "--seeds" {
  let folder = URL(fileURLWithPath: CommandLine.arguments[3])
  do {
    for (i, seed) in try target.seeds.enumerated() {
      try seed.write(to: folder.appendingPathComponent("seed-\(i)"))
    }
  } catch { stop("the seeds cannot be written: \(error)") }
  exit(0)
}

// libFuzzer calls a plain C function, so what it needs is global.
let chosen = target
let scratch = FileManager.default.temporaryDirectory
  .appendingPathComponent("cac-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)

var arguments =
  (["cac-fuzz"] + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
var count = Int32(arguments.count - 1)
let status = arguments.withUnsafeMutableBufferPointer { buffer in
  var start = buffer.baseAddress
  return withUnsafeMutablePointer(to: &start) { pointer in
    pointer.withMemoryRebound(
      to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1
    ) { argv in
      LLVMFuzzerRunDriver(&count, argv) { bytes, count in
        do {
          let input = UnsafeBufferPointer(start: bytes, count: count)
          _ = try chosen.run(Data(input), in: scratch)
        } catch {
          FileHandle.standardError.write(Data("fault: \(error)\n".utf8))
          abort()
        }
        return 0
      }
    }
  }
}
try? FileManager.default.removeItem(at: scratch)
exit(status)
