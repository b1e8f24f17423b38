// SPDX-License-Identifier: Apache-2.0

/// The properties of a series in its header by which one of several series is chosen.
///
/// Free texts are not stored, because they may name a patient: only whether they contain certain words
/// is.
struct SeriesTraits: Hashable, Sendable {
  /// The study that the series belongs to (StudyInstanceUID); never printed.
  var studyUID: String?
  /// A slab projected to one slice, or slices computed of others: MIP, mean, subtraction, rendering.
  var isProjection = false
  /// Computed from other images, or not what the patient was examined for (ImageType).
  var isDerived = false
  /// Whether the description speaks of calcium scoring.
  var namesCalcium = false
  /// Whether the acquisition was synchronised with the heart.
  var isGated = false
  /// The tilt of the gantry that the header claims, in degrees (GantryDetectorTilt).
  var gantryTilt: Double?

  init(_ data: Elements) {
    studyUID = data.string(Tag(0x20, 0x0D))
    let type = (data.strings(Tag(0x08, 0x08)) + data.strings(Tag(0x08, 0x9007)))
      .map { $0.uppercased() }
    let words = type.flatMap { $0.split(whereSeparator: { " _".contains($0) }).map(String.init) }
    isProjection = words.contains(where: Self.projections.contains)
    isDerived = type.contains("DERIVED") || type.contains("SECONDARY")
    let description = data.string(Tag(0x08, 0x103E))?.lowercased() ?? ""
    namesCalcium = Self.calciumWords.contains { description.contains($0) }
    let technique = data.string(Tag(0x18, 0x9037))?.uppercased() ?? "NONE"
    isGated =
      data.string(Tag(0x18, 0x1060)) != nil || data.has(Tag(0x20, 0x9241)) || technique != "NONE"
      || words.contains("GATED")
    gantryTilt = data.number(Tag(0x18, 0x1120))
  }

  /// Words of ImageType and FrameType (PS3.3, C.8.16.1, and those of the makers).
  private static let projections: Set<String> = [
    "MIP", "MINIP", "MAXIMUM", "MINIMUM", "MEAN", "AVERAGE", "PROJECTION", "VRT", "RENDERING",
    "SUBTRACTION", "DEVIATION",
  ]

  private static let calciumWords = [
    "calcium", "casc", "ca sc", "ca-sc", "ca_sc", "cacs", "smartscore", "smart score", "agatston",
  ]
}
