// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Volume

@Suite struct `A Gaussian blur` {
  /// The same by its definition: every weight of a neighbour, borders repeated.
  private func naive(_ values: [Float], _ shape: [Int], _ axis: Int, _ blur: GaussianBlur)
    -> [Double]
  {
    let stride = shape.dropFirst(axis + 1).reduce(1, *)
    return values.indices.map { i in
      let place = i / stride % shape[axis]
      return (-blur.radius...blur.radius).reduce(0.0) { sum, k in
        let other = min(max(place + k, 0), shape[axis] - 1)
        return sum + Double(blur.weight(k)) * Double(values[i + (other - place) * stride])
      }
    }
  }

  @Test(arguments: [0, 1, 2], [GaussianBlur(sigma: 1.3), GaussianBlur(sampling: 2.1)])
  func `equals its definition along each axis`(axis: Int, blur: GaussianBlur) {
    let shape = [5, 4, 7]
    let values = (0..<140).map { Float($0 * 7919 % 211) }
    var blurred = values
    blur.blur(&blurred, shape: shape, axis: axis)
    for (ours, theirs) in zip(blurred, naive(values, shape, axis, blur)) {
      #expect(abs(Double(ours) - theirs) < 1e-3)
    }
  }

  @Test(arguments: [Float(0), 0.2, 0.9, 3])
  func `keeps a sum, and has the variance that is asked for`(sigma: Float) {
    let blur = GaussianBlur(sigma: sigma)
    let whole = (-blur.radius...blur.radius).reduce(Float(0)) { $0 + blur.weight($1) }
    #expect(abs(whole - 1) < 1e-5)
    let variance = (-blur.radius...blur.radius).reduce(Float(0)) {
      $0 + blur.weight($1) * Float($1 * $1)
    }
    // The integral over a voxel adds the voxel's own variance, unless all of it is within one.
    if sigma >= 0.9 { #expect(abs(variance - sigma * sigma - 1 / 12) < 0.02 * sigma * sigma) }
    #expect(blur.weight(blur.radius + 1) == 0)
  }

  @Test func `is no wider than its limit, and leaves an even image as it is`() {
    #expect(GaussianBlur(sigma: 10, limit: 4).radius == 4)
    var image = Array(repeating: Float(42), count: 30)
    GaussianBlur(sigma: 10).blur(&image, columns: 6, rows: 5)
    #expect(image.allSatisfy { abs($0 - 42) < 1e-3 })
    var empty: [Float] = []
    GaussianBlur(sigma: 2).blur(&empty, shape: [0, 4], axis: 1)
    #expect(empty.isEmpty)
  }
}
