// SPDX-License-Identifier: Apache-2.0

/// Turns the distance fields of a plane into attenuation, one row of pixels at a time.
///
/// Tissues are laid over each other from the skin inwards; each edge is a linear ramp of one pixel
/// or `edge` mm, the partial volume of a straight border.
struct TissuePainter {
  let frame: SliceFrame
  let tissue: TissueValues
  /// The width of the linear ramp at an edge, in mm; wider where the heart moves.
  let edge: Float
  let motion: Float
  /// The highest point of the couch, under the lowest point of the back, and its middle.
  let couchTop: Float
  let couchCenter: Float

  /// Adds `weight` × attenuation of one plane to an image in HU.
  func add(_ fields: PlaneFields, to image: inout [Float], weight: Float) {
    let width = frame.columns
    var row = Row(fields: fields, frame: frame)
    var line = Array(repeating: Float(0), count: width)
    for y in 0..<frame.rows {
      row.begin(y: frame.origin.y + Float(y) * frame.pixel)
      paint(&line, row: &row, depth: frame.origin.y + Float(y) * frame.pixel, disc: fields.disc)
      image.withUnsafeMutableBufferPointer { out in
        for x in 0..<width { out[y * width + x] += weight * line[x] }
      }
    }
  }

  private func paint(_ line: inout [Float], row: inout Row, depth: Float, disc: Float) {
    for x in line.indices { line[x] = -1000 }
    couch(&line, depth: depth)
    let t = tissue
    let w = max(edge, frame.pixel)
    let soft = max(w, motion)
    func lay(_ layer: Layer, _ hu: Float, at offset: Float = 0, uneven: Float = 0, _ width: Float) {
      row.blend(&line, layer, hu: hu, offset: offset, uneven: uneven, width: width)
    }
    lay(.body, t.skin, w)
    lay(.body, t.fat, at: 2, uneven: 9, w)
    lay(.muscle, t.muscle, uneven: 13, 2.5)
    row.band(&line, .cavity, hu: -60, center: 12.5, half: 0.9, width: w)
    row.band(&line, .cavity, hu: -35, center: 3, half: 0.8, width: 2)
    lay(.cavity, t.innerFat, uneven: 8, w)
    lay(.liver, t.liver, uneven: 5, w)
    lay(.spleen, t.spleen, uneven: 4, w)
    lay(.stomach, 40, uneven: 12, w)
    lay(.gas, -960, w)
    lay(.lung, t.lung + t.lungGradient * depth, uneven: 24, w)
    row.blendFissure(&line, width: w)
    // The pericardium: a line of soft tissue where fat lies on both sides.
    row.band(&line, .sac, hu: t.pericardium, center: 0, half: 0.65, width: soft)
    lay(.sac, t.innerFat, at: 0.7, uneven: 7, soft)
    lay(.vessel, t.blood, uneven: 2, w)
    lay(.epicardium, t.myocardium, uneven: 5, soft)
    lay(.blood, t.blood, uneven: 3, max(soft, 1.5))
    lay(.soft, 38, uneven: 14, w)
    lay(.airway, 25, at: -1.3, uneven: 10, w)
    lay(.airway, -970, w)
    lay(.cartilage, t.cartilage, uneven: 22, w)
    lay(.flatBone, t.cortex, uneven: 90, w)
    lay(.flatBone, t.marrow, at: 1.1, uneven: 55, w)
    lay(.vertebra, mix(t.cortex * 0.9, t.disc, disc), uneven: mix(90, 12, disc), w)
    lay(.vertebra, mix(t.marrow * 1.15, t.disc, disc), at: 1.1, uneven: mix(50, 10, disc), w)
    lay(.canal, 28, uneven: 8, w)
  }

  // The couch: a carbon shell around foam, curved under the back.
  private func couch(_ line: inout [Float], depth: Float) {
    guard depth > couchTop - 30 else { return }
    for x in line.indices {
      let u = frame.origin.x + Float(x) * frame.pixel - couchCenter
      guard abs(u) < 235 else { continue }
      let below = depth - couchTop + u * u / 2600
      let inside = clamped(0.5 + below / frame.pixel, 0, 1)
      let foam = clamped(0.5 + (below - 2) / frame.pixel, 0, 1)
        * clamped(0.5 + (34 - below) / frame.pixel, 0, 1)
      let end = clamped(0.5 + (36 - below) / frame.pixel, 0, 1)
      line[x] += inside * end * (650 - 580 * foam)
    }
  }

  /// One row of pixels of all fields, interpolated from the plane's coarse grid when asked for.
  private struct Row {
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
            if d < Row.reach || always {
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
}

/// The attenuation of tissues in one subject, in HU at 120 kV without contrast medium.
struct TissueValues: Sendable {
  let skin: Float
  let fat: Float
  let innerFat: Float
  let muscle: Float
  let blood: Float
  let myocardium: Float
  let pericardium: Float
  let liver: Float
  let spleen: Float
  let lung: Float
  /// How much denser the lung is per mm towards the back, in a patient who lies on it.
  let lungGradient: Float
  let cortex: Float
  let marrow: Float
  let cartilage: Float
  let disc: Float

  init(_ random: inout KeyedRandom, habitus: Habitus) {
    skin = random.uniform(0, 25)
    fat = random.uniform(-112, -98)
    innerFat = random.uniform(-105, -88)
    muscle = random.uniform(44, 58) - 8 * habitus.age
    // Blood of 35–50 HU; the wall a few HU above it, more so in anaemia.
    blood = random.uniform(35, 50)
    myocardium = blood + clamped(5 + 3 * random.normal(), 1, 12)
    pericardium = random.uniform(10, 35)
    liver = random.chance(0.2) ? random.uniform(15, 45) : random.uniform(52, 66)
    spleen = random.uniform(44, 54)
    lung = random.uniform(-885, -835)
    lungGradient = random.uniform(0.15, 0.6)
    cortex = 620 * habitus.bone
    marrow = clamped(165 * habitus.bone + 15 * random.normal(), 60, 280)
    cartilage = 85 + 50 * habitus.age
    disc = random.uniform(70, 105)
  }
}
