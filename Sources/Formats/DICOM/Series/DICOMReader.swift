// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import Text
public import Volume

/// A CT in Hounsfield units with the acquisition that its headers describe.
public struct CTSeries: Sendable {
  /// A note on the values or the grid, for the quality control of a result.
  public struct Note: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What the note is about.
    public enum Code: String, Sendable, Hashable, Codable {
      /// Values beyond 16 bits were replaced by the nearest that fits.
      case clamped
      /// Pixels that are declared to hold no data were set to −1024 HU.
      case padding
      /// Slices overlap or leave gaps: thickness and increment differ by more than 0.1 mm.
      case thickness
      /// The pixels were compressed with loss.
      case lossy
      /// Slices differ in tube voltage, kernel or thickness.
      case mixedAcquisition = "mixed-acquisition"
      /// The increment of a single slice is what the header claims.
      case singleSlice = "single-slice"
      /// Slope and intercept were supplied, the header had none.
      case assumedRescale = "assumed-rescale"
      /// Missing slices were interpolated from their neighbours.
      case filled
      /// Pixels that a file lacks were set to −1024 HU.
      case truncated
      /// Files that cannot be read lie beside those of the series.
      case unreadable
      /// The headers name no series: slices were grouped by what else they say.
      case noSeriesUID = "no-series-uid"
      /// The header says that the values have no particular unit.
      case unspecifiedUnit = "unspecified-unit"
      /// Different slices share an identifier that should be theirs alone.
      case sharedInstanceUID = "shared-instance-uid"
      /// Files are copies of slices of the series.
      case copies
      /// The header claims a tilted gantry, which the positions of the slices do not show.
      case tilt
    }

    /// What the note is about.
    public let code: Code
    /// A sentence with figures.
    public let detail: String

    /// The sentence.
    public var description: String { detail }
  }

  /// Where a plane of the volume was read from.
  public struct Plane: Sendable, Hashable {
    /// The file; `nil` where the plane was interpolated.
    public let url: URL?
    /// The frame in the file, from 0.
    public let frame: Int
    /// The centre of the plane's first pixel in LPS mm, as the file has it.
    public let origin: SIMD3<Double>
  }

  /// The planes in the volume's order.
  public let planes: [Plane]
  /// HU on the grid of the slices; the slice index grows with the position along the normal.
  public let volume: Volume<Int16>
  /// How the series was acquired.
  public let acquisition: Acquisition
  /// Whose scan it is, and of which day.
  public let identity: StudyIdentity
  /// The series' unique identifier (SeriesInstanceUID), where the headers have one.
  public let seriesUID: String?
  /// How many slices were missing and have been interpolated.
  public let filledSliceCount: Int
  /// Notes in a fixed order.
  public internal(set) var notes: [Note]
}

/// The options of reading a series.
public struct DICOMReadOptions: Sendable {
  /// The largest distance of a slice from its position on an even grid, in mm.
  public var spacingTolerance: Double
  /// The slope and intercept of series whose header lacks one; without it such a series is an error.
  public var rescaleWhenMissing: Rescale?
  /// Whether values whose header says that they have no particular unit (RescaleType US) are taken
  /// for Hounsfield units in any case; else only where they hold air, and are an error otherwise.
  public var assumesHounsfield = false

  /// Whether slices that are missing between others are interpolated from their neighbours; else
  /// such a series is an error.
  public var fillGaps: Bool
  /// Whether what a file lacks of its pixels becomes air, and unreadable files are passed over; else
  /// they are an error.
  public var allowTruncated: Bool
  /// How many processes decode the compressed slices of the series at once.
  ///
  /// One where several series are read at once, as the preparation of a cohort does.
  public var workers = 1

  /// Options with defaults.
  public init(
    spacingTolerance: Double = 0.1, rescaleWhenMissing: Rescale? = nil, fillGaps: Bool = false,
    allowTruncated: Bool = false
  ) {
    self.spacingTolerance = spacingTolerance
    self.rescaleWhenMissing = rescaleWhenMissing
    self.fillGaps = fillGaps
    self.allowTruncated = allowTruncated
  }
}

/// Reads the pixels of a series as a CT in Hounsfield units.
///
/// ```swift
/// let ct = try DICOMReader.read(folder: folder)
/// print(ct.volume.geometry, ct.acquisition.kilovolts ?? .nan, ct.notes)
/// ```
public enum DICOMReader {
  /// Reads the only CT series below a folder, or the one with an identifier.
  ///
  /// - Throws: `DICOMError` where there is no such series, there are several, or it cannot be read;
  ///   `FileError` where a folder or file cannot be opened.
  public static func read(
    folder: URL, series id: String? = nil, options: DICOMReadOptions = .init()
  ) throws -> CTSeries {
    let catalogue = try DICOMCatalogue.scan(folder)
    return try read(catalogue.oneSeries(id: id), of: catalogue, options: options)
  }

  /// Reads a series of a folder whose other files are known.
  ///
  /// A file beside those of the series that cannot be read may be one of its slices, so it is an
  /// error, or with `allowTruncated` a note.
  public static func read(
    _ series: DICOMSeries, of catalogue: DICOMCatalogue, options: DICOMReadOptions = .init(),
    progress: ((Int) -> Void)? = nil
  ) throws -> CTSeries {
    let unreadable = catalogue.unreadable(beside: series)
    do {
      var ct = try read(series, options: options, progress: progress)
      guard let first = unreadable.first else { return ct }
      guard options.allowTruncated else {
        throw DICOMError(
          .damaged, file: first.path,
          detail: "\(first.reason), as \(unreadable.count) of the files beside series \(series.id) "
            + "cannot be read; copy or export it again, or read the rest by --allow-truncated")
      }
      ct.notes.append(
        CTSeries.Note(
          code: .unreadable,
          detail: "\(counted(unreadable.count, "file")) beside those of the series cannot be read"))
      return ct
    } catch let error as DICOMError where error.code == .gap || error.code == .unevenSpacing {
      // A slice that was passed over explains the gap better than its position does.
      guard let skipped = unreadable.first else { throw error }
      throw DICOMError(
        error.code, subject: error.subject,
        detail: "\(error.detail) (\(skipped.path) was passed over: it \(skipped.reason))")
    }
  }

  /// Reads a series: HU = slope × stored + intercept by slice, rounded down, on the grid of its slices.
  ///
  /// `progress` is called with the number of slices read so far, which grows by many where they are
  /// compressed.
  ///
  /// - Throws: `DICOMError` for an uneven grid, truncated or undecodable pixels, a missing slope or
  ///   intercept; `FileError` where a file cannot be opened.
  public static func read(
    _ series: DICOMSeries, options: DICOMReadOptions = .init(), progress: ((Int) -> Void)? = nil
  ) throws -> CTSeries {
    let plan = try SliceOrder(series, tolerance: options.spacingTolerance)
      .plan(fillGaps: options.fillGaps)
    let geometry = plan.geometry
    if !options.allowTruncated,
      let short = series.files.first(where: { $0.missingByteCount > 0 })
    {
      throw truncated(short, missing: short.missingByteCount)
    }
    var decoder = SliceDecoder(rows: series.rows, columns: series.columns, options: options)
    var failure: (any Error)?
    let voxels = [Int16](unsafeUninitializedCapacity: geometry.extent.count) { out, made in
      do {
        for (z, source) in plan.sources.enumerated() {
          guard let source else { continue }
          let done = decoder.doneCount
          try decoder.decode(series.files[source], slice: z, into: out)
          if decoder.doneCount > done { progress?(decoder.doneCount) }
        }
        try decoder.finish(into: out)
        progress?(decoder.doneCount)
        fill(plan, in: out)
        made = geometry.extent.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    if !options.assumesHounsfield,
      let file = series.files.first(where: \.encoding.isUnitUnspecified)
    {
      try requireAir(voxels, padding: decoder.paddingCount, in: file)
    }
    return CTSeries(
      planes: plan.sources.enumerated().map { z, source in
        CTSeries.Plane(
          url: source.map { series.files[$0].url },
          frame: source.map { series.files[$0].frame } ?? 0,
          origin: source.map { series.files[$0].origin }
            ?? geometry.position(ofVoxel: SIMD3(0, 0, Double(z))))
      },
      volume: Volume(geometry: geometry, voxels: voxels), acquisition: series.acquisition,
      identity: series.identity,
      seriesUID: series.uid, filledSliceCount: plan.missing.count,
      notes: notes(series, plan, decoder))
  }

  /// Throws where values of no particular unit do not show by themselves that they are HU.
  ///
  /// GDCM's tools write RescaleType US into files of HU. Around a patient and in the lungs lies air,
  /// near −1000 HU, which no map of another quantity has.
  private static func requireAir(
    _ voxels: [Int16], padding: Int, in file: DICOMFile
  ) throws(DICOMError) {
    let air = voxels.count { (-1100 ... -900).contains($0) } - padding
    guard air * 100 < voxels.count else { return }
    throw DICOMError(
      .noRescale, file: file.url.path,
      detail: "says that its values have no particular unit (RescaleType US), and there is no air "
        + "near −1000 in them; if they are Hounsfield units, say so by --assume-hu")
  }

  /// The value of voxels without pixels, in HU.
  static let air: Int16 = -1024

  /// Interpolates linearly between the neighbours of slices that are missing.
  private static func fill(_ plan: SlicePlan, in voxels: UnsafeMutableBufferPointer<Int16>) {
    let count = plan.geometry.extent.sliceCount
    for plane in plan.missing {
      guard let (below, above) = plan.neighbours(of: plane) else { continue }
      let share = Float(plane - below) / Float(above - below)
      for i in 0..<count {
        let (a, b) = (Float(voxels[below * count + i]), Float(voxels[above * count + i]))
        voxels[plane * count + i] = Int16((a + (b - a) * share).rounded())
      }
    }
  }

  static func truncated(_ file: DICOMFile, missing: Int) -> DICOMError {
    DICOMError(
      .truncated, file: file.url.path,
      detail:
        "is truncated: \(counted(missing, "byte of its pixels is", "bytes of its pixels are")) missing; copy or export it again, "
        + "or set them to air by --allow-truncated")
  }

  private static func notes(
    _ series: DICOMSeries, _ plan: SlicePlan, _ decoder: SliceDecoder
  ) -> [CTSeries.Note] {
    var notes: [CTSeries.Note] = []
    func add(_ code: CTSeries.Note.Code, _ detail: String) {
      notes.append(CTSeries.Note(code: code, detail: detail))
    }
    if decoder.clampedCount > 0 {
      add(.clamped, counted(decoder.clampedCount, "voxel") + " beyond 16 bits cut to the range")
    }
    if decoder.paddingCount > 0 {
      add(.padding, counted(decoder.paddingCount, "voxel") + " without data set to -1024 HU")
    }
    if series.uid == nil {
      add(
        .noSeriesUID,
        "the headers name no series (SeriesInstanceUID); its "
          + counted(Set(series.files.map(\.url)).count, "file")
          + " were grouped by folder, series number, kind of image, kernel and geometry")
    }
    let shared = series.sharedIdentifierCount
    if shared > 0 {
      add(
        .sharedInstanceUID,
        "\(shared) different slices share their SOPInstanceUID with another one; their positions or "
          + "pixels tell them apart")
    }
    let step = plan.geometry.spacing.z
    func list(_ planes: [Int]) -> String { planes.map { "\($0 + 1)" }.joined(separator: ", ") }
    if !plan.missing.isEmpty {
      add(
        .filled,
        "\(plan.missing.count) of \(plan.sources.count) slices "
          + (plan.missing.count == 1
            ? "is missing and was interpolated from its"
            : "are missing and were interpolated from their")
          + " neighbours: \(list(plan.missing)), counted from the lowest position")
    }
    if !decoder.gaps.isEmpty {
      let bytes = decoder.gaps.reduce(0) { $0 + $1.missingByteCount }
      let pixels = decoder.gaps.reduce(0) { $0 + $1.airPixelCount }
      add(
        .truncated,
        "\(counted(bytes, "byte")) of the pixels missing, \(counted(pixels, "voxel")) set to \(air) HU, in the "
          + "slices \(list(decoder.gaps.map(\.slice))), counted from the lowest position")
    }
    if let tilt = series.traits.gantryTilt, abs(tilt) > 0.5, series.files.count > 1 {
      add(
        .tilt,
        "the header says that the gantry was tilted by \(millimetres(tilt)) degrees, which the "
          + "positions of the slices do not show")
    }
    if let thickness = series.acquisition.sliceThickness, abs(thickness - step) > 0.1 {
      add(
        .thickness,
        "slices of \(millimetres(thickness)) mm come every \(millimetres(step)) mm, they "
          + (thickness > step ? "overlap" : "leave gaps"))
    }
    if series.files.contains(where: \.transferSyntax.isLossy) {
      add(.lossy, "the pixels were compressed by a method that may lose information")
    }
    if series.isMixedAcquisition {
      add(
        .mixedAcquisition,
        "slices differ in tube voltage, kernel or thickness; those of the first are given")
    }
    if series.files.count == 1 {
      add(.singleSlice, "one slice; its increment of \(millimetres(step)) mm is the header's claim")
    }
    if decoder.assumedCount > 0 {
      add(
        .assumedRescale,
        counted(decoder.assumedCount, "slice lacks", "slices lack")
          + " slope or intercept; the given ones were used")
    }
    if series.files.contains(where: \.encoding.isUnitUnspecified) {
      add(
        .unspecifiedUnit,
        "the header says that values have no particular unit (RescaleType US); they are taken for HU"
      )
    }
    return notes
  }
}
