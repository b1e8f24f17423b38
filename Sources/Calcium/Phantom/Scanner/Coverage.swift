// SPDX-License-Identifier: Apache-2.0

/// How much of each pixel of a window a shape fills, 0 … 1.
struct Coverage {
  let columns: Range<Int>
  let rows: Range<Int>
  var values: [Float]

  /// Averages a shape over pixel area and slice thickness by supersampling.
  ///
  /// Samples lie at most `inPlane` mm apart in the plane and `through` mm through it; each counts
  /// with a linear edge as wide as the sample distance, which keeps the integral to about 1 %.
  init?(
    of whole: some Solid, on frame: SliceFrame, inPlane: Float = 0.35, through: Float = 0.5,
    margin: Float = 0
  ) {
    guard let solid = whole.near(z: frame.z, within: frame.thickness / 2 + through),
      let window = frame.window(of: solid.bounds, margin: margin)
    else { return nil }
    columns = window.columns
    rows = window.rows
    let n = Int(clamped((frame.pixel / inPlane).rounded(.up), 1, 8))
    let slabs = Int(clamped((frame.thickness / through).rounded(.up), 1, 16))
    let step = frame.pixel / Float(n)
    let rise = frame.thickness / Float(slabs)
    let share = 1 / Float(n * n * slabs)
    // Linear edges across a sample's own size; through the plane samples are coarser.
    let sharpness = 1 / max(step, min(rise, 0.35))
    var filled = Array(repeating: Float(0), count: window.columns.count * window.rows.count)
    var touched = false
    filled.withUnsafeMutableBufferPointer { out in
      var index = 0
      for row in window.rows {
        for column in window.columns {
          var sum: Float = 0
          let cornerX = frame.origin.x + (Float(column) - 0.5) * frame.pixel + 0.5 * step
          let cornerY = frame.origin.y + (Float(row) - 0.5) * frame.pixel + 0.5 * step
          for k in 0..<slabs {
            let z = frame.z - 0.5 * frame.thickness + (Float(k) + 0.5) * rise
            for j in 0..<n {
              for i in 0..<n {
                let d = solid.distance(
                  Point(cornerX + Float(i) * step, cornerY + Float(j) * step, z))
                sum += clamped(0.5 - d * sharpness, 0, 1)
              }
            }
          }
          out[index] = sum * share
          touched = touched || sum > 0
          index += 1
        }
      }
    }
    guard touched else { return nil }
    values = filled
  }

  /// The coverage of a shape that moved during the exposure along a path of in-plane offsets (mm).
  ///
  /// The window must have been made with a margin that the path does not leave.
  func moved(along path: [SIMD2<Float>], pixel: Float) -> Coverage {
    guard path.count > 1 else { return self }
    var result = self
    let width = columns.count
    let height = rows.count
    let share = 1 / Float(path.count)
    for index in result.values.indices {
      let x = Float(index % width)
      let y = Float(index / width)
      var sum: Float = 0
      for offset in path {
        let sx = x - offset.x / pixel
        let sy = y - offset.y / pixel
        let x0 = sx.rounded(.down)
        let y0 = sy.rounded(.down)
        func at(_ i: Float, _ j: Float) -> Float {
          i < 0 || j < 0 || i >= Float(width) || j >= Float(height)
            ? 0 : values[Int(j) * width + Int(i)]
        }
        let top = mix(at(x0, y0), at(x0 + 1, y0), sx - x0)
        let bottom = mix(at(x0, y0 + 1), at(x0 + 1, y0 + 1), sx - x0)
        sum += mix(top, bottom, sy - y0)
      }
      result.values[index] = sum * share
    }
    return result
  }
}

extension Coverage {
  /// Calls `body` with the index of each touched pixel and its coverage.
  @inline(__always)
  func forEachPixel(_ frame: SliceFrame, _ body: (_ pixel: Int, _ coverage: Float) -> Void) {
    var index = 0
    for row in rows {
      for column in columns {
        let c = values[index]
        index += 1
        if c > 0 { body(row * frame.columns + column, c) }
      }
    }
  }
}
