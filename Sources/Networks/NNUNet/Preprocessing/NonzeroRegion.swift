// SPDX-License-Identifier: Apache-2.0

/// The non-zero region of an image with its holes filled, and its bounding box.
///
/// A voxel belongs to the region if any channel differs from 0. Zeros that no path of face
/// neighbours connects with the border are holes and belong to it, too (nnU-Net,
/// `crop_to_nonzero`).
struct NonzeroRegion {
  /// Whether each voxel belongs to the region.
  let mask: [Bool]
  /// Whether all voxels belong to the region.
  let isWhole: Bool
  /// The half-open bounding box; the whole image where the region is empty.
  let box: [Range<Int>]

  init(channels: [[Float]], shape: [Int]) {
    let count = shape.reduce(1, *)
    // 0 inside the region, 1 a zero not yet reached, 2 a zero reached from the border.
    var state = [UInt8](repeating: 1, count: count)
    for channel in channels {
      channel.withUnsafeBufferPointer { channel in
        state.withUnsafeMutableBufferPointer { state in
          for i in 0..<count { state[i] &= channel[i] == 0 ? 1 : 0 }
        }
      }
    }
    isWhole = !state.contains(1)
    if isWhole {
      mask = [Bool](repeating: true, count: count)
      box = shape.map { 0..<$0 }
    } else {
      Self.flood(&state, shape)
      mask = state.map { $0 != 2 }
      box = Self.box(of: mask, shape)
    }
  }

  /// Turns every 1 that is connected with the border through ones into 2.
  private static func flood(_ state: inout [UInt8], _ shape: [Int]) {
    let (nz, ny, nx) = (shape[0], shape[1], shape[2])
    let plane = ny * nx
    state.withUnsafeMutableBufferPointer { state in
      var stack: [Int] = []
      func visit(_ i: Int) {
        if state[i] == 1 {
          state[i] = 2
          stack.append(i)
        }
      }
      for z in 0..<nz {
        for y in 0..<ny {
          let row = z * plane + y * nx
          if z == 0 || z == nz - 1 || y == 0 || y == ny - 1 {
            for x in 0..<nx { visit(row + x) }
          } else if nx > 0 {
            visit(row)
            visit(row + nx - 1)
          }
        }
      }
      while let i = stack.popLast() {
        let (z, rest) = i.quotientAndRemainder(dividingBy: plane)
        let (y, x) = rest.quotientAndRemainder(dividingBy: nx)
        if x > 0 { visit(i - 1) }
        if x < nx - 1 { visit(i + 1) }
        if y > 0 { visit(i - nx) }
        if y < ny - 1 { visit(i + nx) }
        if z > 0 { visit(i - plane) }
        if z < nz - 1 { visit(i + plane) }
      }
    }
  }

  private static func box(of mask: [Bool], _ shape: [Int]) -> [Range<Int>] {
    var low = shape
    var high = [0, 0, 0]
    mask.withUnsafeBufferPointer { mask in
      for z in 0..<shape[0] {
        for y in 0..<shape[1] {
          let row = (z * shape[1] + y) * shape[2]
          var first = 0
          while first < shape[2], !mask[row + first] { first += 1 }
          if first == shape[2] { continue }
          var last = shape[2] - 1
          while !mask[row + last] { last -= 1 }
          low = [min(low[0], z), min(low[1], y), min(low[2], first)]
          high = [max(high[0], z + 1), max(high[1], y + 1), max(high[2], last + 1)]
        }
      }
    }
    return high[0] == 0 ? shape.map { 0..<$0 } : zip(low, high).map { $0..<$1 }
  }
}
