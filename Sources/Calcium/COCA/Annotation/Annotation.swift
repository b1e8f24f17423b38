// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// The calcium that a reader marked in one subject, as its OsiriX property list records it.
public struct Annotation: Sendable {
  /// The subject's id: the file name without its ending.
  public var subject: String
  /// The annotated images, in the order of the file.
  public var images: [AnnotatedImage]

  /// An annotation of a subject.
  public init(subject: String, images: [AnnotatedImage] = []) {
    self.subject = subject
    self.images = images
  }

  /// Every region with its location, in the order of the file.
  public var regions: [(location: RegionLocation, region: Region)] {
    images.enumerated().flatMap { position, image in
      image.regions.enumerated().map { number, region in
        (RegionLocation(image: position, index: image.index, region: number), region)
      }
    }
  }

  /// Every fault of an image or a region, in the order of the file.
  public var issues: [COCAError] {
    images.flatMap { $0.issues + $0.regions.flatMap(\.issues) }
  }
}

/// The regions of one slice.
public struct AnnotatedImage: Sendable {
  /// The `ImageIndex`, which counts upwards with z, or `nil` where it is missing or no integer.
  public var index: Int?
  /// The regions, in the order of the file.
  public var regions: [Region]
  /// What is wrong with the image entry itself.
  public var issues: [COCAError]

  /// An annotated image.
  public init(index: Int?, regions: [Region] = [], issues: [COCAError] = []) {
    self.index = index
    self.regions = regions
    self.issues = issues
  }
}

/// The location of a region in an annotation: its image and its number there.
public struct RegionLocation: Hashable, Sendable, CustomStringConvertible {
  /// The position of the image within the file, from 0.
  public let image: Int
  /// The `ImageIndex` of the image.
  public let index: Int?
  /// The position of the region within its image, from 0.
  public let region: Int

  /// A location.
  public init(image: Int, index: Int?, region: Int) {
    self.image = image
    self.index = index
    self.region = region
  }

  /// The location as the messages name it.
  public var description: String {
    "image \(index.map(String.init) ?? "without index (entry \(image))"), ROI \(region)"
  }
}

/// One region of interest: a closed contour and the numbers that OsiriX computed inside it.
///
/// A number that is missing from the file is `nil`; one that the file gives as NaN is NaN.
public struct Region: Sendable {
  /// The name that the reader gave, which is that of an artery in all but five regions of COCA.
  public var name: String
  /// The contour in pixels as (column, row); integers are pixel centres.
  public var points: [SIMD2<Double>]
  /// The contour in DICOM LPS millimetres, one position for each point.
  public var positions: [SIMD3<Double>]
  /// The area in cm²: the number of pixels times the area of a pixel.
  public var area: Double?
  /// The lowest HU of the region.
  public var min: Double?
  /// The highest HU of the region.
  public var max: Double?
  /// The mean HU of the region.
  public var mean: Double?
  /// The standard deviation of the HU, NaN for a single pixel.
  public var deviation: Double?
  /// The sum of the HU.
  public var total: Double?
  /// The length of the contour in cm.
  public var length: Double?
  /// The centre in LPS millimetres.
  public var center: SIMD3<Double>?
  /// OsiriX's kind of region; 20 is a closed brush contour.
  public var type: Int?
  /// The number of the region within its image.
  public var indexInImage: Int?
  /// Why the region cannot be used; empty for a sound one.
  public var issues: [COCAError]

  /// A region without numbers or points.
  public init(name: String, issues: [COCAError] = []) {
    self.name = name
    self.points = []
    self.positions = []
    self.issues = issues
  }

  /// The artery of the name, or `nil` for an unassigned region.
  public var artery: Artery? { Artery(annotationName: name) }

  /// Whether the region has a contour that can be placed and filled.
  public var isUsable: Bool { !points.isEmpty && issues.isEmpty }

  /// Whether the file records the region without a contour, which is no fault.
  public var isWithoutPoints: Bool { points.isEmpty && issues.isEmpty }

  /// The exact number of pixels: `Total / Mean`, an integer in every sound region.
  ///
  /// `nil` where the quotient is no whole number to 0.01, which single-precision sums stay well
  /// below.
  public var recordedCount: Int? {
    guard let total, let mean, mean != 0 else { return nil }
    let count = total / mean
    guard count.isFinite, count > 0.5, count < 1e9, abs(count - count.rounded()) < 0.01 else {
      return nil
    }
    return Int(count.rounded())
  }
}

extension Artery {
  /// The name that COCA's annotations give to the artery; "Left Coronary Artery" is the left main.
  public var annotationName: String {
    switch self {
    case .leftMain: "Left Coronary Artery"
    case .leftAnteriorDescending: "Left Anterior Descending Artery"
    case .leftCircumflex: "Left Circumflex Artery"
    case .right: "Right Coronary Artery"
    }
  }

  /// The artery that a COCA name stands for, or `nil` for any other name (an unassigned region).
  ///
  /// Case and outer blanks do not matter.
  public init?(annotationName name: String) {
    if let exact = Artery.allCases.first(where: { $0.annotationName == name }) {
      self = exact
      return
    }
    let words = name.lowercased().split { $0 == " " || $0 == "\t" || $0 == "\n" }
    let plain = words.joined(separator: " ")
    guard let artery = Artery.allCases.first(where: { $0.annotationName.lowercased() == plain })
    else { return nil }
    self = artery
  }
}
