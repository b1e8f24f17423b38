// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Volume

/// How the heart moves while it is scanned, and what a reconstruction makes of that.
///
/// The gantry turns while the heart moves: each sector of the half turn that a slice is made of sees
/// it elsewhere. By the central slice theorem a sector holds the frequencies of its own directions, so
/// the slice is put together in the Fourier plane, from moved copies. What comes out are the crescents,
/// tails and double contours of moving edges, which pass 130 HU without any calcium.
struct HeartMotion: Sendable {
  /// How far the heart moves while a slice is measured, in mm.
  let reach: Float
  /// The radius of what moves, in mm of the patient.
  private let radius: Float
  private let heading: Point
  private let regional: SmoothField
  /// The height over which the heart lies in one place, in mm, and how far it jumps then.
  private let slab: Float
  private let jump: Float
  private let isStepped: Bool
  private let seed: UInt64
  private let subject: Int
  private let plane: FourierSquare?
  private let sectors: Int

  /// The motion of a scan whose acquisition says how far the heart moves.
  init(
    scanner: BodyScanner, radius: Float, isStill: Bool = false, seed: UInt64, subject: Int
  ) {
    var random = KeyedRandom(seed: seed, subject: subject, purpose: .motion)
    reach = Float(scanner.acquisition.motion)
    self.radius = radius
    self.seed = seed
    self.subject = subject
    heading = random.direction()
    regional = SmoothField(step: 38, deviation: 0.75, &random)
    isStepped = scanner.isGated
    let isGated = scanner.isGated
    // Few rows of a detector see a short piece of the heart in each beat.
    slab = isGated ? (random.chance(0.7) ? random.uniform(9, 14) : 38) : random.uniform(14, 30)
    let steps = random.chance(0.4) ? random.uniform(0, 1) : 0
    jump = isStill ? 0 : steps + 0.35 * reach
    let extent = scanner.geometry.extent
    let pixel = Float(scanner.geometry.spacing.x)
    var side = 16
    let most = min(extent.columns, extent.rows)
    while side * 2 <= most, Float(side) * pixel < 1.9 * radius { side *= 2 }
    // The copies of a large region take long, and six sectors look like four there.
    sectors = side > 256 ? 4 : 6
    plane = reach > 0 && side <= most ? FourierSquare(side: side) : nil
  }

  /// How far the heart lies from its mean place at a height in the patient.
  func offset(atHeight z: Float) -> Point {
    guard jump > 0 else { return .zero }
    func place(_ number: Int) -> Point {
      var random = KeyedRandom(
        seed: seed, subject: subject, purpose: .motion, index: number + 1000)
      return random.jitter(jump * 0.6)
    }
    let number = (z / slab).rounded(.down)
    if isStepped { return place(Int(number)) }
    return mix(place(Int(number)), place(Int(number) + 1), smoothStep(0, 1, z / slab - number))
  }

  /// The share of the heart's motion that a point takes part in.
  func share(at p: Point) -> Float {
    let r = dot(p, p) / (radius * radius)
    return r < 1 ? (1 - r) * (1 - r) : 0
  }

  /// Replaces a slice by what is reconstructed of it while it moves.
  ///
  /// - Parameters:
  ///   - calcium: what each artery's plaques add; moved too, without the directions.
  ///   - start: the place of the first pixel in mm from the heart's centre.
  func apply(
    to image: inout [Float], _ calcium: inout [(Artery, [Float])], columns: Int, rows: Int,
    pixel: Float, start: Point
  ) {
    guard let plane, abs(start.z) < 0.9 * radius else { return }
    let side = plane.side
    func low(_ from: Float, _ count: Int) -> Int {
      min(max(Int(-from / pixel) - side / 2, 0), count - side)
    }
    let (left, top) = (low(start.x, columns), low(start.y, rows))
    let field = fields(
      side: side, pixel: pixel, start: start + Point(Float(left), Float(top), 0) * pixel)
    // Where the gantry is when the slice begins differs from slab to slab.
    var random = KeyedRandom(
      seed: seed, subject: subject, purpose: .motion,
      index: 100_000 + Int((start.z / slab).rounded(.down)) + 500)
    let begin = random.unit()
    let window = Window(left: left, top: top, columns: columns, rows: rows, side: side)
    var result = plane.empty
    var pair = plane.empty
    for sector in stride(from: 0, to: sectors, by: 2) {
      Self.edit(&pair.real) { window.change(image, by: field, at: time(sector), into: $0) }
      Self.edit(&pair.imaginary) {
        window.change(image, by: field, at: time(sector + 1), into: $0)
      }
      plane.forward(&pair)
      add(pair, sector, begin, plane, to: &result)
    }
    plane.inverse(&result)
    let scale = 1 / Float(side * side)
    Self.edit(&result.real) { sum in
      for y in 0..<side {
        for x in 0..<side {
          image[(top + y) * columns + left + x] += scale * sum[y * side + x]
        }
      }
    }
    for i in calcium.indices { window.average(&calcium[i].1, by: field, at: times) }
  }

  private var times: [Float] { (0..<sectors).map(time) }

  /// When a sector is measured, −0.5 … 0.5.
  private func time(_ sector: Int) -> Float { (Float(sector) + 0.5) / Float(sectors) - 0.5 }

  private static func edit(
    _ plane: inout [SIMD8<Float>], _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    plane.withUnsafeMutableBufferPointer { buffer in
      buffer.withMemoryRebound(to: Float.self) { floats in
        if let base = floats.baseAddress { body(base) }
      }
    }
  }

  // The frequencies of two sectors, whose images are the real and the imaginary part of `pair`.
  private func add(
    _ pair: FourierSquare.Plane, _ sector: Int, _ begin: Float, _ plane: FourierSquare,
    to result: inout FourierSquare.Plane
  ) {
    let side = plane.side
    let count = Float(sectors)
    // How much of a frequency's direction the sector sees, with soft ends.
    func weight(_ direction: Float, _ sector: Int) -> Float {
      var turn = direction - begin
      if turn < 0 { turn += 1 }
      var d = abs(turn * count - Float(sector) - 0.5)
      d = min(d, count - d)
      return 1 - smoothStep(0.2, 0.8, d)
    }
    var (re, im) = (pair.real, pair.imaginary)
    Self.edit(&re) { re in
      Self.edit(&im) { im in
        Self.edit(&result.real) { outReal in
          Self.edit(&result.imaginary) { outImaginary in
            for a in 0..<side {
              let mirrored = plane.opposites[a] * side
              for b in 0..<side {
                let i = a * side + b
                let direction = plane.directions[i]
                let (first, second) = (weight(direction, sector), weight(direction, sector + 1))
                if first == 0, second == 0 { continue }
                let j = mirrored + plane.opposites[b]
                let (p, q, r, s) = (re[i], im[i], re[j], im[j])
                outReal[i] += 0.5 * (first * (p + r) + second * (q + s))
                outImaginary[i] += 0.5 * (first * (q - s) + second * (r - p))
              }
            }
          }
        }
      }
    }
  }

  /// How far each pixel of a region moves: a velocity, and how it bends, in pixels.
  private func fields(side: Int, pixel: Float, start: Point) -> [SIMD4<Float>] {
    let step = 8
    let count = side / step + 1
    var nodes: [SIMD4<Float>] = []
    for j in 0..<count {
      for i in 0..<count {
        let p = start + Point(Float(i * step), Float(j * step), 0) * pixel
        // Nothing moves at the region's border, beyond which nothing is reconstructed anew.
        let edge = min(min(i, count - 1 - i), min(j, count - 1 - j))
        let share = edge == 0 ? 0 : self.share(at: p) * reach / pixel
        let own = share > 0 ? regional.value(at: p) : .zero
        nodes.append(
          share * SIMD4(heading.x + own.x, heading.y + own.y, 1.2 * own.z, own.x - own.y))
      }
    }
    var result = Array(repeating: SIMD4<Float>(), count: side * side)
    for y in 0..<side {
      let (j, v) = (y / step, Float(y % step) / Float(step))
      for x in 0..<side {
        let (i, u) = (x / step, Float(x % step) / Float(step))
        let k = j * count + i
        result[y * side + x] = mix(
          mix(nodes[k], nodes[k + 1], u), mix(nodes[k + count], nodes[k + count + 1], u), v)
      }
    }
    return result
  }

  /// A square region of a slice whose pixels move.
  private struct Window {
    let left: Int
    let top: Int
    let columns: Int
    let rows: Int
    let side: Int

    /// The value that comes to a pixel at a time.
    @inline(__always)
    private func moved(
      _ image: UnsafeBufferPointer<Float>, _ x: Int, _ y: Int, _ field: SIMD4<Float>, _ time: Float
    ) -> Float {
      let bend = 2 * (time * time - 0.08)
      let u = clamped(Float(x) - field.x * time - field.z * bend, 0, Float(columns - 2))
      let v = clamped(Float(y) - field.y * time - field.w * bend, 0, Float(rows - 2))
      let (i, j) = (Int(u), Int(v))
      let k = j * columns + i
      return mix(
        mix(image[k], image[k + 1], u - Float(i)),
        mix(image[k + columns], image[k + columns + 1], u - Float(i)), v - Float(j))
    }

    /// What the motion until a time changes.
    func change(
      _ image: [Float], by field: [SIMD4<Float>], at time: Float,
      into out: UnsafeMutablePointer<Float>
    ) {
      image.withUnsafeBufferPointer { image in
        for y in 0..<side {
          for x in 0..<side {
            let f = field[y * side + x]
            let here = image[(top + y) * columns + left + x]
            out[y * side + x] =
              f == .zero ? 0 : moved(image, left + x, top + y, f, time) - here
          }
        }
      }
    }

    /// Replaces an image by its mean over times.
    func average(_ image: inout [Float], by field: [SIMD4<Float>], at times: [Float]) {
      let before = image
      before.withUnsafeBufferPointer { before in
        for y in 0..<side {
          for x in 0..<side {
            let f = field[y * side + x]
            if f == .zero { continue }
            var sum: Float = 0
            for time in times { sum += moved(before, left + x, top + y, f, time) }
            image[(top + y) * columns + left + x] = sum / Float(times.count)
          }
        }
      }
    }
  }
}
