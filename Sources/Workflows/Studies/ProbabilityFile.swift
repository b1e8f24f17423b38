// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
package import Foundation
import Images
package import NNUNet
import NumPy
import Pickle
import Text
package import Volume
import Workflow

/// Reads and writes the class probabilities of a case in nnU-Net's files, so that ensembles can mix
/// the output of both programs.
///
/// `<case>.npz` holds the array `probabilities` (classes, z, y, x), float32, and `<case>.pkl` the
/// grid and what preprocessing did to the image.
///
/// ```swift
/// let classes = try ProbabilityFile.read(case: "cac_0007", in: folder)
/// try ProbabilityFile.write(classes, case: "cac_0007", in: other)
/// ```
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
    let file = folder.appendingPathComponent("\(name).npz")
    try NumPyArray.write(named: "probabilities", shape: shape, to: file) { memory in
      var offset = 0
      for channel in probabilities {
        channel.voxels.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: $0)
          offset += $0.count
        }
      }
    }
  }

  /// The properties under nnU-Net's keys; SimpleITK's are in the order x, y, z.
  private static func description(_ properties: CaseProperties) -> PickleOutput {
    let geometry = properties.geometry
    let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    // SimpleITK gives two axes for a file of two axes, and nnU-Net's writers depend on it.
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

  /// The probabilities of a case, one volume for each class, written by this package or by nnU-Net.
  ///
  /// The grid is `geometry` where the caller gives one, else that of `<case>.pkl` where SimpleITK
  /// read the image, else that of the label map.
  ///
  /// - Throws: `WorkflowError` where the array has another shape or values outside 0 to 1, or no
  ///   file tells the grid.
  package static func read(case name: String, in folder: URL, geometry: Geometry? = nil) throws
    -> [Volume<Float>]
  {
    let file = folder.appendingPathComponent("\(name).npz")
    let array = try NumPyArray(
      named: "probabilities", in: file, most: Int(clamping: Machine.memory / 4))
    guard array.shape.count == 4, array.shape.allSatisfy({ $0 > 0 }) else {
      throw WorkflowError(
        .invalid,
        "\(file.path): its array has the shape \(crossed(array.shape)); (classes, slices, rows, columns) was "
          + "expected")
    }
    if let bad = array.values.first(where: { !($0 >= 0 && $0 <= 1.001) }) {
      throw WorkflowError(.invalid, "\(file.path): holds \(bad), which is no probability")
    }
    let extent = Extent(slices: array.shape[1], rows: array.shape[2], columns: array.shape[3])
    let geometry = try geometry ?? self.geometry(case: name, in: folder, extent: extent)
    guard geometry.extent == extent else {
      throw WorkflowError(
        .invalid,
        "\(file.path): its grid is \(extent), that of the label map or the first folder "
          + "\(geometry.extent)")
    }
    return (0..<array.shape[0]).map { c in
      Volume(
        geometry: geometry,
        voxels: Array(array.values[c * extent.count..<(c + 1) * extent.count]))
    }
  }

  /// The grid in `<case>.pkl`, else that of the label map.
  private static func geometry(case name: String, in folder: URL, extent: Extent) throws -> Geometry
  {
    let pickle = folder.appendingPathComponent("\(name).pkl")
    if let data = try? Data(contentsOf: pickle), let tree = try? Unpickler.read(Array(data)),
      let image = tree.member("sitk_stuff", of: tree.root)
    {
      func numbers(_ key: String, _ count: Int) -> [Double]? {
        let values = tree.elements(tree.member(key, of: image))?.compactMap { tree.number($0) }
        return values?.count == count && values?.allSatisfy(\.isFinite) == true ? values : nil
      }
      if let spacing = numbers("spacing", 2), let origin = numbers("origin", 2),
        let rows = numbers("direction", 4)
      {
        return Geometry(
          extent: extent,
          spacing: [spacing[0], spacing[1], Geometry.planeDistance(spacing[0], spacing[1])],
          origin: [origin[0], origin[1], 0],
          direction: Direction(
            x: [rows[0], rows[2], 0], y: [rows[1], rows[3], 0], z: [0, 0, 1]))
      }
      if let spacing = numbers("spacing", 3), let origin = numbers("origin", 3),
        let rows = numbers("direction", 9)
      {
        func axis(_ i: Int) -> SIMD3<Double> { [rows[i], rows[3 + i], rows[6 + i]] }
        return Geometry(
          extent: extent, spacing: SIMD3(spacing), origin: SIMD3(origin),
          direction: Direction(x: axis(0), y: axis(1), z: axis(2)))
      }
    }
    if let map = try LabelFile.find(name, in: folder) { return try LabelFile.geometry(of: map) }
    throw WorkflowError(
      .missing,
      "\(folder.path): neither \(name).pkl nor a label map \(name).nii.gz or alike tells the grid; predict "
        + "the case again")
  }
}
