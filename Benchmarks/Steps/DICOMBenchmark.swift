// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
import Phantom
import Text
import Volume
import Workflow

/// A series from its folder to HU, headers and order included.
func timeDICOM(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let ct = try await inputs.scan().ct
  let folder = try inputs.file("series")
  try DICOMWriter.write(ct, to: folder, options: DICOMSeriesOptions(identifiersFrom: "benchmark"))
  let files = try Folder.names(in: folder).map(folder.appendingPathComponent)
  try requireSame(DICOMReader.read(folder: folder).volume, ct, "DICOM")
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
  defer { buffer.deallocate() }
  try await stopwatch.time("DICOM series to HU, \(ct.extent)") { seconds, _ in
    "≤ 200 ms; \(decimal(Double(ct.voxels.count) / seconds / 1e6, 0)) million voxels a second; "
      + "floor: read(2) of the files"
  } step: {
    let volume = try DICOMReader.read(folder: folder).volume
    return volume.voxels.count + Int(volume.voxels[volume.voxels.count / 2])
  } floor: {
    try files.reduce(0) { try $0 + readPlainly($1, into: buffer) }
  }
}
