// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Atlas
import Concurrency
import Volume

/// Draws one subject of the synthetic cohort.
///
/// ```swift
/// let subject = try await phantomSubject(id: 3, options: PhantomOptions(seed: 1, matrix: 128))
/// let score = try Agatston.score(
///   ct: subject.ct, mask: subject.labels, options: ScoringOptions(labels: .arteries))
/// print(score.agatston, subject.truth.total.agatston)
/// ```
///
/// The subject depends on its number and the options alone: the same seed gives the same bytes,
/// whatever the order of subjects and the number of threads. Slices are scanned in parallel.
///
/// - Parameter atlas: real anatomy that gives the subjects their shapes; without it shapes are made of
///   ellipsoids and tubes.
/// Throws a `PhantomError` for a matrix, slice count or number that cannot be drawn, and
/// `CancellationError` if the task is cancelled.
public func phantomSubject(
  id: Int, options: PhantomOptions, atlas: BodyAtlas? = nil
) async throws -> PhantomSubject {
  if let atlas { return try await bodySubject(id: id, options: options, atlas: atlas) }
  return try await phantomSubject(id: id, options: options, width: Machine.processorCount)
}

/// Draws one subject with at most `width` slices at a time.
func phantomSubject(id: Int, options: PhantomOptions, width: Int) async throws -> PhantomSubject {
  try options.validate(subject: id)
  let scene = Scene(id: id, options: options)
  let geometry = scene.scanner.geometry
  let slices = try await (0..<geometry.extent.slices).concurrentMap(width: width) { slice in
    try Task.checkCancellation()
    return scene.render(slice: slice)
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
    id: id, ct: Volume(geometry: geometry, voxels: ct),
    labels: Volume(geometry: geometry, voxels: labels),
    truth: scene.truth(ideal: slices.map(\.ideal)), acquisition: scene.scanner.acquisition,
    distractors: Set(scene.deposits.map(\.kind.rawValue) + scene.metal.map(\.kind.rawValue))
      .sorted())
}

extension Scene {
  /// The true calcium within the scanned height; `ideal` holds the noise-free scores by slice.
  func truth(ideal: [[Artery: Double]]) -> PhantomTruth {
    var arteries: [Artery: PhantomTruth.ArteryTruth] = [:]
    for artery in Artery.allCases {
      var truth = PhantomTruth.ArteryTruth()
      for scores in ideal { truth.agatston += scores[artery] ?? 0 }
      arteries[artery] = truth
    }
    let half = Float(scanner.acquisition.thickness / 2)
    let low = scanner.frame(slice: 0).z - half
    let high = scanner.frame(slice: scanner.geometry.extent.slices - 1).z + half
    for plaque in plaques {
      let box = plaque.shape.bounds
      let middle = (box.low.z + box.high.z) / 2
      guard middle >= low, middle <= high else { continue }
      let volume = plaque.shape.volume
      arteries[plaque.artery, default: .init()].lesions += 1
      arteries[plaque.artery, default: .init()].volume += volume
      arteries[plaque.artery, default: .init()].mass +=
        volume * Double(plaque.attenuation) * PhantomTruth.massPerHU / 1000
    }
    return PhantomTruth(arteries: arteries)
  }
}

/// Whether a subject has plaques and whether it has metal; no slice is drawn to tell.
public func phantomContent(
  id: Int, options: PhantomOptions, atlas: BodyAtlas? = nil
) throws(PhantomError) -> (hasPlaques: Bool, hasMetal: Bool) {
  try options.validate(subject: id)
  if let atlas {
    let scene = BodyScene(
      atlas: atlas, seed: options.seed, subject: id, burden: .cohort(ranks: options.ranks))
    let hasPlaques = scene.calcium.blobs.contains {
      if case .coronary = $0.kind { true } else { false }
    }
    return (hasPlaques, !scene.streaks.isEmpty)
  }
  let scene = Scene(id: id, options: options)
  return (!scene.plaques.isEmpty, !scene.metal.isEmpty)
}
