// SPDX-License-Identifier: Apache-2.0

/// Which neighbours are connected: 4 and 8 within a slice, 6 and 26 across slices.
public enum Connectivity: Int, Codable, CaseIterable, Sendable {
  /// Pixels of a slice that share an edge.
  case four = 4
  /// Pixels of a slice that share an edge or a corner.
  case eight = 8
  /// Voxels that share a face.
  case six = 6
  /// Voxels that share a face, an edge or a corner.
  case twentySix = 26

  /// Whether components end at their slice.
  public var isPlanar: Bool { self == .four || self == .eight }

  /// How far, in columns, diagonal neighbours reach.
  var reach: Int32 { self == .four || self == .six ? 0 : 1 }
}

/// Which voxels of the mask count as calcium.
public enum ThresholdRule: String, Codable, Sendable {
  /// Every voxel of the mask, whatever its attenuation.
  case none
  /// Voxels at or above the bound of weight 1 (130 HU at 120 kV).
  case atLeast = ">="
  /// Voxels above that bound.
  case above = ">"
}

/// Whose peak attenuation sets the density weight.
public enum PeakRule: String, Codable, Sendable {
  /// The peak within the slice: each slice of a component has its own weight.
  case slice
  /// The peak of the whole component over its slices.
  case component
}

/// How weighted area becomes points.
public enum SliceFactor: String, Codable, Sendable {
  /// Area × weight × slice increment / 3 mm.
  case increment = "increment/3"
  /// Area × weight, as if the increment were 3 mm.
  case none = "1"
  /// Area × weight × slice thickness / 3 mm, rounded to an integer (half to even) per component.
  case roundedThickness = "round(thickness/3) per component"
  /// Weighted pixels × (pixel area × increment / 3 rounded to three decimals).
  case roundedPixel = "round(pixel*increment/3, 3)"
}

/// The rules by which calcium becomes a score, under a name.
///
/// Tools differ in them, which is why the same mask gives different numbers. The named conventions
/// are those of Agatston 1990 as scanners' software applies it, and of five published tools.
///
/// ```swift
/// let scores = try Convention.all.map {
///   try Agatston.score(ct: ct, mask: mask, convention: $0, options: options).agatston
/// }
/// var strict = Convention.agatston
/// strict.minimumArea = 2
/// ```
public struct Convention: Hashable, Sendable {
  /// The name that results and options use.
  public var name: String
  /// Which voxels of the mask count.
  public var threshold: ThresholdRule
  /// Which neighbours belong to one component.
  public var connectivity: Connectivity
  /// The smallest area of a component in mm², for planar connectivities.
  public var minimumArea: Double?
  /// The smallest number of voxels of a component.
  public var minimumVoxels: Int?
  /// The smallest volume of a component in mm³.
  public var minimumVolume: Double?
  /// Whose peak sets the weight.
  public var peak: PeakRule
  /// How weighted area becomes points.
  public var factor: SliceFactor
  /// Whether left main calcium is counted as that of the LAD.
  public var leftMainCountsAsLAD: Bool

  /// A convention; minima that are `nil` do not apply.
  public init(
    name: String, threshold: ThresholdRule, connectivity: Connectivity, minimumArea: Double? = nil,
    minimumVoxels: Int? = nil, minimumVolume: Double? = nil, peak: PeakRule = .slice,
    factor: SliceFactor = .increment, leftMainCountsAsLAD: Bool = false
  ) {
    self.name = name
    self.threshold = threshold
    self.connectivity = connectivity
    self.minimumArea = minimumArea
    self.minimumVoxels = minimumVoxels
    self.minimumVolume = minimumVolume
    self.peak = peak
    self.factor = factor
    self.leftMainCountsAsLAD = leftMainCountsAsLAD
  }

  /// Agatston 1990 with slice increments other than 3 mm taken into account: the default.
  public static let agatston = Convention(
    name: "agatston", threshold: .atLeast, connectivity: .eight, minimumArea: 1)

  /// The script of the Erasmus study: the mask as it is, edge neighbours, no increment.
  public static let erasmus = Convention(
    name: "seed", threshold: .none, connectivity: .four, factor: .none)

  /// AI-CAC (Hagopian 2025): one weight a 3D component, integers per component.
  public static let aiCAC = Convention(
    name: "ai-cac", threshold: .none, connectivity: .six, minimumVoxels: 2, peak: .component,
    factor: .roundedThickness)

  /// DeepCAC (Zeleznik 2021, doi:10.1038/s41467-021-20966-2): more than three pixels a slice.
  public static let deepCAC = Convention(
    name: "deepcac", threshold: .none, connectivity: .eight, minimumVoxels: 4,
    factor: .roundedPixel)

  /// Van Velzen 2020 (doi:10.1148/radiol.2020191621): 3D lesions of at least 1.5 mm³.
  public static let vanVelzen = Convention(
    name: "van-velzen", threshold: .atLeast, connectivity: .twentySix, minimumVolume: 1.5)

  /// The orCaScore challenge (Wolterink 2016, doi:10.1118/1.4945696): above 130 HU, LM with LAD.
  public static let orCaScore = Convention(
    name: "orcascore", threshold: .above, connectivity: .six, leftMainCountsAsLAD: true)

  /// The named conventions, the default first.
  public static let all = [agatston, erasmus, aiCAC, deepCAC, vanVelzen, orCaScore]

  /// The word for it on the command line and in tables for people.
  ///
  /// It is the name but for the Erasmus study's convention, which files call "seed".
  public var title: String { name == Convention.erasmus.name ? "erasmus" : name }

  /// The convention of a name or title; an unknown one is an `.option` error that lists the titles.
  public static func named(_ name: String) throws(AgatstonError) -> Convention {
    if let known = all.first(where: { $0.name == name || $0.title == name }) { return known }
    let names = all.map(\.title).joined(separator: ", ")
    throw AgatstonError(
      .option, subject: "convention", detail: "\"\(name)\" is unknown; choose one of \(names)")
  }
}
