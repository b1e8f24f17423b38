// SPDX-License-Identifier: Apache-2.0

/// One row of pixels of all fields, interpolated from the plane's coarse grid when asked for.
struct FieldRow {
  let fields: PlaneFields
  private let columns: Int
  private let cell: [Int32]
  private let fraction: [Float]
  private var coarse: [Float]
  private var expanded: [[Float]]
  private var ranges: [Range<Int>?]
  private var gridRow = 0
  private var gridFraction: Float = 0
  private let pixelOfCell: (Int) -> (Int, Int)

  /// Fields are interpolated wherever a grid point of the row is nearer than this, in mm.
  private static let reach: Float = 16

  init(fields: PlaneFields, frame: SliceFrame) {
    self.fields = fields
    columns = frame.columns
    let grid = fields.grid
    var cells: [Int32] = []
    var fractions: [Float] = []
    for x in 0..<frame.columns {
      let position = (frame.origin.x + Float(x) * frame.pixel - grid.origin.x) / grid.step
      let whole = clamped(position.rounded(.down), 0, Float(grid.columns - 2))
      cells.append(Int32(whole))
      fractions.append(position - whole)
    }
    cell = cells
    fraction = fractions
    coarse = Array(repeating: 0, count: grid.columns)
    expanded = Layer.allCases.map { _ in Array(repeating: 0, count: frame.columns) }
    ranges = Layer.allCases.map { _ in nil }
    let scale = grid.step / frame.pixel
    let shift = (grid.origin.x - frame.origin.x) / frame.pixel
    let limit = frame.columns
    pixelOfCell = { c in
      let first = (Float(c - 1) * scale + shift).rounded(.down)
      let last = (Float(c + 1) * scale + shift).rounded(.up) + 1
      return (Int(clamped(first, 0, Float(limit))), Int(clamped(last, 0, Float(limit))))
    }
  }

  mutating func begin(y: Float) {
    let grid = fields.grid
    let position = (y - grid.origin.y) / grid.step
    let whole = clamped(position.rounded(.down), 0, Float(grid.rows - 2))
    gridRow = Int(whole)
    gridFraction = position - whole
    for i in ranges.indices { ranges[i] = nil }
  }

  /// The pixels of this row for which a layer may matter; interpolates them on first use.
  private mutating func range(of layer: Layer, always: Bool = false) -> Range<Int> {
    if let known = ranges[layer.rawValue] { return known }
    let grid = fields.grid
    let n = grid.columns
    let f = gridFraction
    let start = gridRow * n
    var first = n
    var last = -1
    fields.values[layer.rawValue].withUnsafeBufferPointer { field in
      coarse.withUnsafeMutableBufferPointer { out in
        for i in 0..<n {
          let a = field[start + i]
          let d = a + f * (field[start + n + i] - a)
          out[i] = d
          if d < FieldRow.reach || always {
            if i < first { first = i }
            last = i
          }
        }
      }
    }
    guard last >= 0 else {
      ranges[layer.rawValue] = 0..<0
      return 0..<0
    }
    let low = pixelOfCell(first).0
    let high = pixelOfCell(last).1
    let span = low < high ? low..<high : 0..<0
    expanded[layer.rawValue].withUnsafeMutableBufferPointer { out in
      coarse.withUnsafeBufferPointer { c in
        cell.withUnsafeBufferPointer { cells in
          fraction.withUnsafeBufferPointer { parts in
            for x in span {
              let i = Int(truncatingIfNeeded: cells[x])
              out[x] = c[i] + parts[x] * (c[i &+ 1] - c[i])
            }
          }
        }
      }
    }
    ranges[layer.rawValue] = span
    return span
  }

  mutating func blend(
    _ line: inout [Float], _ layer: Layer, hu: Float, offset: Float, uneven: Float, width: Float
  ) {
    let span = range(of: layer)
    guard !span.isEmpty else { return }
    _ = range(of: .fineTexture, always: true)
    _ = range(of: .coarseTexture, always: true)
    let slope = 1 / width
    line.withUnsafeMutableBufferPointer { v in
      expanded[layer.rawValue].withUnsafeBufferPointer { d in
        expanded[Layer.fineTexture.rawValue].withUnsafeBufferPointer { fine in
          expanded[Layer.coarseTexture.rawValue].withUnsafeBufferPointer { rough in
            for x in span {
              let c = clamped(0.5 - (d[x] + offset) * slope, 0, 1)
              v[x] += c * (hu + uneven * (fine[x] + 0.6 * rough[x]) - v[x])
            }
          }
        }
      }
    }
  }

  mutating func band(
    _ line: inout [Float], _ layer: Layer, hu: Float, center: Float, half: Float, width: Float
  ) {
    let span = range(of: layer)
    let slope = 1 / width
    // A band thinner than its ramp keeps its integral.
    let peak = min(1, 2 * half * slope)
    line.withUnsafeMutableBufferPointer { v in
      expanded[layer.rawValue].withUnsafeBufferPointer { d in
        for x in span {
          let c = peak * clamped(0.5 + (half - abs(d[x] - center)) * slope, 0, 1)
          v[x] += c * (hu - v[x])
        }
      }
    }
  }

  mutating func blendFissure(_ line: inout [Float], width: Float) {
    let lung = range(of: .lung)
    let sheet = range(of: .fissure)
    let span = lung.clamped(to: sheet)
    guard !span.isEmpty else { return }
    line.withUnsafeMutableBufferPointer { v in
      expanded[Layer.fissure.rawValue].withUnsafeBufferPointer { d in
        expanded[Layer.lung.rawValue].withUnsafeBufferPointer { inside in
          for x in span where inside[x] < 0 {
            let c = 0.35 * clamped(1.2 - d[x] / max(width, 0.8), 0, 1)
            v[x] += c * (-350 - v[x])
          }
        }
      }
    }
  }
}
