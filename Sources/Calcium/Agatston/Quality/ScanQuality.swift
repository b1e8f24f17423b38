// SPDX-License-Identifier: Apache-2.0
public import Volume

/// The quality control of a result: facts about the scan that a score was made from.
public struct ScanQuality: Hashable, Codable, Sendable {
  /// A series of the study, and why it was chosen or not.
  public struct Series: Hashable, Codable, Sendable {
    /// The SeriesInstanceUID, or what the series is asked for by.
    public var uid: String
    /// Whether it is the one that was scored.
    public var kept: Bool
    /// Number of slices, size and spacing, or what else it holds.
    public var content: String
    /// Why, as a sentence.
    public var reason: String

    /// A series with the decision about it.
    public init(uid: String, kept: Bool, content: String, reason: String) {
      self.uid = uid
      self.kept = kept
      self.content = content
      self.reason = reason
    }
  }

  /// A file of the study that was not used.
  public struct Unused: Hashable, Codable, Sendable {
    /// Its path below the study's folder.
    public var file: String
    /// Why; reads after the path.
    public var reason: String

    /// A file with the reason.
    public init(file: String, reason: String) {
      self.file = file
      self.reason = reason
    }
  }

  /// The tube voltage in kV.
  public var kilovoltage: Double?
  /// The nominal slice thickness in mm.
  public var thickness: Double?
  /// The distance between slices in mm.
  public var increment: Double?
  /// The reconstruction kernel.
  public var kernel: String?
  /// The width and height of the images in mm.
  public var fieldOfView: [Double]?
  /// The diameter of the reconstructed field of view in mm that the header claims.
  public var reconstructionDiameter: Double?
  /// The number of slice positions without a slice; `nil` where the format cannot tell.
  public var missingSlices: Int?
  /// The number of slice positions with more than one slice; `nil` where the format cannot tell.
  public var duplicateSlices: Int?
  /// Whether the header names a contrast agent; `nil` where the format cannot tell.
  public var contrastAgent: Bool?
  /// Whether the header or the blood's attenuation speaks for contrast; `nil` where neither can.
  public var contrastSuspected: Bool?
  /// The median HU of homogeneous tissue in the heart's region.
  public var blood: Double?
  /// The robust standard deviation of HU there.
  public var noise: Double?
  /// The number of voxels at the top of the range, where metal saturates.
  public var metalVoxels: Int?
  /// The number of bright components in the whole scan.
  public var candidates: Int?
  /// The number of bright components in soft tissue that noise alone explains.
  public var noiseCandidates: Double?
  /// The series of the study; empty where there was no choice.
  public var series: [Series]
  /// The files of the study that were not used: copies, other images, files of other kinds.
  public var unused: [Unused]
  /// What a reader of the score should know, as sentences.
  public var warnings: [ScanWarning]

  /// What is known of a scan; unknown facts are `nil`.
  public init(
    kilovoltage: Double? = nil, thickness: Double? = nil, increment: Double? = nil,
    kernel: String? = nil, reconstructionDiameter: Double? = nil, missingSlices: Int? = nil,
    duplicateSlices: Int? = nil, contrastAgent: Bool? = nil, series: [Series] = [],
    unused: [Unused] = [], warnings: [ScanWarning] = []
  ) {
    self.kilovoltage = kilovoltage
    self.thickness = thickness
    self.increment = increment
    self.kernel = kernel
    self.reconstructionDiameter = reconstructionDiameter
    self.missingSlices = missingSlices
    self.duplicateSlices = duplicateSlices
    self.contrastAgent = contrastAgent
    contrastSuspected = contrastAgent
    self.series = series
    self.unused = unused
    self.warnings = warnings
    if contrastAgent == true {
      self.warnings.append("contrast suspected: the header names a contrast agent")
    }
  }

  /// Adds what the voxels tell.
  public mutating func add(_ findings: ScanFindings, geometry: Geometry) {
    let extent = geometry.extent
    increment = geometry.spacing.z
    fieldOfView = [
      Double(extent.columns) * geometry.spacing.x, Double(extent.rows) * geometry.spacing.y,
    ]
    blood = findings.tissue?.median
    noise = findings.tissue?.noise
    metalVoxels = findings.metalVoxels
    candidates = findings.candidates
    noiseCandidates = findings.noiseCandidates
    if let tissue = findings.tissue {
      contrastSuspected = tissue.isEnhanced || contrastAgent == true
    }
    warnings += findings.warnings
  }

  /// Replaces the blood's attenuation that the voxels alone tell by that of the heart's chambers, where
  /// they are known, and what was suspected because of it.
  public mutating func replaceBlood(with hu: Double, isEnhanced: Bool) {
    blood = hu
    contrastSuspected = isEnhanced || contrastAgent == true
    warnings.removeAll { $0.summary == ScanFindings.contrastSummary }
  }

  private enum CodingKeys: String, CodingKey {
    case kilovoltage = "kv"
    case thickness = "thickness_mm"
    case increment = "increment_mm"
    case kernel
    case fieldOfView = "field_of_view_mm"
    case reconstructionDiameter = "reconstruction_diameter_mm"
    case missingSlices = "missing_slices"
    case duplicateSlices = "duplicate_slices"
    case contrastAgent = "contrast_agent"
    case contrastSuspected = "contrast_suspected"
    case blood = "blood_hu"
    case noise = "noise_hu"
    case metalVoxels = "metal_voxels"
    case candidates
    case noiseCandidates = "noise_candidates"
    case series, warnings
    case unused = "not_used"
  }

  /// Writes every key; unknown facts are null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kilovoltage, forKey: .kilovoltage)
    try container.encode(thickness, forKey: .thickness)
    try container.encode(increment, forKey: .increment)
    try container.encode(kernel, forKey: .kernel)
    try container.encode(fieldOfView, forKey: .fieldOfView)
    try container.encode(reconstructionDiameter, forKey: .reconstructionDiameter)
    try container.encode(missingSlices, forKey: .missingSlices)
    try container.encode(duplicateSlices, forKey: .duplicateSlices)
    try container.encode(contrastAgent, forKey: .contrastAgent)
    try container.encode(contrastSuspected, forKey: .contrastSuspected)
    try container.encode(blood, forKey: .blood)
    try container.encode(noise, forKey: .noise)
    try container.encode(metalVoxels, forKey: .metalVoxels)
    try container.encode(candidates, forKey: .candidates)
    try container.encode(noiseCandidates, forKey: .noiseCandidates)
    try container.encode(series, forKey: .series)
    try container.encode(unused, forKey: .unused)
    try container.encode(warnings, forKey: .warnings)
  }
}

extension KeyedDecodingContainer {
  /// The unused files of a scan; results of earlier versions have no such key.
  func decode(
    _: [ScanQuality.Unused].Type, forKey key: Key
  ) throws -> [ScanQuality.Unused] {
    try decodeIfPresent([ScanQuality.Unused].self, forKey: key) ?? []
  }
}
