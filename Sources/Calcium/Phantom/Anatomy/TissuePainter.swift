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
    var row = FieldRow(fields: fields, frame: frame)
    var line = Array(repeating: Float(0), count: width)
    for y in 0..<frame.rows {
      row.begin(y: frame.origin.y + Float(y) * frame.pixel)
      paint(&line, row: &row, depth: frame.origin.y + Float(y) * frame.pixel, disc: fields.disc)
      image.withUnsafeMutableBufferPointer { out in
        for x in 0..<width { out[y * width + x] += weight * line[x] }
      }
    }
  }

  private func paint(_ line: inout [Float], row: inout FieldRow, depth: Float, disc: Float) {
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
    lay(.cavity, t.innerFat, uneven: t.strands, w)
    lay(.liver, t.liver, uneven: 5, w)
    lay(.spleen, t.spleen, uneven: 4, w)
    lay(.stomach, 40, uneven: 12, w)
    lay(.gas, -960, w)
    lay(.lung, t.lung + t.lungGradient * depth, uneven: 24, w)
    row.blendFissure(&line, width: w)
    // The pericardium: a line of soft tissue where fat lies on both sides.
    row.band(&line, .sac, hu: t.pericardium, center: 0, half: 0.65, width: soft)
    lay(.sac, t.innerFat, at: 0.7, uneven: t.strands, soft)
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
      let foam =
        clamped(0.5 + (below - 2) / frame.pixel, 0, 1)
        * clamped(0.5 + (34 - below) / frame.pixel, 0, 1)
      let end = clamped(0.5 + (36 - below) / frame.pixel, 0, 1)
      line[x] += inside * end * (650 - 580 * foam)
    }
  }
}
