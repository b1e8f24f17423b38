// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Images
import NNUNet
import Pickle
import Torch
package import Volume
import Workflow

extension ProbabilityFile {
  /// The probabilities of a case, one volume for each class, written by this package or by nnU-Net.
  ///
  /// The grid is that of `<case>.pkl` where SimpleITK read the image, else that of the label map.
  package static func read(case name: String, in folder: URL, geometry: Geometry? = nil) throws
    -> [Volume<Float>]
  {
    let file = folder.appendingPathComponent("\(name).npz")
    let array = try NumpyArray(
      named: "probabilities", in: file, most: Int(clamping: Machine.memory / 4))
    guard array.shape.count == 4, array.shape.allSatisfy({ $0 > 0 }) else {
      throw WorkflowError(
        "\(file.path): its array has the shape \(array.shape); (classes, slices, rows, columns) was "
          + "expected")
    }
    if let bad = array.values.first(where: { !($0 >= 0 && $0 <= 1.001) }) {
      throw WorkflowError("\(file.path): holds \(bad), which is no probability")
    }
    let extent = Extent(slices: array.shape[1], rows: array.shape[2], columns: array.shape[3])
    let geometry = try geometry ?? self.geometry(case: name, in: folder, extent: extent)
    guard geometry.extent == extent else {
      throw WorkflowError(
        "\(file.path): its grid is \(extent), that of the label map or the first folder "
          + "\(geometry.extent)")
    }
    return (0..<array.shape[0]).map { c in
      Volume(
        geometry: geometry,
        voxels: Array(array.values[c * extent.count..<(c + 1) * extent.count]))
    }
  }

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
      "\(folder.path): neither \(name).pkl nor a label map \(name).nii.gz or alike tells the grid; predict "
        + "the case again")
  }
}
