// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Text
import Volume

/// Why a file is no slice of a CT series.
struct NotASlice: Error {
  let code: SkippedFile.Code
  let reason: String
  /// The series that the file belongs to, where its header names one.
  private(set) var seriesUID: String?

  init(code: SkippedFile.Code, reason: String) {
    self.code = code
    self.reason = reason
  }

  /// The same, with the series.
  func of(series uid: String?) -> NotASlice {
    var copy = self
    copy.seriesUID = uid
    return copy
  }
}

/// The header of a slice: the slice itself and the properties that all slices of a series share.
struct SliceHeader {
  let file: DICOMFile
  /// What tells the series of the slice from others of the folder.
  let group: SeriesGroup
  let rows: Int
  let columns: Int
  /// The pixel spacing along x (columns) and y (rows) in mm.
  let spacing: SIMD2<Double>
  /// The row and column directions, and the normal as their cross product.
  let direction: Direction
  let acquisition: Acquisition
  let identity: StudyIdentity

  /// Tells apart what lies in one series but not in one volume: the stack and the moment in time of
  /// a frame.
  let stack: [String]
  /// The AcquisitionNumber, which tells repeated positions apart where nothing else does.
  let acquisitionNumber: String?
  let traits: SeriesTraits

  /// The file that a header was read from.
  struct Source {
    let url: URL
    let state: FileState
    /// How many bytes it holds, after inflation.
    let size: Int
    let deflatedFrom: Int?
  }

  /// The storage classes of CT: classic, enhanced, and enhanced by conversion of classic slices.
  private static let classes: Set<String> = [
    "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2",
  ]

  /// The storage classes that are worth a name when they are skipped (PS3.4, B.5).
  private static let classNames = [
    "1.2.840.10008.1.3.10": "a DICOMDIR index",
    "1.2.840.10008.5.1.4.1.1.7": "a secondary capture",
    "1.2.840.10008.5.1.4.1.1.7.4": "a secondary capture",
    "1.2.840.10008.5.1.4.1.1.11.1": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.88.22": "a report",
    "1.2.840.10008.5.1.4.1.1.88.33": "a report",
    "1.2.840.10008.5.1.4.1.1.88.67": "a dose report",
    "1.2.840.10008.5.1.4.1.1.104.1": "an encapsulated PDF",
  ]

  /// Reads a slice from its elements; the pixels of a frame lie in those of its file.
  init(
    _ data: Elements, _ set: DataSet, _ source: Source, frame: Int = 0, of frameCount: Int = 1
  ) throws(NotASlice) {
    if data.strings(Tag(0x08, 0x9007)).contains(where: HeaderWords.isLocalizer) {
      throw NotASlice(code: .notCT, reason: "is a localizer (scout)")
    }
    guard let pixels = set.pixels else {
      throw NotASlice(code: .noPixels, reason: "holds no pixel data")
    }
    guard let rows = data.word(Tag(0x28, 0x10)), let columns = data.word(Tag(0x28, 0x11)),
      rows > 0, columns > 0
    else { throw NotASlice(code: .damaged, reason: "lacks the number of rows or columns") }
    (self.rows, self.columns) = (Int(rows), Int(columns))

    // The header gives the spacing as (row, column), which is (y, x).
    guard let spacing = data.numbers(Tag(0x28, 0x30)), spacing.count == 2,
      spacing.allSatisfy({ $0 > 0 })
    else { throw NotASlice(code: .damaged, reason: "has no valid PixelSpacing") }
    self.spacing = SIMD2(spacing[1], spacing[0])

    // A position beyond a kilometre is a fault that would overflow further on.
    guard let origin = data.numbers(Tag(0x20, 0x32)), origin.count == 3,
      origin.allSatisfy({ abs($0) < 1e6 }),
      let cosines = data.numbers(Tag(0x20, 0x37)), cosines.count == 6
    else {
      throw NotASlice(
        code: .damaged, reason: "has no valid ImagePositionPatient or ImageOrientationPatient")
    }
    direction = try Self.direction(cosines)
    let position = SIMD3(origin[0], origin[1], origin[2])
    let encoding = try Self.encoding(data)

    var framePixels = pixels
    var missing = 0
    if case .native(let start, let length) = pixels {
      let expected = self.rows * self.columns * encoding.bitsAllocated / 8
      let before = frame * expected
      let available = max(0, min(length, source.size - start) - before)
      missing = max(0, expected - available)
      framePixels = .native(start: start + before, length: available)
    }
    group = SeriesGroup(data, folder: source.url.deletingLastPathComponent().path)
    acquisition = Acquisition(data)
    identity = StudyIdentity(data)
    traits = SeriesTraits(data)
    acquisitionNumber = data.string(Tag(0x20, 0x12))
    stack = [data.string(Tag(0x20, 0x9056)), data.longWord(Tag(0x20, 0x9128)).map { "\($0)" }]
      .map { $0 ?? "" }
    file = DICOMFile(
      url: source.url, frame: frame, frameCount: frameCount, origin: position,
      position: (position * direction.z).sum(),
      instanceNumber: frameCount > 1
        ? frame + 1 : data.string(Tag(0x20, 0x13)).flatMap { Int($0) },
      instanceUID: data.string(Tag(0x08, 0x18)) ?? "", missingByteCount: missing,
      encoding: encoding, transferSyntax: set.transferSyntax, pixels: framePixels,
      deflatedFrom: source.deflatedFrom, state: source.state)
  }

  /// Refuses what is no CT slice in grey values, by what the whole file says.
  static func requireCTImage(_ data: Elements) throws(NotASlice) {
    // An index of a disc names its class in the meta information only.
    let storageClass = data.string(Tag(0x08, 0x16)) ?? data.string(Tag(0x02, 0x02)) ?? ""
    let modality = data.string(Tag(0x08, 0x60)) ?? ""
    guard classes.contains(storageClass) || (storageClass.isEmpty && HeaderWords.isCT(modality))
    else {
      let name = classNames[storageClass] ?? "no CT image (modality \"\(modality)\")"
      throw NotASlice(code: .notCT, reason: "is \(name)")
    }
    guard modality.isEmpty || HeaderWords.isCT(modality) else {
      throw NotASlice(code: .notCT, reason: "is no CT image (modality \"\(modality)\")")
    }
    if data.strings(Tag(0x08, 0x08)).contains(where: HeaderWords.isLocalizer) {
      throw NotASlice(code: .notCT, reason: "is a localizer (scout)")
    }
    if data.strings(Tag(0x08, 0x08)).contains(where: HeaderWords.isPerfusionMap) {
      throw NotASlice(code: .notCT, reason: "is a map computed from a perfusion scan")
    }
    let samples = data.word(Tag(0x28, 0x02)) ?? 1
    guard samples == 1 else {
      throw NotASlice(code: .notCT, reason: "is a colour image (\(samples) samples per pixel)")
    }
    let photometric = data.string(Tag(0x28, 0x04))?.uppercased() ?? "MONOCHROME2"
    guard photometric == "MONOCHROME2" || photometric == "MONOCHROME1" else {
      throw NotASlice(code: .notCT, reason: "is a colour image (\(photometric))")
    }
  }

  /// Directions that are perpendicular units within 1e-3, made exact (Gram and Schmidt).
  private static func direction(_ c: [Double]) throws(NotASlice) -> Direction {
    let x = SIMD3(c[0], c[1], c[2])
    let y = SIMD3(c[3], c[4], c[5])
    guard abs((x * x).sum() - 1) <= 2e-3, abs((y * y).sum() - 1) <= 2e-3,
      abs((x * y).sum()) <= 1e-3
    else {
      throw NotASlice(
        code: .damaged, reason: "has an ImageOrientationPatient that is no pair of unit vectors")
    }
    // An exact header, such as the identity, stays exact to the last bit.
    let unitX = x / (x * x).sum().squareRoot()
    let rest = y - unitX * (unitX * y).sum()
    let unitY = rest / (rest * rest).sum().squareRoot()
    let normal = SIMD3(
      unitX.y * unitY.z - unitX.z * unitY.y, unitX.z * unitY.x - unitX.x * unitY.z,
      unitX.x * unitY.y - unitX.y * unitY.x)
    // Adding zero turns −0 into 0.
    return Direction(
      x: unitX + SIMD3<Double>.zero, y: unitY + SIMD3<Double>.zero, z: normal + SIMD3<Double>.zero)
  }

  private static func encoding(_ data: Elements) throws(NotASlice) -> PixelEncoding {
    let allocated = Int(data.word(Tag(0x28, 0x100)) ?? 0)
    let stored = Int(data.word(Tag(0x28, 0x101)) ?? UInt16(allocated))
    let high = Int(data.word(Tag(0x28, 0x102)) ?? UInt16(max(stored, 1) - 1))
    let representation = data.word(Tag(0x28, 0x103)) ?? 0
    guard allocated == 8 || allocated == 16, (1...allocated).contains(stored),
      (stored - 1..<allocated).contains(high), representation <= 1
    else {
      throw NotASlice(
        code: .damaged,
        reason: "has pixels of \(counted(stored, "bit")) in \(allocated) up to bit \(high); "
          + "8 and 16 bits are read")
    }
    let unit = HeaderWords.unit(data.string(Tag(0x28, 0x1054)))
    if case .other(let type) = unit {
      throw NotASlice(code: .notCT, reason: "holds values of type \(type), not Hounsfield units")
    }
    let rescale: Rescale? =
      if let slope = data.number(Tag(0x28, 0x1053)), let zero = data.number(Tag(0x28, 0x1052)) {
        Rescale(slope: slope, intercept: zero)
      } else { nil }
    if let rescale, !(rescale.slope > 0) {
      throw NotASlice(code: .damaged, reason: "has a RescaleSlope of \(rescale.slope)")
    }
    let isSigned = representation == 1
    func value(_ word: UInt16) -> Int { isSigned ? Int(Int16(bitPattern: word)) : Int(word) }
    let padding = data.word(Tag(0x28, 0x120)).map { word in
      let first = value(word)
      let last = data.word(Tag(0x28, 0x121)).map(value) ?? first
      return min(first, last)...max(first, last)
    }
    return PixelEncoding(
      bitsAllocated: allocated, bitsStored: stored, highBit: high, isSigned: isSigned,
      rescale: rescale, isUnitUnspecified: unit == .unspecified, padding: padding)
  }
}
