// SPDX-License-Identifier: Apache-2.0

/// Where the pixels of one slice lie in the anatomy, in mm.
struct SliceFrame: Sendable {
  let columns: Int
  let rows: Int
  /// The distance between pixel centres; pixels are square.
  let pixel: Float
  /// The centre of the first pixel.
  let origin: SIMD2<Float>
  /// The height of the slice's middle.
  let z: Float
  /// The thickness of the slice, over which it averages.
  let thickness: Float

  var count: Int { columns * rows }

  /// The columns and rows whose pixels may touch a box, grown by a margin.
  func window(of box: Box, margin: Float) -> (columns: Range<Int>, rows: Range<Int>)? {
    guard box.reaches(z: z, within: thickness / 2 + margin) else { return nil }
    let x = range(box.low.x - margin, box.high.x + margin, origin.x, columns)
    let y = range(box.low.y - margin, box.high.y + margin, origin.y, rows)
    return x.isEmpty || y.isEmpty ? nil : (x, y)
  }

  private func range(_ low: Float, _ high: Float, _ start: Float, _ n: Int) -> Range<Int> {
    let first = clamped(((low - start) / pixel - 0.5).rounded(.down), 0, Float(n))
    let last = clamped(((high - start) / pixel + 0.5).rounded(.up) + 1, 0, Float(n))
    return first < last ? Int(first)..<Int(last) : 0..<0
  }
}
