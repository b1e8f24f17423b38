// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Concurrency
import Volume

/// Draws one subject of a cohort whose shapes are those of an atlas of real anatomy.
///
/// The subject depends on its number and the options alone, and slices are scanned in parallel.
func bodySubject(
  id: Int, options: PhantomOptions, atlas: BodyAtlas
) async throws -> PhantomSubject {
  try options.validate(subject: id)
  let burden = BodyCalcium.Burden.cohort(ranks: options.ranks)
  return try await BodyScan(id: id, options: options, atlas: atlas, burden: burden).subject()
}

extension BodyScan {
  /// The scan of a subject of a number.
  init(id: Int, options: PhantomOptions, atlas: BodyAtlas, burden: BodyCalcium.Burden) {
    let scene = BodyScene(
      atlas: atlas, seed: options.seed, subject: id, burden: burden, without: options.without,
      visit: options.visit, scanSeed: options.scanSeed)
    var random = KeyedRandom(seed: options.scanSeed, subject: id, purpose: .acquisition)
    let scanner = BodyScanner(
      options: options, heartScale: scene.pose.localScale(atAtlas: atlas.heartCentre),
      lungs: scene.pose.lungHeights,
      trunkWidth: scene.pose.trunkWidth + 2 * scene.values.fatThickness, &random)
    self.init(scene: scene, scanner: scanner)
  }

  /// All slices with their annotation and the truth.
  func subject() async throws -> PhantomSubject {
    let geometry = scanner.geometry
    let slices = try await (0..<geometry.extent.slices).concurrentMap { slice in
      try Task.checkCancellation()
      return render(slice: slice)
    }
    var ct: [Int16] = []
    var labels: [UInt8] = []
    ct.reserveCapacity(geometry.extent.count)
    labels.reserveCapacity(geometry.extent.count)
    for slice in slices {
      ct += slice.ct
      labels += slice.labels
    }
    return PhantomSubject(
      id: scene.subject, ct: Volume(geometry: geometry, voxels: ct),
      labels: Volume(geometry: geometry, voxels: labels),
      truth: truth(ideal: slices.map(\.ideal)), acquisition: scanner.acquisition,
      distractors: Set(
        scene.calcium.blobs.compactMap { blob in
          if case .elsewhere(let name) = blob.kind { name } else { nil }
        }
      ).sorted())
  }

  /// The true calcium within the scanned height; `ideal` holds the noise-free scores by slice.
  func truth(ideal: [[Artery: Double]]) -> PhantomTruth {
    var arteries: [Artery: PhantomTruth.ArteryTruth] = [:]
    for artery in Artery.allCases {
      arteries[artery] = PhantomTruth.ArteryTruth()
      arteries[artery]?.agatston = ideal.reduce(0) { $0 + ($1[artery] ?? 0) }
    }
    let low = scanner.corner.z - Float(scanner.acquisition.thickness) / 2
    let last = Float(scanner.geometry.extent.slices - 1) * Float(scanner.geometry.spacing.z)
    let high = scanner.corner.z + last + Float(scanner.acquisition.thickness) / 2
    for blob in scene.calcium.blobs {
      guard case .coronary(let artery) = blob.kind else { continue }
      let middle = (blob.from + blob.to) / 2
      let place = scene.pose.patientPoint(ofAtlas: middle)
      guard place.z >= low, place.z <= high else { continue }
      let volume = blob.volume(scale: scene.pose.localScale(atAtlas: middle))
      arteries[artery]?.lesions += 1
      arteries[artery]?.volume += volume
      arteries[artery]?.mass +=
        volume * Double(blob.attenuation) * PhantomTruth.massPerHU / 1000
    }
    return PhantomTruth(arteries: arteries)
  }
}
