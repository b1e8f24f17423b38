// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Pickle
import Zip

/// Writes files that `torch.load` reads, with `weights_only` or without.
public struct PyTorchWriter {
  private static let prefix = "checkpoint/"

  private var zip = ZipWriter(compresses: false)
  private var count = 0

  /// A file without tensors.
  public init() {}

  /// Adds a tensor's numbers to the file; returns the value that represents it in the pickle.
  ///
  /// Where the value is used twice, the reader's tensors share their memory.
  public mutating func add(_ tensor: Tensor) throws -> PickleOutput {
    let (shape, dtype) = (tensor.shape, try tensor.dtype)
    let key = "\(count)"
    count += 1
    try zip.add("\(Self.prefix)data/\(key)", count: tensor.count * dtype.byteCount) {
      try tensor.copy(to: $0)
    }
    let strides = Self.strides(of: shape)
    return .call(
      "torch._utils", "_rebuild_tensor_v2",
      [
        .persistent(
          .tuple([
            .string("storage"), .global("torch", dtype.storageName), .string(key),
            .string("cpu"), .int(tensor.count),
          ])),
        .int(0), .tuple(shape.map { .int($0) }), .tuple(strides.map { .int($0) }), .bool(false),
        .ordered([]),
      ])
  }

  /// Writes the file, complete or not at all.
  public func write(_ root: PickleOutput, to url: URL) throws {
    var whole = ZipWriter(compresses: false)
    try whole.add("\(Self.prefix)data.pkl", Pickler.data(root))
    try whole.add("\(Self.prefix)byteorder", Array("little".utf8))
    whole.add(partsOf: zip)
    try whole.add("\(Self.prefix)version", Array("3\n".utf8))
    try whole.write(to: url)
  }

  /// The strides of an array whose last axis is fastest.
  private static func strides(of shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }
}
