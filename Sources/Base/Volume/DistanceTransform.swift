// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// The squared distance, in voxels, from each voxel to the nearest voxel of a set.
///
/// Exact Euclidean distances by lower envelopes of parabolas, axis by axis (Felzenszwalb and
/// Huttenlocher 2012, doi:10.4086/toc.2012.v008a019). Where the set is empty every distance is
/// infinite.
///
/// - Parameters:
///   - set: a value other than 0 for each voxel of the set.
///   - shape: the extents (z, y, x), x fastest; their product is the number of values.
public func squaredDistances(to set: [UInt8], shape: [Int]) -> [Float] {
  precondition(shape.count == 3 && set.count == shape.reduce(1, *), "one value for each voxel")
  var distances = set.map { $0 != 0 ? Float(0) : Float.infinity }
  let (nz, ny, nx) = (shape[0], shape[1], shape[2])
  guard !distances.isEmpty else { return distances }
  distances.withUnsafeMutableBufferPointer { buffer in
    nonisolated(unsafe) let values = buffer
    // Slice by slice along x and y, then row by row along z.
    DispatchQueue.concurrentPerform(iterations: nz) { z in
      var line = DistanceLine(longest: max(nx, ny))
      for y in 0..<ny { line.transform(values, from: (z * ny + y) * nx, stride: 1, count: nx) }
      for x in 0..<nx { line.transform(values, from: z * ny * nx + x, stride: nx, count: ny) }
    }
    DispatchQueue.concurrentPerform(iterations: ny) { y in
      var line = DistanceLine(longest: nz)
      for x in 0..<nx { line.transform(values, from: y * nx + x, stride: ny * nx, count: nz) }
    }
  }
  return distances
}

/// The transform of one line of voxels, with memory that lines share.
private struct DistanceLine {
  private var values: [Float]
  private var apexes: [Int]
  private var borders: [Float]

  init(longest: Int) {
    values = Array(repeating: 0, count: longest)
    apexes = Array(repeating: 0, count: longest)
    borders = Array(repeating: 0, count: longest + 1)
  }

  mutating func transform(
    _ buffer: UnsafeMutableBufferPointer<Float>, from start: Int, stride: Int, count: Int
  ) {
    var last = -1
    for q in 0..<count {
      let value = buffer[start + q * stride]
      values[q] = value
      guard value < .infinity else { continue }
      // Parabolas that the new one lies below from before their own border on never count again.
      var border = -Float.infinity
      while last >= 0 {
        let v = apexes[last]
        border =
          ((value + Float(q * q)) - (values[v] + Float(v * v))) / Float(2 * (q - v))
        if border > borders[last] { break }
        last -= 1
      }
      last += 1
      apexes[last] = q
      borders[last] = last == 0 ? -.infinity : border
    }
    guard last >= 0 else { return }
    borders[last + 1] = .infinity
    var k = 0
    for q in 0..<count {
      while borders[k + 1] < Float(q) { k += 1 }
      let d = Float(q - apexes[k])
      buffer[start + q * stride] = d * d + values[apexes[k]]
    }
  }
}
