// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Images
package import NNUNet
import Pickle
import Torch
package import Volume

/// The class probabilities of a case as nnU-Net keeps them, for ensembles of both programs' output.
///
/// `<case>.npz` holds the array `probabilities` (classes, z, y, x), float32, and `<case>.pkl` what is
/// known of the grid.
package enum ProbabilityFile {
  /// Writes both files, each complete or not at all.
  package static func write(
    _ probabilities: [Volume<Float>], _ properties: CaseProperties, case name: String,
    in folder: URL
  ) throws {
    try write(probabilities, case: name, in: folder)
    try StagedFile.write(
      Data(Pickler.data(description(properties))), to: folder.appendingPathComponent("\(name).pkl"))
  }

  /// Writes the probabilities alone.
  package static func write(_ probabilities: [Volume<Float>], case name: String, in folder: URL)
    throws
  {
    guard let extent = probabilities.first?.extent else { return }
    let shape = [probabilities.count, extent.slices, extent.rows, extent.columns]
    let header = npyHeader(shape)
    var zip = ZipWriter(compresses: true)
    try zip.add("probabilities.npy", count: header.count + shape.reduce(4, *)) { memory in
      memory.copyBytes(from: header)
      var place = header.count
      for channel in probabilities {
        channel.voxels.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: memory[place...]).copyMemory(from: $0)
          place += $0.count
        }
      }
    }
    try zip.write(to: folder.appendingPathComponent("\(name).npz"))
  }

  /// The header of numpy's format 1.0, filled up to a multiple of 64 bytes.
  static func npyHeader(_ shape: [Int]) -> [UInt8] {
    let list = shape.map { "\($0)" }.joined(separator: ", ")
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list)), }"
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    let count = text.utf8.count
    return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(count & 0xff), UInt8(count >> 8)] + text.utf8
  }

  /// The properties under nnU-Net's keys; SimpleITK's are in the order x, y, z.
  private static func description(_ properties: CaseProperties) -> PickleOutput {
    let geometry = properties.geometry
    let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    // Of a file of two axes SimpleITK tells two; nnU-Net's writers count them.
    let n = geometry.isPlane ? 2 : 3
    func tuple(_ values: [Double]) -> PickleOutput { .tuple(values.map { .double($0) }) }
    func shape(_ values: [Int]) -> PickleOutput { .tuple(values.map { .int($0) }) }
    return .object([
      (
        "sitk_stuff",
        .object([
          ("spacing", tuple((0..<n).map { geometry.spacing[$0] })),
          ("origin", tuple((0..<n).map { geometry.origin[$0] })),
          ("direction", tuple((0..<n).flatMap { row in axes[..<n].map { $0[row] } })),
        ])
      ),
      ("spacing", .list(properties.spacing.map { .double($0) })),
      ("shape_before_cropping", shape(properties.shapeBeforeCropping)),
      (
        "bbox_used_for_cropping",
        .list(properties.boundingBox.map { .list($0.map { .int($0) }) })
      ),
      ("shape_after_cropping_and_before_resampling", shape(properties.shapeAfterCropping)),
    ])
  }
}
