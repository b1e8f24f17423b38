// SPDX-License-Identifier: Apache-2.0
import Volume

/// Neighbouring voxels along x.
package struct VoxelRun: Hashable, Sendable {
  /// slice · rows + row.
  package let line: Int32
  /// The first column.
  package let start: Int32
  /// The column after the last.
  package let end: Int32

  /// A run; `start` is below `end`.
  package init(line: Int, start: Int, end: Int) {
    self.line = Int32(truncatingIfNeeded: line)
    self.start = Int32(truncatingIfNeeded: start)
    self.end = Int32(truncatingIfNeeded: end)
  }

  /// The number of voxels.
  package var count: Int { Int(end - start) }
}

/// A set of voxels as runs, sorted by line and column, that neither touch nor overlap.
package struct VoxelSet: Hashable, Sendable {
  /// The runs.
  package private(set) var runs: [VoxelRun]

  /// No voxels.
  package init() { runs = [] }

  /// The voxels of runs in any order that do not overlap.
  package init(_ runs: [VoxelRun]) {
    let sorted = runs.sorted { ($0.line, $0.start) < ($1.line, $1.start) }
    self.runs = []
    self.runs.reserveCapacity(sorted.count)
    for run in sorted {
      if let last = self.runs.last, last.line == run.line, last.end >= run.start {
        self.runs[self.runs.count - 1] = VoxelRun(
          line: Int(run.line), start: Int(last.start), end: Int(max(last.end, run.end)))
      } else {
        self.runs.append(run)
      }
    }
  }

  /// The voxels of indices into a volume of a number of columns, in rising order.
  package init(indices: [Int], columns: Int) {
    var runs: [VoxelRun] = []
    for index in indices {
      let (line, column) = index.quotientAndRemainder(dividingBy: columns)
      if let last = runs.last, Int(last.line) == line, Int(last.end) == column {
        runs[runs.count - 1] = VoxelRun(line: line, start: Int(last.start), end: column + 1)
      } else {
        runs.append(VoxelRun(line: line, start: column, end: column + 1))
      }
    }
    self.init(runs)
  }

  /// Whether there are none.
  package var isEmpty: Bool { runs.isEmpty }

  /// The number of voxels.
  package var count: Int { runs.reduce(0) { $0 + $1.count } }

  /// Whether it holds a voxel of a line.
  package func contains(line: Int, column: Int) -> Bool {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      let run = runs[middle]
      if (Int(run.line), Int(run.end)) <= (line, column) { low = middle + 1 } else { high = middle }
    }
    return low < runs.count && Int(runs[low].line) == line && Int(runs[low].start) <= column
  }

  /// The indices of the voxels in a volume of a number of columns.
  package func indices(columns: Int) -> [Int] {
    runs.flatMap { Int($0.line) * columns + Int($0.start)..<Int($0.line) * columns + Int($0.end) }
  }

  /// The voxels for which a rule holds.
  package func filter(_ holds: (_ line: Int, _ column: Int) -> Bool) -> VoxelSet {
    var kept: [VoxelRun] = []
    for run in runs {
      var start: Int?
      for column in Int(run.start)..<Int(run.end) {
        if holds(Int(run.line), column) {
          start = start ?? column
        } else if let first = start {
          kept.append(VoxelRun(line: Int(run.line), start: first, end: column))
          start = nil
        }
      }
      if let start {
        kept.append(VoxelRun(line: Int(run.line), start: start, end: Int(run.end)))
      }
    }
    return VoxelSet(kept)
  }

  /// The voxels that are not in another set.
  package func subtracting(_ other: VoxelSet) -> VoxelSet {
    guard let first = runs.first, let last = runs.last, let otherFirst = other.runs.first,
      let otherLast = other.runs.last, otherFirst.line <= last.line, first.line <= otherLast.line
    else { return self }
    return filter { !other.contains(line: $0, column: $1) }
  }

  /// The voxels of both sets.
  package func union(_ other: VoxelSet) -> VoxelSet { VoxelSet(runs + other.runs) }

  /// The number of voxels that are in another set, too.
  package func overlap(_ other: VoxelSet) -> Int { count - subtracting(other).count }
}

extension VoxelSet: Codable {
  /// Reads line, start and end of each run, one after the other.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let numbers = try container.decode([Int32].self)
    guard numbers.count % 3 == 0 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "runs have three numbers each")
    }
    var runs: [VoxelRun] = []
    for i in stride(from: 0, to: numbers.count, by: 3) {
      guard numbers[i] >= 0, numbers[i + 1] >= 0, numbers[i + 2] > numbers[i + 1] else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "a run has a line, a start and a later end")
      }
      runs.append(
        VoxelRun(line: Int(numbers[i]), start: Int(numbers[i + 1]), end: Int(numbers[i + 2])))
    }
    self.init(runs)
  }

  /// Writes line, start and end of each run, one after the other.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(runs.flatMap { [$0.line, $0.start, $0.end] })
  }
}
