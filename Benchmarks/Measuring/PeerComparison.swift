// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import Volume

/// Reads the series of each folder that a line of standard input names, and answers with the seconds
/// and a checksum: our side of `scripts/peers`, which takes turns with other readers.
func answerPeers() throws {
  let clock = ContinuousClock()
  while let line = readLine() {
    let begin = clock.now
    let volume = try DICOMReader.read(folder: URL(fileURLWithPath: line)).volume
    let seconds = begin.duration(to: clock.now) / .seconds(1)
    print(seconds, volume.voxels.reduce(0) { $0 + Int($1) })
    fflush(nil)
  }
}
