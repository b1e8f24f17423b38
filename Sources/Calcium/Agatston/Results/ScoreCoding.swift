// SPDX-License-Identifier: Apache-2.0

// The JSON of a score. Keys are fixed by the file format; absent facts are null, not missing.

extension StudyScore: Codable {
  private enum CodingKeys: String, CodingKey {
    case study, quality
    case seriesUID = "series_uid"
  }

  /// Writes the study's facts and the keys of the score side by side.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(study, forKey: .study)
    try container.encode(seriesUID, forKey: .seriesUID)
    try container.encode(quality, forKey: .quality)
    try score.encode(to: encoder)
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    study = try container.decode(String.self, forKey: .study)
    seriesUID = try container.decodeIfPresent(String.self, forKey: .seriesUID)
    quality = try container.decode(ScanQuality.self, forKey: .quality)
    score = try CalciumScore(from: decoder)
  }
}

extension CalciumScore: Codable {
  private enum CodingKeys: String, CodingKey {
    case convention, agatston, density, arteries, lesions, category
    case volume = "volume_mm3"
    case volumeMethod = "volume_method"
    case mass = "mass_mg"
    case area = "area_mm2"
    case integratedMass = "integrated_mass_mg"
    case integratedVolume = "integrated_volume_mm3"
    case lesionCount = "lesion_count"
    case calcifiedArteries = "calcified_arteries"
    case leftMain = "left_main"
    case share = "largest_artery_share"
  }

  /// Writes the score with its derived counts; warnings travel with the scan's quality.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(convention, forKey: .convention)
    try container.encode(agatston, forKey: .agatston)
    try container.encode(volume, forKey: .volume)
    try container.encode(volumeMethod, forKey: .volumeMethod)
    try container.encode(mass, forKey: .mass)
    try container.encode(area, forKey: .area)
    try container.encode(integratedMass, forKey: .integratedMass)
    try container.encode(integratedVolume, forKey: .integratedVolume)
    try container.encode(density, forKey: .density)
    let named = arteries.map { parts in
      Dictionary(uniqueKeysWithValues: parts.map { ($0.key.abbreviation, $0.value) })
    }
    try container.encode(named, forKey: .arteries)
    try container.encode(lesions, forKey: .lesions)
    try container.encode(category, forKey: .category)
    try container.encode(lesions.count, forKey: .lesionCount)
    try container.encode(calcifiedArteries, forKey: .calcifiedArteries)
    try container.encode(hasLeftMain, forKey: .leftMain)
    try container.encode(largestArteryShare, forKey: .share)
  }

  /// Reads what `encode(to:)` writes; derived values are derived again.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    convention = try container.decode(AppliedConvention.self, forKey: .convention)
    agatston = try container.decode(Double.self, forKey: .agatston)
    volume = try container.decode(Double.self, forKey: .volume)
    volumeMethod = try container.decode(String.self, forKey: .volumeMethod)
    mass = try container.decodeIfPresent(Double.self, forKey: .mass)
    area = try container.decode(Double.self, forKey: .area)
    density = try container.decodeIfPresent(Double.self, forKey: .density)
    lesions = try container.decode([Lesion].self, forKey: .lesions)
    warnings = []
    arteries = try container.decodeIfPresent([String: ArteryScore].self, forKey: .arteries).map {
      named in
      var parts: [Artery: ArteryScore] = [:]
      for (name, part) in named {
        parts[try artery(name, key: CodingKeys.arteries, in: container)] = part
      }
      return parts
    }
    let calcified = arteries?.values.count { $0.agatston > 0 }
    guard let category = RiskCategories(agatston: agatston, calcifiedArteries: calcified) else {
      throw DecodingError.dataCorruptedError(
        forKey: .agatston, in: container, debugDescription: "\(agatston) is no score")
    }
    self.category = category
  }
}

extension Lesion: Codable {
  private enum CodingKeys: String, CodingKey {
    case artery, agatston, slices
    case volume = "volume_mm3"
    case mass = "mass_mg"
    case area = "area_mm2"
    case sliceAreas = "slice_areas_mm2"
    case peak = "peak_hu"
    case mean = "mean_hu"
    case centroid = "centroid_mm"
    case diameter = "diameter_mm"
    case density
    case background = "background_hu"
    case integratedMass = "integrated_mass_mg"
    case integratedVolume = "integrated_volume_mm3"
  }

  /// Writes every key; the centroid as [x, y, z].
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(self.artery?.abbreviation, forKey: .artery)
    try container.encode(agatston, forKey: .agatston)
    try container.encode(volume, forKey: .volume)
    try container.encode(mass, forKey: .mass)
    try container.encode(area, forKey: .area)
    try container.encode(slices, forKey: .slices)
    try container.encode(sliceAreas, forKey: .sliceAreas)
    try container.encode(peak, forKey: .peak)
    try container.encode(mean, forKey: .mean)
    try container.encode([centroid.x, centroid.y, centroid.z], forKey: .centroid)
    try container.encode(diameter, forKey: .diameter)
    try container.encode(density, forKey: .density)
    try container.encode(background, forKey: .background)
    try container.encode(integratedMass, forKey: .integratedMass)
    try container.encode(integratedVolume, forKey: .integratedVolume)
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decodeIfPresent(String.self, forKey: .artery)
    self.artery = try name.map {
      try Agatston.artery($0, key: CodingKeys.artery, in: container)
    }
    agatston = try container.decode(Double.self, forKey: .agatston)
    volume = try container.decode(Double.self, forKey: .volume)
    mass = try container.decodeIfPresent(Double.self, forKey: .mass)
    area = try container.decode(Double.self, forKey: .area)
    slices = try container.decode([Int].self, forKey: .slices)
    sliceAreas = try container.decode([Double].self, forKey: .sliceAreas)
    peak = try container.decode(Int.self, forKey: .peak)
    mean = try container.decode(Double.self, forKey: .mean)
    let position = try container.decode([Double].self, forKey: .centroid)
    guard position.count == 3 else {
      throw DecodingError.dataCorruptedError(
        forKey: .centroid, in: container, debugDescription: "a position has three numbers")
    }
    centroid = SIMD3(position[0], position[1], position[2])
    diameter = try container.decode(Double.self, forKey: .diameter)
    density = try container.decodeIfPresent(Double.self, forKey: .density)
    background = try container.decodeIfPresent(Double.self, forKey: .background)
    integratedMass = try container.decodeIfPresent(Double.self, forKey: .integratedMass)
    integratedVolume = try container.decodeIfPresent(Double.self, forKey: .integratedVolume)
  }
}

/// The artery of an abbreviation, or the error that the key holds none.
private func artery<Key: CodingKey>(
  _ name: String, key: Key, in container: KeyedDecodingContainer<Key>
) throws -> Artery {
  guard let artery = Artery.allCases.first(where: { $0.abbreviation == name }) else {
    throw DecodingError.dataCorruptedError(
      forKey: key, in: container, debugDescription: "\(name) is no artery")
  }
  return artery
}
