// SPDX-License-Identifier: Apache-2.0
import Pickle
import Text

/// The location of a tensor in the storages of a PyTorch file.
struct TensorLocation: Hashable {
  /// The name of the storage.
  let key: String
  /// The type of its elements.
  let dtype: DType
  /// The number of elements in the storage.
  let storageCount: Int
  /// The first element.
  let offset: Int
  /// The extents.
  let shape: [Int]
  /// The distances between neighbours along each axis, in elements.
  let strides: [Int]

  /// The location that a call of `_rebuild_tensor_v2` describes.
  ///
  /// - Throws: `PickleError` where the value is no tensor or its numbers are impossible.
  init(_ value: PickleValue, of tree: PickleTree) throws(PickleError) {
    var value = value
    if case .call("torch._utils._rebuild_parameter", let arguments) = tree.node(value),
      let inner = arguments.first
    {
      value = inner
    }
    guard case .call("torch._utils._rebuild_tensor_v2", let arguments) = tree.node(value),
      arguments.count >= 4, case .persistent(let id) = tree.node(arguments[0]),
      let storage = tree.elements(id), storage.count == 5, storage[0] == .string("storage"),
      case .global(let global) = tree.node(storage[1]), let key = tree.string(storage[2]),
      let count = tree.int(storage[4]), count >= 0, let offset = tree.int(arguments[1]),
      let shape = tree.ints(arguments[2]), let strides = tree.ints(arguments[3])
    else { throw PickleError(.unexpected, "is no tensor") }
    guard global.hasPrefix("torch."),
      let dtype = DType(storageName: String(global.dropFirst("torch.".count)))
    else {
      throw PickleError(.unexpected, "is of the kind \(global), which is not supported")
    }
    self.key = key
    self.dtype = dtype
    self.storageCount = count
    self.offset = offset
    self.shape = shape
    self.strides = strides
    try check()
  }

  private func check() throws(PickleError) {
    guard shape.count == strides.count, shape.count <= 16, offset >= 0,
      strides.allSatisfy({ $0 >= 0 }), let bytes = byteCount(of: shape, dtype: dtype)
    else {
      throw PickleError(
        .unexpected, "has the shape \(crossed(shape)) and the strides \(crossed(strides))")
    }
    if bytes == 0 { return }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (far, tooFar) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(far)
      last = tooFar || beyond ? .max : sum
      if last == .max { break }
    }
    // Strides of 0 could otherwise repeat elements without bounds.
    if last >= storageCount || bytes / dtype.byteCount > storageCount {
      throw PickleError(
        .unexpected,
        "of shape \(crossed(shape)) reaches past the end of its storage of \(counted(storageCount, "element"))"
      )
    }
  }

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }

  /// Whether the elements follow each other, last axis fastest.
  var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      if stride != expected { return false }
      expected *= extent
    }
    return true
  }
}
