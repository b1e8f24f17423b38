// SPDX-License-Identifier: Apache-2.0
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
  /// Stage A.
  public let localiser: Localiser
  /// The rules between the stages.
  public var rules: StageRules

  /// A model of a localiser alone: what lies on an artery in the heart's sac is calcium.
  public init(localiser: Localiser, rules: StageRules = .init()) {
    self.localiser = localiser
    self.rules = rules
  }

  /// The names of the arteries in the order of their label values, 1 to 4.
  public static let arteries = ["LM", "LAD", "LCX", "RCA"]
  /// The localiser's classes that lie within the pericardial sac.
  public static let sacClasses = ["sac", "ventricles", "atria", "aorta", "pulmonary trunk"]

  /// The calcium of a scan by artery.
  ///
  /// - Parameter scan: a CT whose axes run to the patient's left, to the back and to the head.
  public func segmentation(of scan: Volume<Int16>) throws -> StagedSegmentation {
    let coarse = CoarseScan(scan, spacing: localiser.design.spacing)
    let maps = ScanMaps(
      coarse, try localiser.maps(hu: coarse.hu, extent: coarse.extent), design: localiser.design)
    let sac = maps.probability(of: Self.sacClasses)
    let heat = Self.arteries.compactMap { name in maps.heatMap(name).map { (name, $0) } }
    let region = rules.region(maps, sac: sac, heat: heat.map(\.1))
    let finder = CandidateFinder()
    var candidates = finder.candidates(in: scan) { x, y, z in
      maps.value(region, x: Double(x), y: Double(y), z: Double(z)) > 0.5
    }
    var labels = Volume<UInt8>(geometry: scan.geometry, repeating: 0)
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
      guard let artery = rules.artery(of: candidates[place]),
        let number = Self.arteries.firstIndex(of: artery)
      else { continue }
      candidates[place].name = artery
      for i in candidates[place].voxels { labels.voxels[i] = UInt8(number + 1) }
    }
    return StagedSegmentation(labels: labels, candidates: candidates, maps: maps)
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
}

/// The rules between the stages.
public struct StageRules: Codable, Hashable, Sendable {
  /// The least closeness to an artery for a candidate to be its calcium.
  public var heat: Float = 0.3
  /// The least probability of lying in the sac.
  public var sac: Float = 0.5
  /// How near a candidate must come to an artery to be looked at at all.
  public var leastHeat: Float = 0.08

  /// The usual rules.
  public init() {}

  /// 1 for each coarse voxel where candidates may begin.
  func region(_ maps: ScanMaps, sac: [Float], heat: [[Float]]) -> [Float] {
    sac.indices.map { i in
      let near = heat.contains { $0[i] > leastHeat }
      return sac[i] > 0.2 && near ? 1 : 0
    }
  }

  /// The artery of a candidate, by its place alone.
  public func artery(of candidate: StageCandidate) -> String? {
    guard candidate.sac > sac, let nearest = candidate.nearestArtery, nearest.heat > heat else {
      return nil
    }
    return nearest.name
  }
}
