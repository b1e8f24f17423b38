// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The Fourier transform of square images whose side is a power of two.
///
/// Frequencies stay in the order that the transform leaves them in, which spares sorting them twice:
/// `frequency` says which is where.
struct FourierSquare: Sendable {
  /// The real and the imaginary part of an image or its transform, eight pixels together.
  struct Plane {
    var real: [SIMD8<Float>]
    var imaginary: [SIMD8<Float>]
  }

  /// The number of rows and columns, at least 16.
  let side: Int
  /// The frequency at each place along an axis, −side/2 ..< side/2.
  let frequencies: [Int]
  /// The place along an axis of the opposite frequency.
  let opposites: [Int]
  /// The direction of each frequency as a part of a half turn, 0 ..< 1.
  let directions: [Float]
  private let cosines: [Float]
  private let sines: [Float]

  init(side: Int) {
    self.side = side
    let bits = side.trailingZeroBitCount
    func reversed(_ i: Int) -> Int { Int(UInt64(i).byteSwapped.reversedBits >> (64 - bits)) }
    let order = (0..<side).map(reversed)
    frequencies = order.map { $0 < side / 2 ? $0 : $0 - side }
    opposites = order.map { order[(side - $0) % side] }
    let angles = (0..<side / 2).map { 2 * Double.pi * Double($0) / Double(side) }
    cosines = angles.map { Float(cos($0)) }
    sines = angles.map { Float(sin($0)) }
    var directions = Array(repeating: Float(0), count: side * side)
    for (a, u) in frequencies.enumerated() {
      for (b, v) in frequencies.enumerated() {
        let turn = atan2f(Float(v), Float(u)) / .pi
        directions[a * side + b] = turn < 0 ? turn + 1 : turn >= 1 ? turn - 1 : turn
      }
    }
    self.directions = directions
  }

  /// A plane of zeros.
  var empty: Plane {
    let zeros = Array(repeating: SIMD8<Float>(repeating: 0), count: side * side / 8)
    return Plane(real: zeros, imaginary: zeros)
  }

  /// The transform; its first axis is that of the columns.
  func forward(_ plane: inout Plane) {
    edit(&plane) { re, im in
      descend(re, im)
      transpose(re)
      transpose(im)
      descend(re, im)
    }
  }

  /// The image of a transform, times the number of pixels.
  func inverse(_ plane: inout Plane) {
    edit(&plane) { re, im in
      ascend(re, im)
      transpose(re)
      transpose(im)
      ascend(re, im)
    }
  }

  private typealias Lines = UnsafeMutablePointer<SIMD8<Float>>

  private func edit(_ plane: inout Plane, _ body: (Lines, Lines) -> Void) {
    plane.real.withUnsafeMutableBufferPointer { re in
      plane.imaginary.withUnsafeMutableBufferPointer { im in
        guard let re = re.baseAddress, let im = im.baseAddress else { return }
        body(re, im)
      }
    }
  }

  // Whole rows meet in each butterfly, so that its factor is one for many pixels.
  private func descend(_ re: Lines, _ im: Lines) {
    let width = side / 8
    var half = side / 2
    while half >= 1 {
      let factor = side / (2 * half)
      for group in stride(from: 0, to: side, by: 2 * half) {
        for j in 0..<half {
          let (c, s) = (cosines[j * factor], sines[j * factor])
          let a = (group + j) * width
          let b = a + half * width
          for x in 0..<width {
            let (ar, ai, br, bi) = (re[a + x], im[a + x], re[b + x], im[b + x])
            re[a + x] = ar + br
            im[a + x] = ai + bi
            let (dr, di) = (ar - br, ai - bi)
            re[b + x] = dr * c + di * s
            im[b + x] = di * c - dr * s
          }
        }
      }
      half /= 2
    }
  }

  private func ascend(_ re: Lines, _ im: Lines) {
    let width = side / 8
    var half = 1
    while half < side {
      let factor = side / (2 * half)
      for group in stride(from: 0, to: side, by: 2 * half) {
        for j in 0..<half {
          let (c, s) = (cosines[j * factor], sines[j * factor])
          let a = (group + j) * width
          let b = a + half * width
          for x in 0..<width {
            let (ar, ai, br, bi) = (re[a + x], im[a + x], re[b + x], im[b + x])
            let (tr, ti) = (br * c - bi * s, bi * c + br * s)
            re[a + x] = ar + tr
            im[a + x] = ai + ti
            re[b + x] = ar - tr
            im[b + x] = ai - ti
          }
        }
      }
      half *= 2
    }
  }

  private func transpose(_ lines: Lines) {
    let tile = 16
    lines.withMemoryRebound(to: Float.self, capacity: side * side) { p in
      for y in stride(from: 0, to: side, by: tile) {
        for x in stride(from: y, to: side, by: tile) {
          for j in y..<y + tile {
            for i in max(x, j + 1)..<max(x + tile, j + 1) {
              let value = p[j * side + i]
              p[j * side + i] = p[i * side + j]
              p[i * side + j] = value
            }
          }
        }
      }
    }
  }
}

extension UInt64 {
  /// The bits of each byte in the opposite order.
  fileprivate var reversedBits: UInt64 {
    var v = self
    v = (v >> 1) & 0x5555_5555_5555_5555 | (v & 0x5555_5555_5555_5555) << 1
    v = (v >> 2) & 0x3333_3333_3333_3333 | (v & 0x3333_3333_3333_3333) << 2
    return (v >> 4) & 0x0F0F_0F0F_0F0F_0F0F | (v & 0x0F0F_0F0F_0F0F_0F0F) << 4
  }
}
