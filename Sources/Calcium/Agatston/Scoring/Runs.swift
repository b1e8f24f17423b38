// SPDX-License-Identifier: Apache-2.0
package import Volume

/// Neighbouring voxels along x that are scored and carry one label.
///
/// A run keeps all that scoring needs of its voxels, so that they are read once.
package struct Run: Sendable {
  /// slice · rows + row.
  package var line: Int32
  /// The first column.
  package var start: Int32
  /// The column after the last.
  package var end: Int32
  /// The highest HU.
  var peak: Int16
  /// The mask's value; 1 without a mask.
  package var label: UInt8
  /// The sum of HU.
  var sum: Int64

  /// The number of voxels.
  package var count: Int { Int(end - start) }

  /// Takes the next voxel of the line.
  mutating func append(_ value: Int16) {
    end += 1
    peak = max(peak, value)
    sum &+= Int64(value)
  }
}

/// Neighbouring voxels along x of one label, where no mask has to be kept for them.
package struct MarkedRun: Hashable, Sendable {
  /// slice · rows + row.
  package let line: Int
  /// The columns.
  package let columns: Range<Int>
  /// The label, above 0.
  package let label: UInt8

  /// A run of marked voxels.
  package init(line: Int, columns: Range<Int>, label: UInt8) {
    (self.line, self.columns, self.label) = (line, columns, label)
  }
}

/// The runs of a volume, in array order.
package struct Runs: Sendable {
  /// The runs, line by line, each line from left to right.
  package var runs: [Run]
  /// The size of the volume.
  let extent: Extent

  /// Finds the voxels of a mask whose HU reach a threshold; labels above `highestLabel` are refused.
  ///
  /// One pass over the mask, 32 voxels at a time where it is empty; the CT is touched only where
  /// the mask is not.
  init(
    ct: Volume<Int16>, mask: Volume<UInt8>, threshold: Int16, highestLabel: UInt8
  ) throws(AgatstonError) {
    extent = ct.extent
    try Runs.requireIndexable(extent)
    let columns = extent.columns
    var found: [Run] = []
    var stranger: Int?
    mask.voxels.withUnsafeBufferPointer { labels in
      ct.voxels.withUnsafeBufferPointer { hu in
        let bytes = UnsafeRawBufferPointer(labels)
        let count = labels.count
        var i = 0
        while true {
          while i + 32 <= count, isZero(bytes, at: i) { i += 32 }
          while i < count, labels[i] == 0 { i += 1 }
          if i >= count { return }
          let line = i / columns
          let lineStart = line * columns
          let lineEnd = lineStart + columns
          while i < lineEnd {
            let label = labels[i]
            if label == 0 { break }
            if label > highestLabel {
              stranger = i
              return
            }
            if hu[i] < threshold {
              i += 1
              continue
            }
            let start = i
            var peak = Int16.min
            var sum: Int64 = 0
            repeat {
              let value = hu[i]
              peak = max(peak, value)
              sum &+= Int64(value)
              i += 1
            } while i < lineEnd && labels[i] == label && hu[i] >= threshold
            found.append(
              Run(
                line: Int32(truncatingIfNeeded: line),
                start: Int32(truncatingIfNeeded: start - lineStart),
                end: Int32(truncatingIfNeeded: i - lineStart), peak: peak, label: label, sum: sum))
          }
        }
      }
    }
    if let i = stranger {
      let (slice, rest) = i.quotientAndRemainder(dividingBy: extent.sliceCount)
      throw AgatstonError(
        .label, subject: "mask",
        detail: "value \(mask.voxels[i]) in slice \(slice), row \(rest / columns), column "
          + "\(rest % columns) is no artery (1 LM, 2 LAD, 3 LCX, 4 RCA)")
    }
    runs = found
  }

  /// Finds the voxels of marked runs whose HU reach a threshold; runs of one label that touch become one.
  init(ct: Volume<Int16>, marked: [MarkedRun], threshold: Int16) throws(AgatstonError) {
    extent = ct.extent
    try Runs.requireIndexable(extent)
    let columns = extent.columns
    var found: [Run] = []
    ct.voxels.withUnsafeBufferPointer { hu in
      for run in marked {
        for column in run.columns {
          let value = hu[run.line * columns + column]
          guard value >= threshold else { continue }
          let line = Int32(truncatingIfNeeded: run.line)
          let end = Int32(truncatingIfNeeded: column + 1)
          if let last = found.last, last.line == line, last.end == end - 1, last.label == run.label
          {
            found[found.count - 1].append(value)
          } else {
            found.append(
              Run(
                line: line, start: end - 1, end: end, peak: value, label: run.label,
                sum: Int64(value)))
          }
        }
      }
    }
    runs = found
  }

  /// Finds the voxels of a CT, without a mask, whose HU reach a threshold.
  package init(ct: Volume<Int16>, threshold: Int16) throws(AgatstonError) {
    extent = ct.extent
    try Runs.requireIndexable(extent)
    let columns = extent.columns
    var found: [Run] = []
    ct.voxels.withUnsafeBufferPointer { hu in
      let bytes = UnsafeRawBufferPointer(hu)
      let count = hu.count
      var i = 0
      while true {
        while i + 32 <= count, isBelow(threshold, bytes, at: i) { i += 32 }
        while i < count, hu[i] < threshold { i += 1 }
        if i >= count { return }
        let line = i / columns
        let lineStart = line * columns
        let lineEnd = lineStart + columns
        let start = i
        var peak = Int16.min
        var sum: Int64 = 0
        repeat {
          let value = hu[i]
          peak = max(peak, value)
          sum &+= Int64(value)
          i += 1
        } while i < lineEnd && hu[i] >= threshold
        found.append(
          Run(
            line: Int32(truncatingIfNeeded: line),
            start: Int32(truncatingIfNeeded: start - lineStart),
            end: Int32(truncatingIfNeeded: i - lineStart), peak: peak, label: 1, sum: sum))
      }
    }
    runs = found
  }

  /// Runs that some rule has picked.
  init(_ runs: [Run], extent: Extent) {
    self.runs = runs
    self.extent = extent
  }

  /// The slice of a run.
  func slice(of run: Run) -> Int { Int(run.line) / max(extent.rows, 1) }

  private static func requireIndexable(_ extent: Extent) throws(AgatstonError) {
    let limit = Int(Int32.max) / 2
    let (lines, overflow) = extent.slices.multipliedReportingOverflow(by: extent.rows)
    guard !overflow, lines < limit, extent.columns < limit else {
      throw AgatstonError(
        .geometry, subject: "grid", detail: "\(extent) is too large to score; crop it")
    }
  }
}

/// Whether 32 bytes are all 0.
@inline(__always)
private func isZero(_ bytes: UnsafeRawBufferPointer, at i: Int) -> Bool {
  let a = bytes.loadUnaligned(fromByteOffset: i, as: SIMD4<UInt64>.self)
  return a[0] | a[1] | a[2] | a[3] == 0
}

/// Whether 32 attenuations from index i on are all below a threshold.
@inline(__always)
private func isBelow(_ threshold: Int16, _ bytes: UnsafeRawBufferPointer, at i: Int) -> Bool {
  let values = bytes.loadUnaligned(fromByteOffset: 2 * i, as: SIMD32<Int16>.self)
  return values.max() < threshold
}
