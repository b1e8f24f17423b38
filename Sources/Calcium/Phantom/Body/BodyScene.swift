// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas

/// One subject made of an atlas: the same body in another shape, with tissues and calcium of its own.
struct BodyScene: Sendable {
  let atlas: BodyAtlas
  let pose: BodyPose
  let values: BodyTissueValues
  /// Calcium and metal.
  let calcium: BlobIndex
  /// Where metal throws streaks.
  let streaks: [BodyHardware.StreakSource]
  let noise: SmoothNoise
  /// What the subject does without.
  let without: Set<Realism>
  let seed: UInt64
  let subject: Int

  /// A subject of a number.
  ///
  /// - Parameter margin: how far beyond a piece of calcium its blur may reach, in mm.
  init(
    atlas: BodyAtlas, seed: UInt64, subject: Int, burden: BodyCalcium.Burden,
    margin: Float = 1.5, without: Set<Realism> = []
  ) {
    func stream(_ purpose: KeyedRandom.Purpose) -> KeyedRandom {
      KeyedRandom(seed: seed, subject: subject, purpose: purpose)
    }
    self.atlas = atlas
    self.without = without
    self.seed = seed
    self.subject = subject
    var (pose, warp, tissue) = (stream(.pose), stream(.warp), stream(.texture))
    var (deposits, lattice) = (stream(.calcium), stream(.noise))
    let body = BodyPose(
      atlas: atlas, isPlain: without.contains(.pose), &pose, warp: &warp)
    self.pose = body
    values = BodyTissueValues(without: without, &tissue)
    let scale = body.localScale(atAtlas: atlas.heartCentre)
    var metal = stream(.hardware)
    let burden = burden.without(without)
    let hardware = BodyHardware(
      atlas: atlas, burden: burden.hardware, scale: scale, fat: values.fatThickness, &metal)
    streaks = hardware.sources
    calcium = BlobIndex(
      BodyCalcium(atlas: atlas, burden: burden, scale: scale, &deposits).blobs + hardware.blobs,
      on: atlas.grid, margin: margin)
    noise = SmoothNoise(&lattice)
  }
}
