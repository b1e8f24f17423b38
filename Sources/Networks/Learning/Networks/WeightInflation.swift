// SPDX-License-Identifier: Apache-2.0
public import Torch

extension SegmentationNetwork {
  /// Weights of a 2D network as a 3D network of the same stages takes them.
  ///
  /// A kernel (out, in, rows, columns) becomes (out, in, slices, rows, columns) with its values in
  /// the middle slice and zeros around, so that the 3D network begins as the 2D one, slice by slice
  /// (but for its norms, which see all slices of a patch at once). After the inflation of Carreira
  /// and Zisserman, CVPR 2017, section 2.3, with the centre instead of their mean. What is no such
  /// kernel is passed on as it is.
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
