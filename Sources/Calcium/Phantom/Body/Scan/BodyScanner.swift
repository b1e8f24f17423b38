// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume

/// The settings of one scan of a subject made of an atlas: grid, sharpness, noise, shading, motion.
struct BodyScanner: Sendable {
  let geometry: Geometry
  let acquisition: PhantomAcquisition
  /// The place of the first voxel in mm from the heart's centre.
  let corner: Point
  /// How much of a wider blur a sharp kernel subtracts, which makes edges under- and overshoot.
  let overshoot: Float
  /// What kind of noise the reconstruction leaves.
  let noise: ScanNoise
  /// The amplitude of slow shading, in HU.
  let shading: Float
  /// Where the heart is while each plane of a slice is measured, in mm from its mean place.
  let path: [Point]
  /// Whether the scan waits for the heart's quietest phase.
  let isGated: Bool
  /// The width of the trunk in mm.
  let trunkWidth: Float

  /// A scan by a protocol: every draw happens whatever the options, so that a subject stays itself at
  /// any matrix.
  init(
    options: PhantomOptions, heartScale: Float, lungs: ClosedRange<Float>, trunkWidth: Float,
    _ random: inout KeyedRandom
  ) {
    self.trunkWidth = trunkWidth
    isGated = options.scanProtocol.centeredOnHeart
    let kernel = random.element(of: options.scanProtocol.kernels)
    let thicknesses: [(thickness: Double, increment: Double)] =
      isGated
      ? [(3, 3), (3, 3), (3, 3), (3, 3), (3, 3), (3, 3), (2.5, 2.5), (3, 1.5), (5, 5)]
      : [(5, 5), (5, 5), (3, 3), (3, 2), (2, 2), (3.75, 3.75), (1.25, 1.25), (8, 8)]
    var drawn = random.element(of: thicknesses)
    if options.without.contains(.kernel) { drawn = (3, 3) }
    let across = random.normal()
    let (moves, amount, heading) = (random.unit(), random.unit(), random.direction())
    let sharpness = random.unit()
    let grain = random.unit()
    let shift = Point(random.normal(), random.normal(), random.normal())
    let place = random.uniform(-190, -120)
    let shade = random.uniform(2, 12)
    shading = options.without.contains(.shading) ? 0 : shade
    let p = options.scanProtocol
    let range = p.pixelSpacing
    let spread = across < 0 ? range.usual - range.low : range.high - range.usual
    var spacing512 = range.usual + Double(across) / 2.5 * spread
    if !isGated {
      // The field of view follows the width of the trunk.
      let field = Double(trunkWidth) * (1.08 + 0.12 * Double(abs(across)))
      spacing512 = min(max(field / 512, 0.88 * range.low), range.high)
    }
    let spacing = (spacing512 * 512 / Double(options.matrix) * 1e4).rounded() / 1e4
    // A chest scan covers the lungs with some cm above and below.
    let coverage =
      (isGated
        ? 132 * Double(heartScale) : Double(lungs.upperBound - lungs.lowerBound) + 40)
      + 14 * Double(shift.z)
    var increment = drawn.increment
    var slices = Int((coverage / increment).rounded())
    if let wanted = options.slices {
      slices = wanted
      increment = min(max((coverage / Double(wanted) * 20).rounded() / 20, 1), 8)
    }
    let thickness = options.slices == nil ? drawn.thickness : increment
    let extent = Extent(slices: slices, rows: options.matrix, columns: options.matrix)
    let pixel = Float(spacing)
    let half = Float(options.matrix - 1) / 2 * pixel
    let height = Float(increment) * Float(slices - 1)
    // A gated scan is centred on the heart, a chest scan on the trunk, whose middle lies to the
    // right of the heart's and behind it.
    let middle =
      isGated
      ? Point(9 * shift.x + 3, 9 * shift.y + 4, -15 + 6 * shift.z)
      : Point(
        -26 + 7 * shift.x, 26 + 7 * shift.y,
        (lungs.lowerBound + lungs.upperBound) / 2 - 18 + 8 * shift.z)
    corner = middle - Point(half, half, height / 2)
    geometry = Geometry(
      extent: extent, spacing: [spacing, spacing, increment],
      origin: SIMD3(
        (Double(corner.x) * 1e4).rounded() / 1e4, (Double(corner.y) * 1e4).rounded() / 1e4,
        (Double(corner.z + place) * 20).rounded() / 20))
    // Sharp kernels show bones and lungs, iterative reconstructions leave coarse, weak noise.
    let isSharp = !isGated && sharpness > 0.85
    let isIterative = !isSharp && random.chance(0.3)
    let sharp =
      kernel.width * (1 + 0.06 * Double(shift.x)) * (isSharp ? 0.62 : isIterative ? 1.1 : 1)
    let width = options.without.contains(.kernel) ? 1.2 : sharp
    let edge =
      isSharp
      ? random.uniform(0.5, 1.1)
      : isIterative ? 0 : sharpness < 0.7 ? 0.25 * sharpness : 0.2 + 1.5 * (sharpness - 0.7)
    overshoot = options.without.contains(.kernel) ? 0 : edge
    // Few scans are much noisier than most.
    let usual = (isGated ? 11 : 9.5) * expf(grain * 0.6 + (grain > 0.9 ? 6 * (grain - 0.9) : 0))
    let strength = isSharp ? random.uniform(18, 40) : isIterative ? 0.8 * usual : usual
    let isWhite = options.without.contains(.noise)
    let deviation = isWhite ? 12 : strength
    let grained = ScanNoise(
      deviation: deviation,
      width: Float(width) * (isIterative ? random.uniform(0.85, 1.2) : random.uniform(0.6, 1.05)),
      ramp: isSharp ? random.uniform(0.6, 0.9) : isIterative ? 0.3 : random.uniform(0, 0.65),
      along: isGated ? random.uniform(0.06, 0.1) : 0.05, streaks: random.uniform(0, 0.22))
    noise =
      isWhite
      ? ScanNoise(deviation: deviation, width: 0.3, ramp: 0, along: 0, streaks: 0) : grained
    let chance: Float = isGated ? 0.4 : 0.93
    let reach =
      moves < chance && !options.without.contains(.motion)
      ? (isGated ? 0.6 + 4.4 * amount * amount * amount : 0.8 + 6.2 * amount * amount) : 0
    // Motion along z shows as planes of a slice that lie apart.
    path = [-0.5, 0.5, 0.15, -0.25].map { heading * (Float($0) * 0.4 * reach) }
    acquisition = PhantomAcquisition(
      kilovoltage: 120, kernel: kernel, thickness: thickness, increment: increment,
      noise: Double(deviation), blur: max(width, 0.8), motion: Double(reach))
  }
}
