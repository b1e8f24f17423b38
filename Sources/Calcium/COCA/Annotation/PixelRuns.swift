// SPDX-License-Identifier: Apache-2.0

/// Neighbouring pixels of one row.
public struct PixelRun: Hashable, Sendable {
  /// The row.
  public var row: Int
  /// The columns.
  public var columns: Range<Int>

  /// A run of pixels.
  public init(row: Int, columns: Range<Int>) {
    self.row = row
    self.columns = columns
  }
}

/// A set of pixels of one slice: runs that neither overlap nor touch, ordered by row and column.
public struct PixelRuns: Hashable, Sendable {
  /// The runs.
  public let runs: [PixelRun]

  /// The union of any runs, in any order.
  public init(union runs: [PixelRun]) {
    let sorted = runs.filter { !$0.columns.isEmpty }.sorted {
      ($0.row, $0.columns.lowerBound) < ($1.row, $1.columns.lowerBound)
    }
    var merged: [PixelRun] = []
    merged.reserveCapacity(sorted.count)
    for run in sorted {
      if let last = merged.last, last.row == run.row,
        run.columns.lowerBound <= last.columns.upperBound
      {
        let end = Swift.max(last.columns.upperBound, run.columns.upperBound)
        merged[merged.count - 1].columns = last.columns.lowerBound..<end
      } else {
        merged.append(run)
      }
    }
    self.runs = merged
  }

  /// The number of pixels.
  public var count: Int { runs.reduce(0) { $0 + $1.columns.count } }

  /// The pixels that lie inside an image.
  public func clipped(rows: Int, columns: Int) -> PixelRuns {
    PixelRuns(
      union: runs.compactMap { run in
        guard run.row >= 0, run.row < rows else { return nil }
        let columns = run.columns.clamped(to: 0..<columns)
        return columns.isEmpty ? nil : PixelRun(row: run.row, columns: columns)
      })
  }

  /// Calls `body` with each pixel, row by row.
  @inlinable
  public func forEach(_ body: (_ row: Int, _ column: Int) -> Void) {
    for run in runs {
      for column in run.columns { body(run.row, column) }
    }
  }
}
