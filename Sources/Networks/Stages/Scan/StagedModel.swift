// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Volume

/// A model of several stages: where the heart is, what may be calcium, and what it is.
///
/// The score comes from the scan's own connected bright voxels; networks only say which of them are
/// calcium of which artery, so that each lesion keeps its exact rim.
///
/// ```swift
/// let model = StagedModel(localiser: try Localiser(contentsOf: file, on: .cpu))
/// let result = try model.segmentation(of: scan)
/// let mask = result.labels  // 1 LM, 2 LAD, 3 LCX, 4 RCA
/// ```
public final class StagedModel {
  /// Stage A: where things are.
  public let localiser: Localiser
  /// Stage B: what each candidate is; without it the place alone decides.
  public let classifier: CandidateClassifier?
  /// The rules between the stages.
  public var rules: StageRules

  /// A model; without a classifier what lies on an artery in the heart's sac is calcium.
  public init(
    localiser: Localiser, classifier: CandidateClassifier? = nil, rules: StageRules = .init()
  ) {
    self.localiser = localiser
    self.classifier = classifier
    self.rules = rules
  }

  /// The names of the arteries in the order of their label values, 1 to 4.
  public static let arteries = ["LM", "LAD", "LCX", "RCA"]
  /// The localiser's classes that lie within the pericardial sac.
  public static let sacClasses = ["sac", "ventricles", "atria", "aorta", "pulmonary trunk"]

  /// The calcium of a scan by artery.
  ///
  /// - Parameters:
  ///   - scan: an axial CT in HU.
  ///   - copies: copies of the scan with noise, by each of which the candidates are looked at once more.
  ///   - asksEverywhere: whether they are looked at with the localiser's cubes at every place there is. Only
  ///     `variants` of candidates depend on it, and on the copies.
  public func segmentation(
    of scan: Volume<Int16>, copies: [Volume<Int16>] = [], asksEverywhere: Bool = false
  ) throws -> StagedSegmentation {
    let variants = try variants(of: scan)
    let maps = ScanMaps.mean(variants)
    let (seen, smoothing) = ScanGrain.calmed(scan, maps)
    var candidates = candidates(in: seen, maps)
    var views = variants.count > 1 ? variants.map { CandidateViews(seen, $0) } : []
    if asksEverywhere {
      views += try self.variants(of: scan, variants.count..<Self.mostPlaces).map {
        CandidateViews(seen, $0)
      }
    }
    for copy in copies {
      let located = try self.variants(of: copy, 0..<1)
      views.append(CandidateViews(ScanGrain.calmed(copy, maps).0, located[0]))
    }
    try classify(&candidates, CandidateViews(seen, maps), views)
    if classifier != nil { candidates += aortic(in: seen, maps, apartFrom: candidates) }
    var labels = Volume<UInt8>(geometry: scan.geometry, repeating: 0)
    let isKnown = rules.knowsCalcium(
      of: candidates, voxelVolume: scan.geometry.voxelVolume)
    for place in candidates.indices {
      guard let artery = rules.artery(of: candidates[place], besideCalcium: isKnown),
        let number = Self.arteries.firstIndex(of: artery)
      else { continue }
      candidates[place].name = artery
      mark(candidates[place], as: number, in: &labels, maps)
    }
    return StagedSegmentation(
      labels: labels, candidates: candidates, maps: maps, smoothing: smoothing)
  }

  /// What the classifier is shown of the candidates of a scan that was segmented.
  public func views(of scan: Volume<Int16>, _ found: StagedSegmentation) -> CandidateViews {
    CandidateViews(ScanGrain.calmed(scan, found.maps).0, found.maps)
  }

  /// What the localiser says about a scan: the mean over the places of its cubes.
  public func located(_ scan: Volume<Int16>) throws -> ScanMaps {
    ScanMaps.mean(try variants(of: scan))
  }

  /// Where the cubes lie in turn, in voxels along z, y and x.
  private static let shifts: [SIMD3<Double>] = [
    .zero, [0.33, 0.5, -0.33], [-0.33, -0.33, 0.5], [0.5, -0.33, -0.5], [-0.5, 0.33, 0.33],
  ]
  /// The largest number of places.
  static let mostPlaces = shifts.count

  /// What the localiser says with its cubes at each of several places, all on the grid of the first.
  ///
  /// It says a little else each time; the mean is better than each, and where they differ it is unsure.
  func variants(of scan: Volume<Int16>) throws -> [ScanMaps] {
    try variants(of: scan, 0..<min(max(1, rules.places), Self.mostPlaces))
  }

  private func variants(of scan: Volume<Int16>, _ places: Range<Int>) throws -> [ScanMaps] {
    let spacing = localiser.design.spacing
    let grid = CoarseScan(scan, spacing: spacing)
    let body = BodyBox(of: grid)
    return try Self.shifts[places].map { shift in
      let coarse = shift == .zero ? grid : CoarseScan(scan, spacing: spacing, shift: shift)
      let (hu, extent) = body.cut(coarse.hu, coarse.extent)
      let maps = body.spread(try localiser.maps(hu: hu, extent: extent), over: coarse.extent)
      return ScanMaps(coarse, maps, design: localiser.design).moved(by: shift, onto: grid)
    }
  }

  /// What is bright near the heart's arteries, with its closeness to each.
  public func candidates(in scan: Volume<Int16>, _ maps: ScanMaps) -> [StageCandidate] {
    let sac = maps.probability(of: Self.sacClasses)
    let heat = Self.arteries.compactMap { name in maps.heatMap(name).map { (name, $0) } }
    let region = rules.region(sac: sac, heat: heat.map(\.1))
    var candidates = CandidateFinder().candidates(in: scan) { x, y, z in
      maps.value(region, x: Double(x), y: Double(y), z: Double(z)) > 0.5
    }
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    for place in candidates.indices {
      var sums = Array(repeating: Float(0), count: heat.count)
      var inSac: Float = 0
      for i in candidates[place].voxels {
        let (x, y, z) = (Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
        for (number, map) in heat.enumerated() {
          sums[number] += maps.value(map.1, x: x, y: y, z: z)
        }
        inSac += maps.value(sac, x: x, y: y, z: z)
      }
      let count = Float(candidates[place].voxels.count)
      candidates[place].sac = inSac / count
      for (number, map) in heat.enumerated() {
        candidates[place].heat[map.0] = sums[number] / count
      }
    }
    return candidates
  }

  /// What is bright in the wall of the aorta and not near an artery: in the ascending aorta, the arch
  /// and the descending aorta, as far as the scan shows them.
  ///
  /// The place alone decides, so it takes more to be calcium here: no faint spot, nothing by a bone.
  func aortic(
    in scan: Volume<Int16>, _ maps: ScanMaps, apartFrom others: [StageCandidate]
  ) -> [StageCandidate] {
    let aorta = maps.probability(of: [Self.aortaClass])
    let bone = maps.probability(of: ["bone"])
    var taken = Set<Int>()
    for candidate in others { taken.formUnion(candidate.voxels) }
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    func value(_ map: [Float], _ i: Int) -> Float {
      maps.value(
        map, x: Double(i % nx), y: Double(i / nx % ny), z: Double(i / (nx * ny)))
    }
    let found = CandidateFinder().candidates(in: scan) { x, y, z in
      let (x, y, z) = (Double(x), Double(y), Double(z))
      return maps.value(aorta, x: x, y: y, z: z) > rules.aorta
        && maps.value(bone, x: x, y: y, z: z) < rules.aorta
    }
    return found.compactMap { candidate in
      guard candidate.peak >= rules.aortaPeak, !candidate.voxels.contains(where: taken.contains)
      else { return nil }
      let count = Float(candidate.voxels.count)
      let inside = candidate.voxels.reduce(0) { $0 + value(aorta, $1) } / count
      let inBone = candidate.voxels.reduce(0) { $0 + value(bone, $1) } / count
      guard inside > rules.aorta, inBone < rules.aorta else { return nil }
      var aortic = candidate
      aortic.probabilities = [Self.aortaClass: inside]
      return aortic
    }
  }

  /// The name of the aorta among the localiser's classes and among those of candidates.
  private static let aortaClass = "aorta"

  /// Labels the voxels of a candidate of an artery; in slices where a long one lies nearer to another
  /// artery that it may belong to, it is labelled as that one's.
  private func mark(
    _ candidate: StageCandidate, as number: Int, in labels: inout Volume<UInt8>, _ maps: ScanMaps
  ) {
    let plane = labels.extent.rows * labels.extent.columns
    let columns = labels.extent.columns
    let heat = Self.arteries.map { maps.heatMap($0) }
    let chances = Self.arteries.map { candidate.probabilities[$0] ?? 0 }
    var start = 0
    while start < candidate.voxels.count {
      let z = candidate.voxels[start] / plane
      var end = start
      while end < candidate.voxels.count, candidate.voxels[end] / plane == z { end += 1 }
      var best = (number: number, value: Float(0))
      for k in heat.indices where k == number || chances[k] > 0.1 {
        guard let map = heat[k] else { continue }
        let sum = candidate.voxels[start..<end].reduce(Float(0)) { sum, i in
          sum
            + maps.value(
              map, x: Double(i % columns), y: Double(i % plane / columns), z: Double(z))
        }
        let value = sum * (chances[k] + 0.05)
        if value > best.value { best = (k, value) }
      }
      for i in candidate.voxels[start..<end] { labels.voxels[i] = UInt8(best.number + 1) }
      start = end
    }
  }

  /// Asks the classifier, where there is one: by the views with the mean of the localiser's maps, and by
  /// each of some others.
  private func classify(
    _ candidates: inout [StageCandidate], _ views: CandidateViews, _ others: [CandidateViews]
  ) throws {
    guard let classifier, !candidates.isEmpty else { return }
    let found = try probabilities(of: candidates, views, classifier)
    for (place, values) in found.enumerated() { candidates[place].probabilities = values }
    guard !others.isEmpty else { return }
    // What is never calcium needs no second look.
    let open = candidates.indices.filter { rules.chance(of: candidates[$0]) > Self.leastOpen }
    for views in others {
      let found = try probabilities(of: open.map { candidates[$0] }, views, classifier)
      for (place, values) in zip(open, found) { candidates[place].variants.append(values) }
    }
  }

  /// The probability from which a candidate is looked at with each of the localiser's maps.
  private static let leastOpen: Float = 0.01

  /// The probability of each class for each candidate.
  private func probabilities(
    of candidates: [StageCandidate], _ views: CandidateViews, _ classifier: CandidateClassifier
  ) throws -> [[String: Float]] {
    var result: [[String: Float]] = []
    // A batch at a time, so that memory does not grow with the number of candidates.
    for start in stride(from: 0, to: candidates.count, by: 64) {
      let batch = candidates[start..<min(start + 64, candidates.count)]
      result += try classifier.probabilities(batch.map { views.sample($0) }).map {
        Dictionary(uniqueKeysWithValues: zip(classifier.design.classes, $0))
      }
    }
    return result
  }
}

/// What a model of several stages found in a scan.
public struct StagedSegmentation: Sendable {
  /// The artery of each voxel: 1 LM, 2 LAD, 3 LCX, 4 RCA, 0 none.
  public let labels: Volume<UInt8>
  /// Everything that was bright near the heart, with what it was taken for.
  public let candidates: [StageCandidate]
  /// What the localiser said.
  public let maps: ScanMaps
  /// The standard deviation in mm of the Gaussian behind which candidates were sought; 0 for none.
  public let smoothing: Double
}
