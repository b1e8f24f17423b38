// SPDX-License-Identifier: Apache-2.0
package import Files

/// Where two JSON values differ: numbers beyond rounding, anything else at all.
///
/// - Parameters:
///   - path: the name of the value, with which each sentence begins.
///   - isOrdered: whether objects must have their keys in the same order.
package func jsonDifferences(
  _ expected: JSON?, _ found: JSON?, in path: String, isOrdered: Bool = false
) -> [String] {
  guard let expected, let found else {
    return expected == found ? [] : ["\(path): is missing"]
  }
  if let a = expected.object, let b = found.object {
    if isOrdered, a.keys != b.keys { return ["\(path): \(a.keys) / \(b.keys)"] }
    return Set(a.keys + b.keys).sorted().flatMap {
      jsonDifferences(a[$0], b[$0], in: "\(path).\($0)", isOrdered: isOrdered)
    }
  }
  if let a = expected.array, let b = found.array, a.count == b.count {
    return a.indices.flatMap {
      jsonDifferences(a[$0], b[$0], in: "\(path)[\($0)]", isOrdered: isOrdered)
    }
  }
  if let a = expected.double, let b = found.double {
    let isSame = a.isNaN ? b.isNaN : abs(a - b) <= 1e-12 * max(1, abs(a))
    return isSame ? [] : ["\(path): \(a) / \(b)"]
  }
  return expected == found ? [] : ["\(path): \(expected) / \(found)"]
}
