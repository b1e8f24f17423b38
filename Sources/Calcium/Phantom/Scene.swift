// SPDX-License-Identifier: Apache-2.0

/// One subject's chest with everything in it, ready to be scanned slice by slice.
struct Scene: Sendable {
  /// The seed of what is another at every scan.
  let seed: UInt64
  let subject: Int
  let anatomy: Anatomy
  let tissue: TissueValues
  let lungVessels: LungVessels
  let plaques: [Plaque]
  /// What became of the plaques since the first scan; empty at it.
  let changes: [PlaqueChange]
  let deposits: [Deposit]
  let metal: [Metal]
  let scanner: ScannerSettings

  init(id: Int, options: PhantomOptions) {
    func stream(_ purpose: KeyedRandom.Purpose, _ index: Int = 0) -> KeyedRandom {
      KeyedRandom(seed: options.seed, subject: id, purpose: purpose, index: index)
    }
    seed = options.scanSeed
    subject = id
    var disease = stream(.plaques)
    let burden = PlaqueBurden(&disease, ranks: options.ranks)
    // Calcium comes with age, in the arteries as elsewhere.
    var years = stream(.habitus, 1)
    let age = clamped(0.3 + 0.45 * (burden.rank ?? 0) + 0.2 * years.normal(), 0, 1)
    anatomy = Anatomy(seed: options.seed, subject: id, age: age)
    let first = burden.plaques(in: anatomy.coronaries, noise: anatomy.noise, &disease)
    let later = PlaqueFollowUp(
      of: first, visit: options.visit, seed: options.seed, subject: id, in: anatomy)
    (plaques, changes) = (later.plaques, later.changes)
    var tissues = stream(.texture, 1)
    tissue = TissueValues(&tissues, habitus: anatomy.habitus)
    var lungs = stream(.lungs)
    lungVessels = LungVessels(&lungs, anatomy: anatomy)
    var calcium = stream(.distractors)
    deposits = Distractors(&calcium, anatomy: anatomy, rank: burden.rank).deposits
    var devices = stream(.devices)
    metal = Metal.draw(&devices, anatomy: anatomy)
    var acquisition = KeyedRandom(seed: seed, subject: id, purpose: .acquisition)
    scanner = ScannerSettings(options: options, anatomy: anatomy, &acquisition)
  }
}
