// SPDX-License-Identifier: Apache-2.0
import CGDCM
public import Foundation
public import Volume

/// A CT in Hounsfield units with what its headers say about its making.
public struct CTSeries: Sendable {
  /// A remark on the values or the grid, for the quality control that a result carries.
  public struct Note: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What the remark is about.
    public enum Code: String, Sendable, Hashable, Codable {
      /// Values beyond 16 bits were replaced by the nearest that fits.
      case clamped
      /// Pixels that are declared to hold no data were set to −1024 HU.
      case padding
      /// Slices overlap or leave gaps: thickness and increment differ by more than 0.1 mm.
      case thickness
      /// The pixels were compressed with loss.
      case lossy
      /// Slices differ in tube voltage or kernel.
      case mixedAcquisition = "mixed-acquisition"
      /// The increment of a single slice is what the header claims.
      case singleSlice = "single-slice"
      /// Slope and intercept were supplied, the header had none.
      case assumedRescale = "assumed-rescale"
    }

    /// What the remark is about.
    public let code: Code
    /// A sentence with figures.
    public let detail: String

    /// The sentence.
    public var description: String { detail }
  }

  /// HU on the grid of the slices; the slice index grows with the position along the normal.
  public let volume: Volume<Int16>
  /// How the series was acquired.
  public let acquisition: Acquisition
  /// The series' unique identifier (SeriesInstanceUID).
  public let seriesUID: String
  /// Remarks in a fixed order.
  public let notes: [Note]
}

/// How a series is read.
public struct DICOMReadOptions: Sendable {
  /// How far a slice may be from its place on an even grid, in mm.
  public var spacingTolerance: Double
  /// What to use where the header has no slope or intercept; without it such a series is an error.
  public var rescaleWhenMissing: Rescale?

  /// Options with defaults.
  public init(spacingTolerance: Double = 0.1, rescaleWhenMissing: Rescale? = nil) {
    self.spacingTolerance = spacingTolerance
    self.rescaleWhenMissing = rescaleWhenMissing
  }
}

/// Reading the pixels of a series.
public enum DICOMReader {
  /// Reads the only CT series below a folder, or the one with an identifier.
  ///
  /// - Throws: `DICOMError` where there is no such series, there are several, or it cannot be read;
  ///   `FileError` where a folder or file cannot be opened.
  public static func read(
    folder: URL, series id: String? = nil, options: DICOMReadOptions = .init()
  ) throws -> CTSeries {
    let catalogue = try DICOMCatalogue.scan(folder)
    let series = try catalogue.oneSeries(id: id)
    do {
      return try read(series, options: options)
    } catch let error as DICOMError where error.code == .gap || error.code == .unevenSpacing {
      // A slice that was passed over explains the gap better than its position does.
      guard
        let culprit = catalogue.skipped.first(where: { $0.code == .damaged || $0.code == .empty })
      else { throw error }
      throw DICOMError(
        error.code, subject: error.subject,
        detail: "\(error.detail) (\(culprit.path) was passed over: it \(culprit.reason))")
    }
  }

  /// Reads a series: HU = slope × stored + intercept by slice, rounded, on the grid of its slices.
  ///
  /// - Parameter progress: is called with the number of slices read so far.
  /// - Throws: `DICOMError` for an uneven grid, truncated or undecodable pixels, a missing slope or
  ///   intercept; `FileError` where a file cannot be opened.
  public static func read(
    _ series: DICOMSeries, options: DICOMReadOptions = .init(), progress: ((Int) -> Void)? = nil
  ) throws -> CTSeries {
    let geometry = try series.geometry(tolerance: options.spacingTolerance)
    if let short = series.files.first(where: { $0.missingByteCount > 0 }) {
      throw truncated(short, missing: short.missingByteCount)
    }
    var decoder = SliceDecoder(
      rows: series.rows, columns: series.columns, assumedRescale: options.rescaleWhenMissing)
    var failure: (any Error)?
    let voxels = [Int16](unsafeUninitializedCapacity: geometry.extent.count) { out, made in
      do {
        let count = geometry.extent.sliceCount
        for (z, file) in series.files.enumerated() {
          let slice = UnsafeMutableBufferPointer(rebasing: out[z * count..<(z + 1) * count])
          try decoder.decode(file, into: slice)
          made += count
          progress?(z + 1)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return CTSeries(
      volume: Volume(geometry: geometry, voxels: voxels), acquisition: series.acquisition,
      seriesUID: series.uid, notes: notes(series, geometry, decoder))
  }

  static func truncated(_ file: DICOMFile, missing: Int) -> DICOMError {
    DICOMError(
      .truncated, subject: file.url.path,
      detail: "is truncated: \(missing) bytes of its pixels are missing; copy or export it again")
  }

  private static func notes(
    _ series: DICOMSeries, _ geometry: Geometry, _ decoder: SliceDecoder
  ) -> [CTSeries.Note] {
    var notes: [CTSeries.Note] = []
    func add(_ code: CTSeries.Note.Code, _ detail: String) {
      notes.append(CTSeries.Note(code: code, detail: detail))
    }
    if decoder.clampedCount > 0 {
      add(.clamped, "\(decoder.clampedCount) voxels lay beyond 16 bits and were cut to the range")
    }
    if decoder.paddingCount > 0 {
      add(.padding, "\(decoder.paddingCount) voxels without data were set to -1024 HU")
    }
    let step = geometry.spacing.z
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
        .mixedAcquisition, "slices differ in tube voltage or kernel; those of the first are given")
    }
    if series.files.count == 1 {
      add(.singleSlice, "one slice; its increment of \(millimetres(step)) mm is the header's claim")
    }
    if decoder.assumedCount > 0 {
      add(
        .assumedRescale,
        "\(decoder.assumedCount) slices lack slope or intercept; the given ones were used")
    }
    return notes
  }
}
