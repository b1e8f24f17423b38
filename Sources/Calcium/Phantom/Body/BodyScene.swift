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
  /// What became of each plaque since the first scan, in the atlas; empty for the first scan.
  let changes: [PlaqueChange]
  /// The seed of all that is another at every scan.
  let seed: UInt64
  let subject: Int

  /// A subject of a number.
  ///
  /// - Parameters:
  ///   - margin: how far beyond a piece of calcium its blur may reach, in mm.
  ///   - visit: 0 for the first scan; a later one shows what became of the calcium.
  ///   - scanSeed: the seed of position, noise and motion; that of the subject unless given.
  init(
    atlas: BodyAtlas, seed: UInt64, subject: Int, burden: BodyCalcium.Burden,
    margin: Float = 1.5, without: Set<Realism> = [], visit: Int = 0, scanSeed: UInt64? = nil
  ) {
    func stream(_ purpose: KeyedRandom.Purpose) -> KeyedRandom {
      KeyedRandom(seed: seed, subject: subject, purpose: purpose)
    }
    self.atlas = atlas
    self.without = without
    self.seed = scanSeed ?? seed
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
    let first = BodyCalcium(atlas: atlas, burden: burden, scale: scale, &deposits)
    let later = BodyFollowUp(
      of: first.plaques, visit: visit, seed: seed, subject: subject, pose: body, in: atlas)
    changes = later.changes
    calcium = BlobIndex(
      first.with(plaques: later.plaques).blobs + hardware.blobs, on: atlas.grid, margin: margin)
    noise = SmoothNoise(&lattice)
  }
}
