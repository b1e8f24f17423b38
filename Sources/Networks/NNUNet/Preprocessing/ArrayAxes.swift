// SPDX-License-Identifier: Apache-2.0

/// Operations on whole (z, y, x) arrays: transposing, cropping and pasting.
enum ArrayAxes {
  /// The array with its axes in another order; output axis i is input axis `order[i]`.
  static func transposed<T>(_ array: [T], _ shape: [Int], _ order: [Int]) -> (
    array: [T], shape: [Int]
  ) {
    if order == [0, 1, 2] { return (array, shape) }
    let strides = [shape[1] * shape[2], shape[2], 1]
    let newShape = order.map { shape[$0] }
    let s = order.map { strides[$0] }
    var out: [T] = []
    out.reserveCapacity(array.count)
    array.withUnsafeBufferPointer { array in
      for z in 0..<newShape[0] {
        for y in 0..<newShape[1] {
          let base = z * s[0] + y * s[1]
          for x in 0..<newShape[2] { out.append(array[base + x * s[2]]) }
        }
      }
    }
    return (out, newShape)
  }

  /// The part of an array inside a box.
  static func cropped<T>(_ array: [T], _ shape: [Int], _ box: [Range<Int>]) -> [T] {
    if box == shape.map({ 0..<$0 }) { return array }
    var out: [T] = []
    out.reserveCapacity(box.reduce(1) { $0 * $1.count })
    for z in box[0] {
      for y in box[1] {
        let row = (z * shape[1] + y) * shape[2]
        out.append(contentsOf: array[row + box[2].lowerBound..<row + box[2].upperBound])
      }
    }
    return out
  }

  /// An array of one value in which a box is replaced by another array.
  static func pasted<T>(_ part: [T], into shape: [Int], at box: [Range<Int>], filling value: T)
    -> [T]
  {
    if box == shape.map({ 0..<$0 }) { return part }
    var out = [T](repeating: value, count: shape.reduce(1, *))
    var source = 0
    for z in box[0] {
      for y in box[1] {
        let row = (z * shape[1] + y) * shape[2]
        for x in box[2] {
          out[row + x] = part[source]
          source += 1
        }
      }
    }
    return out
  }
}
