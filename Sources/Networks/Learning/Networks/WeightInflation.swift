// SPDX-License-Identifier: Apache-2.0
public import Torch

extension SegmentationNetwork {
  /// Inflates the weights of a 2D network to those of this 3D network of the same stages.
  ///
  /// A kernel (out, in, rows, columns) becomes (out, in, slices, rows, columns) with its values in
  /// the middle slice and zeros in the others. The 3D network then computes the same as the 2D
  /// network, slice by slice, except for its normalisations, which include all slices of a patch.
  /// The idea is that of Carreira and Zisserman (CVPR 2017, section 2.3), who repeat the kernel in
  /// all slices and divide it by their number. Other weights are returned as they are.
  public func inflated(_ stored: [String: Tensor]) throws -> [String: Tensor] {
    let shapes = Dictionary(
      parameters.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { first, _ in first })
    var result = stored
    for (name, tensor) in stored {
      guard let shape = shapes[ParameterName.canonical(name)], shape.count == 5,
        tensor.shape.count == 4, shape.prefix(2) + shape.suffix(2) == tensor.shape[...]
      else { continue }
      let before = (shape[2] - 1) / 2
      result[name] = try tensor.unsqueezed(2).padded(
        [
          (before: before, after: shape[2] - 1 - before), (before: 0, after: 0),
          (before: 0, after: 0),
        ])
    }
    return result
  }
}
