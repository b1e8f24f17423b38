// SPDX-License-Identifier: Apache-2.0

/// The names that a pickle may use; every other name is refused before anything is made of it.
///
/// They are the ones that occur in checkpoints of nnU-Net: containers, tensors and their storages,
/// devices, and numpy's scalars and arrays, which its log keeps. None is ever called: a reader knows
/// what a call of each means.
enum PickleGlobals {
  /// Functions and classes that may be called.
  static let callable: Set<String> = [
    "collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter", "torch.device", "torch.Size", "numpy.dtype",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "_codecs.encode",
  ]

  /// Classes that are only named.
  static let named: Set<String> = Set(
    ["Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"].map {
      "torch.\($0)Storage"
    } + ["numpy.ndarray"])

  /// Whether a name is allowed.
  static func allows(_ name: String) -> Bool { callable.contains(name) || named.contains(name) }
}
