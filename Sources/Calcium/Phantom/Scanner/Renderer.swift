// SPDX-License-Identifier: Apache-2.0
import Agatston
import Volume

/// One finished slice.
struct RenderedSlice: Sendable {
  var ct: [Int16]
  var labels: [UInt8]
  /// The Agatston score of the slice without noise, by artery.
  var ideal: [Artery: Double]
}

extension Scene {
  /// Scans one slice; the result depends on nothing but the scene and the slice's index.
  func render(slice: Int) -> RenderedSlice {
    let frame = scanner.frame(slice: slice)
    var image = tissues(frame)
    paintVessels(on: &image, frame)
    paintDeposits(on: &image, frame)
    var calcium = paintPlaques(on: &image, frame)
    let starts = paintMetal(on: &image, frame)

    // Sampling over the pixel's area has already added a variance of 1/12 pixel².
    let total = Float(scanner.acquisition.blur) / 2.355 / frame.pixel
    let sigma = max(total * total - 1 / 12, 0).squareRoot()
    let kernel = GaussianBlur(sigma: sigma, limit: min(frame.columns, frame.rows) - 1)
    kernel.blur(&image, columns: frame.columns, rows: frame.rows)
    for i in calcium.indices {
      kernel.blur(&calcium[i].1, columns: frame.columns, rows: frame.rows)
    }
    for (metal, center, strength) in starts {
      var random = KeyedRandom(
        seed: seed, subject: subject, purpose: .metal, index: slice &* 16 &+ metal)
      Streaks(&random).add(to: &image, frame: frame, at: center, strength: strength)
    }
    let area = Double(frame.pixel * frame.pixel)
    let owners = Ownership(calcium, count: frame.count)
    let ideal = owners.scores(
      image: image, columns: frame.columns, pixelArea: area,
      increment: scanner.acquisition.increment)
    let stored = store(image, frame, slice: slice)
    let labels = owners.annotation(image: stored, columns: frame.columns, pixelArea: area)
    return RenderedSlice(ct: stored, labels: labels, ideal: ideal)
  }

  // Organs: several planes through the thickness of the slice, averaged.
  private func tissues(_ frame: SliceFrame) -> [Float] {
    var image = Array(repeating: Float(0), count: frame.count)
    let planes = frame.thickness > 3.5 ? 4 : 3
    let width = Float(frame.columns) * frame.pixel
    let height = Float(frame.rows) * frame.pixel
    let step = clamped(frame.pixel, max(width, height) > 290 ? 2.5 : 2, 3)
    let back = anatomy.cage.skin(0)
    let painter = TissuePainter(
      frame: frame, tissue: tissue, edge: 0.6, motion: 0.6 * Float(scanner.acquisition.motion),
      couchTop: back.center.y + back.half.y + 4, couchCenter: back.center.x)
    for k in 0..<planes {
      let z = frame.z + frame.thickness * ((Float(k) + 0.5) / Float(planes) - 0.5)
      let grid = PlaneGrid(
        columns: Int(width / step) + 3, rows: Int(height / step) + 3,
        origin: frame.origin - step, step: step, z: z)
      painter.add(anatomy.fields(on: grid), to: &image, weight: 1 / Float(planes))
    }
    return image
  }

  private func paintVessels(on image: inout [Float], _ frame: SliceFrame) {
    for rod in lungVessels.rods {
      guard let part = Coverage(of: rod, on: frame, inPlane: 0.6, through: 1.2) else { continue }
      // Only where there is lung: the tree was grown without knowing its exact border.
      part.forEachPixel(frame) { pixel, c in
        if image[pixel] < -450 { image[pixel] += c * (tissue.blood - image[pixel]) }
      }
    }
    let path = scanner.path
    for tube in anatomy.coronaries.veins + anatomy.coronaries.branches.map(\.tube) {
      for chunk in tube.chunks(of: 6) {
        guard let part = moving(chunk, frame, along: path) else { continue }
        // Fat turns to vessel; muscle and blood stay as they are.
        part.forEachPixel(frame) { pixel, c in
          let hu = tissue.blood + 3
          if image[pixel] < hu { image[pixel] += c * (hu - image[pixel]) }
        }
      }
    }
  }

  private func moving(_ solid: some Solid, _ frame: SliceFrame, along path: [SIMD2<Float>])
    -> Coverage?
  {
    let reach = path.count > 1 ? Float(scanner.acquisition.motion) + frame.pixel : 0
    return Coverage(of: solid, on: frame, margin: reach)?.moved(along: path, pixel: frame.pixel)
  }

  private func paintDeposits(on image: inout [Float], _ frame: SliceFrame) {
    for deposit in deposits {
      let path = deposit.moves ? scanner.path : [.zero]
      guard let part = moving(deposit.shape, frame, along: path) else { continue }
      part.forEachPixel(frame) { pixel, c in
        image[pixel] += c * (deposit.attenuation - image[pixel])
      }
    }
  }

  /// Paints the plaques and returns what they add to the image, by artery.
  private func paintPlaques(on image: inout [Float], _ frame: SliceFrame) -> [(Artery, [Float])] {
    var added: [(Artery, [Float])] = []
    for plaque in plaques {
      guard let part = moving(plaque.shape, frame, along: scanner.path) else { continue }
      var index = added.firstIndex { $0.0 == plaque.artery }
      if index == nil {
        added.append((plaque.artery, Array(repeating: 0, count: frame.count)))
        index = added.count - 1
      }
      guard let index else { continue }
      part.forEachPixel(frame) { pixel, c in
        let change = c * (plaque.attenuation - image[pixel])
        image[pixel] += change
        added[index].1[pixel] += change
      }
    }
    return added
  }

  /// Paints metal and returns where its streaks start and how strong they are.
  private func paintMetal(on image: inout [Float], _ frame: SliceFrame)
    -> [(Int, SIMD2<Float>, Float)]
  {
    var starts: [(Int, SIMD2<Float>, Float)] = []
    for (number, metal) in metal.enumerated() {
      var mass: Float = 0
      var weightedPixels = SIMD2<Float>.zero
      for chunk in metal.tube.chunks(of: 4) {
        let path = metal.moves ? scanner.path : [.zero]
        guard let part = moving(chunk, frame, along: path) else { continue }
        part.forEachPixel(frame) { pixel, c in
          image[pixel] = max(image[pixel], image[pixel] + c * (metal.attenuation - image[pixel]))
          mass += c
          weightedPixels += c * SIMD2(Float(pixel % frame.columns), Float(pixel / frame.columns))
        }
      }
      guard mass > 0 else { continue }
      let size = mass * frame.pixel * frame.pixel
      let strength = metal.streak * min(1, (size / 3).squareRoot())
      starts.append((number, frame.origin + weightedPixels / mass * frame.pixel, strength))
    }
    return starts
  }

  // Adds noise and rounds to what a 12-bit scanner stores.
  private func store(_ image: [Float], _ frame: SliceFrame, slice: Int) -> [Int16] {
    let noise = scanner.noise.slice(
      slice, columns: frame.columns, rows: frame.rows, pixel: frame.pixel
    ) { KeyedRandom(seed: seed, subject: subject, purpose: .noise, index: $0) }
    let skin = anatomy.cage.skin(frame.z)
    var stored = Array(repeating: Int16(0), count: frame.count)
    for y in 0..<frame.rows {
      let v = (frame.origin.y + Float(y) * frame.pixel - skin.center.y) / skin.half.y
      for x in 0..<frame.columns {
        let u = (frame.origin.x + Float(x) * frame.pixel - skin.center.x) / skin.half.x
        // X-rays through the middle are weakened most.
        let scale = 0.55 + 0.55 * max(0, 1 - 0.6 * (u * u + v * v))
        let i = y * frame.columns + x
        stored[i] = Int16(clamped((image[i] + noise[i] * scale).rounded(), -1024, 3071))
      }
    }
    return stored
  }
}
