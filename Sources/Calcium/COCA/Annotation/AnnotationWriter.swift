// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Volume

/// Annotates a labelled scan as a reader with OsiriX would: the inverse of filling contours.
///
/// ```swift
/// var generator = SystemRandomNumberGenerator()
/// let annotation = try AnnotationWriter().annotation(
///   of: labels, ct: ct, subject: "7", using: &generator)
/// try annotation.write(to: URL(filePath: "calcium_xml/7.xml"))
/// ```
public struct AnnotationWriter: Sendable {
  /// The lowest HU of an annotated pixel.
  public var threshold: Int16
  /// How many regions without points are added for each real one, from 0 to 1.
  ///
  /// COCA has 2,914 of them beside 6,235 others.
  public var emptyShare: Double

  /// A writer; the defaults are those of COCA.
  public init(threshold: Int16 = 130, emptyShare: Double = 2914.0 / 6235.0) {
    self.threshold = threshold
    self.emptyShare = emptyShare
  }

  /// The annotation of every labelled pixel that reaches the threshold.
  ///
  /// Labels are the raw values of `Artery`; 0 is background and any other value throws, as do a CT
  /// on another grid and a share outside 0 … 1. There is one region per artery, slice and
  /// component (8-connected in the slice); a component around a hole that itself reaches the
  /// threshold is cut at the hole. `ImageIndex` counts upwards along the slice normal.
  ///
  /// A point (u, v) in pixels lies at origin + x·(u − ½)·sx + y·(v − ½)·sy on its slice, so that
  /// `Point_px` = (`Point_mm` − `ImagePositionPatient`) / `PixelSpacing` + ½ as in COCA, where the
  /// integer u is the centre of column u all the same.
  ///
  /// Which regions without points are added follows from the generator alone: same labels, CT and
  /// seed, same annotation.
  public func annotation(
    of labels: Volume<UInt8>, ct: Volume<Int16>, subject: String,
    using generator: inout some RandomNumberGenerator
  ) throws -> Annotation {
    try labels.requireSameGrid(as: ct, subject: "labels and CT of subject \(subject)")
    guard emptyShare >= 0, emptyShare <= 1 else {
      throw COCAError(
        .parameter, path: subject,
        detail: "the share of regions without points is \(emptyShare), not 0 … 1")
    }
    if let wrong = labels.voxels.first(where: { $0 > 4 }) {
      throw COCAError(
        .parameter, path: subject, detail: "the label \(wrong) is no artery (1 … 4)")
    }
    let geometry = ct.geometry
    let stack = SliceStack(geometry)
    var annotation = Annotation(subject: subject)
    for slice in 0..<geometry.extent.slices {
      let image = image(slice, labels: labels, ct: ct, using: &generator)
      if image.isEmpty { continue }
      annotation.images.append(
        AnnotatedImage(index: stack.indices(ofSlice: slice).lowerBound, regions: image))
    }
    annotation.images.sort { ($0.index ?? 0) < ($1.index ?? 0) }
    return annotation
  }

  private func image(
    _ slice: Int, labels: Volume<UInt8>, ct: Volume<Int16>,
    using generator: inout some RandomNumberGenerator
  ) -> [Region] {
    let extent = ct.extent
    let range = slice * extent.sliceCount..<(slice + 1) * extent.sliceCount
    let components = labels.voxels.withUnsafeBufferPointer { labels in
      ct.voxels.withUnsafeBufferPointer { ct in
        SliceComponent.all(
          labels: UnsafeBufferPointer(rebasing: labels[range]),
          ct: UnsafeBufferPointer(rebasing: ct[range]), rows: extent.rows,
          columns: extent.columns, threshold: threshold)
      }
    }
    var regions: [Region] = []
    for component in components {
      guard let artery = Artery(rawValue: component.label) else { continue }
      var region = region(of: component, artery: artery, slice: slice, ct: ct)
      region.indexInImage = regions.count
      regions.append(region)
      if Double(generator.next() >> 11) * 0x1p-53 < emptyShare {
        var empty = Self.emptyRegion(of: artery)
        empty.indexInImage = regions.count
        regions.append(empty)
      }
    }
    return regions
  }

  private func region(
    of component: SliceComponent, artery: Artery, slice: Int, ct: Volume<Int16>
  ) -> Region {
    let geometry = ct.geometry
    func position(_ point: SIMD2<Double>) -> SIMD3<Double> {
      geometry.position(ofVoxel: SIMD3(point.x - 0.5, point.y - 0.5, Double(slice)))
    }
    var statistics = RegionStatistics()
    var sum = SIMD2<Double>.zero
    for pixel in component.pixels {
      statistics.add(ct[slice, pixel.row, pixel.column])
      sum += SIMD2(Double(pixel.column), Double(pixel.row))
    }
    var region = Region(name: artery.annotationName)
    region.points = Bitmap(component.pixels).contour
    region.positions = region.points.map(position)
    region.area = Double(statistics.count) * geometry.pixelArea / 100
    region.min = Double(statistics.min)
    region.max = Double(statistics.max)
    region.mean = statistics.mean
    region.deviation = statistics.deviation
    region.total = Double(statistics.total)
    region.length = Self.length(region.positions) / 10
    region.center = position(sum / Double(statistics.count))
    region.type = 20
    return region
  }

  /// The empty region that stays behind when a reader removes all of its pixels.
  private static func emptyRegion(of artery: Artery) -> Region {
    var region = Region(name: artery.annotationName)
    region.area = 0
    region.min = 0
    region.max = 0
    region.mean = 0
    region.deviation = 0
    region.total = 0
    region.length = 0
    region.center = .zero
    region.type = 20
    return region
  }

  private static func length(_ positions: [SIMD3<Double>]) -> Double {
    guard var from = positions.last else { return 0 }
    var length = 0.0
    for to in positions {
      let step = to - from
      length += step.length
      from = to
    }
    return length
  }
}
