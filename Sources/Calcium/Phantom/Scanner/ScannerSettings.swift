// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume

/// The settings of one scan: grid, blur, noise and motion, drawn from a protocol.
struct ScannerSettings: Sendable {
  let geometry: Geometry
  /// The patient position, in LPS mm, of the anatomy's origin (the ostium of the left main).
  let offset: SIMD3<Double>
  let acquisition: PhantomAcquisition
  /// What kind of noise the reconstruction leaves.
  let noise: ScanNoise
  /// The in-plane path of the heart during the exposure, in mm; one point if it was still.
  let path: [SIMD2<Float>]

  init(options: PhantomOptions, anatomy: Anatomy, _ random: inout KeyedRandom) {
    let p = options.scanProtocol
    // Every draw happens whatever the options, so that a subject stays itself at any matrix.
    let drawnThickness = p.thicknesses[random.whole(0...(p.thicknesses.count - 1))]
    let drawnSlices = random.whole(p.slices)
    let kernel = p.kernels[random.whole(0...(p.kernels.count - 1))]
    let across = random.normal()
    let sharpness = random.normal()
    let grain = random.normal()
    let moves = random.unit()
    let shift = random.jitter(1)
    let heading = random.unit() * 2 * Float.pi
    let table = Double(random.uniform(-190, -120))
    let amount = Double(random.unit())

    let spread =
      across < 0
      ? p.pixelSpacing.usual - p.pixelSpacing.low
      : p.pixelSpacing.high
        - p.pixelSpacing.usual
    var spacing512 = p.pixelSpacing.usual + Double(across) / 2.5 * spread
    let habitus = anatomy.habitus
    if !p.centeredOnHeart {
      // The field of view follows the chest's width.
      let width = Double(anatomy.cage.skin(-20).half.x) * 2 + 12 + 8 * Double(across)
      spacing512 = min(max(width / 512, p.pixelSpacing.low), p.pixelSpacing.high)
    }
    let spacing = (spacing512 * 512 / Double(options.matrix) * 1e4).rounded() / 1e4
    let slices = options.slices ?? drawnSlices
    let increment =
      options.slices.map(p.slices.contains) ?? true
      ? drawnThickness
      : ((min(max(p.coverage / Double(slices), p.increments.lowerBound), p.increments.upperBound)
        * 20).rounded() / 20)
    let extent = Extent(slices: slices, rows: options.matrix, columns: options.matrix)
    let pixel = Double(spacing)
    let height = increment * Double(slices - 1)

    let middle: SIMD2<Double>
    if p.centeredOnHeart {
      // Puts the left main near (248, 261) of 512, as in COCA.
      let scale = Double(anatomy.heart.pose.scale)
      middle = [8 * scale + 4 * Double(shift.x), -3 * scale + 4 * Double(shift.y)]
    } else {
      let skin = anatomy.cage.skin(-20)
      middle = [
        Double(skin.center.x) + 5 * Double(shift.x), Double(skin.center.y) + 5 * Double(shift.y),
      ]
    }
    let bottom = -(1 - p.shareAbove) * height + 5 * Double(shift.z)
    // In the patient's coordinates the table's isocentre lies near the middle of the chest.
    offset = [
      (Double(-habitus.midline)).rounded(), Double(-30 - 0.4 * habitus.spine).rounded(),
      table.rounded(),
    ]
    let corner = Double(options.matrix - 1) / 2 * pixel
    let origin = SIMD3(middle.x - corner, middle.y - corner, bottom) + offset
    geometry = Geometry(
      extent: extent, spacing: [pixel, pixel, increment],
      origin: SIMD3(
        (origin.x * 1e4).rounded() / 1e4, (origin.y * 1e4).rounded() / 1e4,
        (origin.z * 20).rounded() / 20))

    let blur = max(min(max(kernel.width * (1 + 0.04 * Double(sharpness)), 0.9), 1.4), pixel)
    // The noise is that of the stored pixel, whatever its size.
    let noise = min(max(9.5 + 9 * Double(habitus.size) + 1.5 * Double(grain), 8), 26)
    let motion =
      Double(moves) < p.motion.chance
      ? p.motion.low + (p.motion.high - p.motion.low) * amount * amount : 0
    self.noise = ScanNoise(
      deviation: Float(noise),
      width: Float(blur) * ((p.centeredOnHeart ? 0.98 : 0.8) + 0.08 * clamped(sharpness, -2, 2)),
      ramp: 0.45, along: p.centeredOnHeart ? 0.08 : 0.05, streaks: 0.1)
    acquisition = PhantomAcquisition(
      kilovoltage: 120, kernel: kernel, thickness: increment, increment: increment, noise: noise,
      blur: blur, motion: motion)
    // The heart rests longest at the ends of its path, which is slightly bent.
    let along = SIMD2(cosf(heading), sinf(heading)) * Float(motion)
    let bend = SIMD2(-along.y, along.x) * 0.2
    path =
      motion > 0
      ? [-0.5, -0.45, -0.3, 0, 0.3, 0.45, 0.5].map { (t: Float) in along * t + bend * (0.25 - t * t)
      }
      : [.zero]
  }

  /// The grid of one slice in the anatomy.
  func frame(slice: Int) -> SliceFrame {
    let corner = geometry.origin - offset
    return SliceFrame(
      columns: geometry.extent.columns, rows: geometry.extent.rows,
      pixel: Float(geometry.spacing.x),
      origin: [Float(corner.x), Float(corner.y)],
      z: Float(corner.z + geometry.spacing.z * Double(slice)),
      thickness: Float(acquisition.thickness))
  }
}
