// SPDX-License-Identifier: Apache-2.0

/// The connected components of a mask or a label map in two or three dimensions.
///
/// Neighbouring elements belong to one component where their values are equal and not 0. A mask has
/// one such value; a label map has several, whose components may touch without being joined.
///
/// ```swift
/// // Two pixels that touch at a corner, and one by itself.
/// let mask: [UInt8] = [
///   1, 0, 0, 1,
///   0, 1, 0, 0,
/// ]
/// let components = ConnectedComponents(of: mask, shape: [2, 4])
/// components.labels  // [1, 0, 0, 2, 0, 1, 0, 0]
/// components.sizes  // [2, 1]
/// components.elements  // [[0, 5], [3]]
/// ```
public struct ConnectedComponents: Sendable {
  /// Which elements are neighbours.
  public enum Connectivity: Sendable {
    /// Those that share a face (in 2D an edge): 6 in three dimensions, 4 in two.
    case faces
    /// Those that share a face, an edge or a corner: 26 in three dimensions, 8 in two.
    case full
  }

  /// The number of each element's component, from 1 in the order of their first elements; 0 outside.
  public let labels: [Int32]
  /// The number of elements of each component, in the same order.
  public let sizes: [Int]

  /// The number of components.
  public var count: Int { sizes.count }

  /// The components of an array of values.
  ///
  /// - Parameters:
  ///   - values: one value for each element, 0 outside of all components.
  ///   - shape: two or three extents, the last axis fastest; their product is the number of
  ///     values.
  ///   - connectivity: which elements count as neighbours.
  public init(of values: [UInt8], shape: [Int], connectivity: Connectivity = .full) {
    precondition(shape.count == 2 || shape.count == 3, "two or three axes")
    precondition(values.count == shape.reduce(1, *), "one value for each element")
    let shape = shape.count == 2 ? [1] + shape : shape
    let (slices, rows, columns) = (shape[0], shape[1], shape[2])
    var labels = [Int32](repeating: 0, count: values.count)
    var sizes: [Int] = []
    var queue: [Int] = []
    values.withUnsafeBufferPointer { values in
      labels.withUnsafeMutableBufferPointer { labels in
        for seed in values.indices where values[seed] != 0 && labels[seed] == 0 {
          let (value, label) = (values[seed], Int32(sizes.count + 1))
          labels[seed] = label
          queue.removeAll(keepingCapacity: true)
          queue.append(seed)
          var next = 0
          while next < queue.count {
            let (rest, x) = queue[next].quotientAndRemainder(dividingBy: columns)
            let (z, y) = rest.quotientAndRemainder(dividingBy: rows)
            next += 1
            for k in max(0, z - 1)...min(slices - 1, z + 1) {
              for j in max(0, y - 1)...min(rows - 1, y + 1) {
                for i in max(0, x - 1)...min(columns - 1, x + 1) {
                  if connectivity == .faces, abs(k - z) + abs(j - y) + abs(i - x) > 1 { continue }
                  let neighbour = (k * rows + j) * columns + i
                  if labels[neighbour] == 0, values[neighbour] == value {
                    labels[neighbour] = label
                    queue.append(neighbour)
                  }
                }
              }
            }
          }
          sizes.append(queue.count)
        }
      }
    }
    self.labels = labels
    self.sizes = sizes
  }

  /// The components of the elements for which a condition holds, by their index in the array.
  public init(
    shape: [Int], connectivity: Connectivity = .full, where condition: (Int) throws -> Bool
  ) rethrows {
    let values = try (0..<shape.reduce(1, *)).map { try condition($0) ? UInt8(1) : 0 }
    self.init(of: values, shape: shape, connectivity: connectivity)
  }

  /// The indices of each component's elements, ascending.
  public var elements: [[Int]] {
    var elements = sizes.map { size in
      var indices: [Int] = []
      indices.reserveCapacity(size)
      return indices
    }
    for (index, label) in labels.enumerated() where label > 0 {
      elements[Int(label) - 1].append(index)
    }
    return elements
  }
}
