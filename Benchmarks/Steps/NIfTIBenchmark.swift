// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Foundation
import NIfTI
import Phantom
import Text
import Volume
import Workflow

/// Writing and reading `.nii.gz`, against libdeflate on the same bytes in memory.
func timeNIfTI(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let ct = try await inputs.scan().ct
  let plain = try inputs.file("plain.nii")
  try NIfTIFile.write(ct, to: plain)
  try requireSame(NIfTIFile.read(plain), ct, "NIfTI")
  let bytes = try Data(contentsOf: plain)
  for level in [1, 6] {
    let url = try inputs.file("level-\(level).nii.gz")
    let capacity = cnifti_gzip_bound(bytes.count, Int32(level))
    let out = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(capacity, bytes.count), alignment: 64)
    defer { out.deallocate() }
    try await stopwatch.time("write .nii.gz, level \(level), \(ct.extent)") { seconds, _ in
      "\(decimal(Double(bytes.count) / seconds / 1e6, 0)) MB/s; floor: libdeflate alone"
    } step: {
      try NIfTIFile.write(ct, to: url, compressionLevel: level)
      return 0
    } floor: {
      bytes.withUnsafeBytes {
        cnifti_gzip($0.baseAddress, $0.count, Int32(level), out.baseAddress, capacity)
      }
    }
    try requireSame(NIfTIFile.read(url), ct, "NIfTI at level \(level)")
    let packed = try Data(contentsOf: url)
    try await stopwatch.time("read .nii.gz, level \(level), \(ct.extent)") { seconds, _ in
      "\(decimal(Double(bytes.count) / seconds / 1e6, 0)) MB/s from "
        + "\(decimal(Double(packed.count) / 1e6)) MB; floor: libdeflate alone"
    } step: {
      let volume = try NIfTIFile.read(url, as: Int16.self)
      return volume.voxels.count + Int(volume.voxels[volume.voxels.count / 2])
    } floor: {
      var written = 0
      _ = packed.withUnsafeBytes {
        cnifti_gunzip($0.baseAddress, $0.count, out.baseAddress, out.count, &written)
      }
      return written
    }
  }
}
