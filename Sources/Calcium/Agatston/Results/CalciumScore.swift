// SPDX-License-Identifier: Apache-2.0

/// The part of a score that lies in one artery.
public struct ArteryScore: Hashable, Codable, Sendable {
  /// Agatston points.
  public let agatston: Double
  /// Volume in mm³, by the method of the whole score.
  public let volume: Double
  /// Mass in mg; `nil` without a calibration factor.
  public let mass: Double?
  /// The scored area in mm², summed over the slices.
  public let area: Double
  /// The mean density weight by area, 1 to 4; `nil` where nothing weighs.
  public let density: Double?
  /// The number of lesions that have most of their voxels in this artery.
  public let lesions: Int

  private enum CodingKeys: String, CodingKey {
    case agatston
    case volume = "volume_mm3"
    case mass = "mass_mg"
    case area = "area_mm2"
    case density, lesions
  }

  /// Writes every key; what is absent is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(agatston, forKey: .agatston)
    try container.encode(volume, forKey: .volume)
    try container.encode(mass, forKey: .mass)
    try container.encode(area, forKey: .area)
    try container.encode(density, forKey: .density)
    try container.encode(lesions, forKey: .lesions)
  }
}

/// The calcium score of one study under one convention, with its parts and categories.
public struct CalciumScore: Hashable, Sendable {
  /// The convention and its thresholds.
  public let convention: AppliedConvention
  /// The Agatston score.
  public let agatston: Double
  /// The calcium volume in mm³.
  public let volume: Double
  /// How the volume was counted, for example "voxel".
  public let volumeMethod: String
  /// The calcium mass in mg; `nil` without a calibration factor.
  public let mass: Double?
  /// The scored area in mm², summed over the slices.
  public let area: Double
  /// The mean density weight by area, 1 to 4 (Criqui 2014, doi:10.1001/jama.2013.282535).
  ///
  /// It is Σ area × weight ÷ Σ area, that is the Agatston score of a 3 mm increment over its area.
  /// `nil` where nothing weighs.
  public let density: Double?
  /// The parts of the arteries, which add up to the total; `nil` for a mask without arteries.
  public internal(set) var arteries: [Artery: ArteryScore]?
  /// The lesions in array order of their first voxels.
  public internal(set) var lesions: [Lesion]
  /// The categories.
  public internal(set) var category: RiskCategories
  /// What a reader of the score should know, as sentences.
  public let warnings: [ScanWarning]

  /// The mass in mg by integrated intensity, summed over the lesions; `nil` where one has none.
  public var integratedMass: Double? { sum(\.integratedMass) }

  /// The volume in mm³ by integrated intensity, summed over the lesions; `nil` where one has none.
  public var integratedVolume: Double? { sum(\.integratedVolume) }

  private func sum(_ part: KeyPath<Lesion, Double?>) -> Double? {
    let parts = lesions.compactMap { $0[keyPath: part] }
    return parts.count == lesions.count && !parts.isEmpty ? parts.reduce(0, +) : nil
  }

  /// The same score without arteries, for a mask whose label 1 turned out to mean calcium of any
  /// artery.
  ///
  /// Labels never change what is scored, only what the parts are called.
  public var withoutArteries: CalciumScore {
    var copy = self
    copy.arteries = nil
    for i in copy.lesions.indices { copy.lesions[i].artery = nil }
    copy.category = RiskCategories(agatston: agatston, calcifiedArteries: nil) ?? category
    return copy
  }

  /// The number of arteries with a score above 0, 0 to 4; `nil` for a mask without arteries.
  public var calcifiedArteries: Int? { arteries?.values.count { $0.agatston > 0 } }

  /// Whether the left main is calcified; `nil` for a mask without arteries.
  public var hasLeftMain: Bool? { arteries.map { ($0[.leftMain]?.agatston ?? 0) > 0 } }

  /// The share, 0 to 1, of the most calcified artery; `nil` without arteries or without score.
  public var largestArteryShare: Double? {
    guard let most = arteries?.values.map(\.agatston).max(), agatston > 0 else { return nil }
    return most / agatston
  }
}
