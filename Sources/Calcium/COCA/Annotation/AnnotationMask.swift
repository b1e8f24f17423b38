// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Volume

/// A region matched with a CT and filled there.
public struct RegionResult: Sendable {
  /// The position of the region in the annotation.
  public let location: RegionLocation
  /// The artery, or `nil` for an unassigned region, which no mask contains.
  public let artery: Artery?
  /// How the region was matched; its slice counts along the volume.
  public let outcome: Pairing.Outcome
  /// The number of pixels of the filled contour.
  public let contourCount: Int
  /// The number of pixels that the annotation records.
  public let recordedCount: Int?
  /// The HU of the pixels in the mask; empty without a slice.
  public let statistics: RegionStatistics
  /// Whether the pixels of the mask are as many as the annotation records.
  public let countIsExact: Bool
  /// Whether number, lowest, highest and mean HU are those that the annotation records.
  public let statisticsAreExact: Bool
}

/// The mask of an annotation on its CT, with the result of each region.
public struct AnnotationMask: Sendable {
  /// The labels on the CT's grid; 0 is background.
  public let volume: Volume<UInt8>
  /// One result per region, in the order of the annotation.
  public let results: [RegionResult]
  /// The number of voxels that regions of two arteries claim.
  public let contested: Int
}

extension Annotation {
  /// The mask on a CT in HU.
  ///
  /// Each region goes to the slice at its position. With `.exact` its pixels must reach 130 HU.
  /// Regions that are no artery, have no usable contour, or lie on no slice are left out and show in
  /// the results. A voxel that two regions claim belongs to the one with fewer pixels (a large
  /// contour filled over its hole must not swallow the lesion inside), among equals to the lower
  /// label, so the order in the file does not matter.
  public func mask(
    ct: Volume<Int16>, fill: ContourFill = .exact, labels: MaskLabels = .calcium
  ) -> AnnotationMask {
    struct Painting {
      var artery: Artery
      var slice: Int
      var pixels: [PixelRun]
      var count: Int
    }
    var paintings: [Painting] = []
    let results = zip(regions, Pairing(self, on: ct.geometry).entries).map { item, entry in
      let (result, pixels) = item.region.check(entry, on: ct, fill: fill)
      if let slice = entry.slice, let artery = result.artery {
        let count = pixels.reduce(0) { $0 + $1.columns.count }
        paintings.append(Painting(artery: artery, slice: slice, pixels: pixels, count: count))
      }
      return result
    }
    paintings.sort { ($0.count, $0.artery.rawValue) > ($1.count, $1.artery.rawValue) }
    var voxels = [UInt8](repeating: 0, count: ct.extent.count)
    var contested: Set<Int> = []
    for painting in paintings {
      for run in painting.pixels {
        for column in run.columns {
          let offset = ct.offset(painting.slice, run.row, column)
          let before = voxels[offset]
          if before != 0, before != painting.artery.rawValue { contested.insert(offset) }
          voxels[offset] = painting.artery.rawValue
        }
      }
    }
    if labels == .calcium {
      for i in voxels.indices where voxels[i] != 0 { voxels[i] = 1 }
    }
    return AnnotationMask(
      volume: Volume(geometry: ct.geometry, voxels: voxels), results: results,
      contested: contested.count)
  }

  /// The result of each region on a CT, without the mask.
  public func check(on ct: Volume<Int16>, fill: ContourFill = .exact) -> [RegionResult] {
    zip(regions, Pairing(self, on: ct.geometry).entries).map { item, entry in
      item.region.check(entry, on: ct, fill: fill).result
    }
  }
}

extension Region {
  /// The number of pixels of the filled contour, or 0 without a usable one.
  public func contourCount(_ fill: ContourFill = .exact) -> Int {
    isUsable ? (try? fill.pixels(inside: points).count) ?? 0 : 0
  }

  /// Means are recorded in single precision, which moves them by less than this.
  private static let meanTolerance = 0.005

  /// Fills the contour on its slice and compares with what the annotation records.
  fileprivate func check(
    _ entry: Pairing.Entry, on ct: Volume<Int16>, fill: ContourFill
  ) -> (result: RegionResult, pixels: [PixelRun]) {
    var statistics = RegionStatistics()
    var inMask: [PixelRun] = []
    var contourCount = 0
    if isUsable, let filled = try? fill.pixels(inside: points) {
      contourCount = filled.count
      if let slice = entry.slice {
        let clipped = filled.clipped(rows: ct.extent.rows, columns: ct.extent.columns)
        ct.voxels.withUnsafeBufferPointer { voxels in
          clipped.forEach { row, column in
            let hu = voxels[ct.offset(slice, row, column)]
            if fill.appliesThreshold && hu < 130 { return }
            statistics.add(hu)
            if let last = inMask.last, last.row == row, last.columns.upperBound == column {
              inMask[inMask.count - 1].columns = last.columns.lowerBound..<column + 1
            } else {
              inMask.append(PixelRun(row: row, columns: column..<column + 1))
            }
          }
        }
      }
    }
    let countIsExact = entry.slice != nil && statistics.count == recordedCount
    let statisticsAreExact =
      countIsExact && min == Double(statistics.min) && max == Double(statistics.max)
      && mean.map { abs($0 - statistics.mean) < Self.meanTolerance } ?? false
    return (
      RegionResult(
        location: entry.location, artery: artery, outcome: entry.outcome,
        contourCount: contourCount,
        recordedCount: recordedCount, statistics: statistics, countIsExact: countIsExact,
        statisticsAreExact: statisticsAreExact), inMask
    )
  }
}
