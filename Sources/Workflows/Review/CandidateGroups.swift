// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Volume

/// The groups of voxels of a CT that reach a threshold, connected by faces, edges or corners, also over
/// slices, as the lesions of `cac score` are.
///
/// Found once for a scan; a click looks its group up.
package struct CandidateGroups: Sendable {
  /// The size of the volume.
  package let extent: Extent
  /// The least HU of a voxel.
  package let threshold: Int16
  private let runs: [VoxelRun]
  private let group: [Int32]
  /// The runs of group g are `order[first[g]..<first[g + 1]]`.
  private let order: [Int32]
  private let first: [Int32]

  /// The groups of a CT.
  ///
  /// - Throws: `AgatstonError` where the volume is too large.
  package init(_ ct: Volume<Int16>, threshold: Int16) throws {
    let found = try Runs(ct: ct, threshold: threshold)
    let components = try Components(found, connectivity: .twentySix)
    extent = ct.extent
    self.threshold = threshold
    runs = found.runs.map {
      VoxelRun(line: Int($0.line), start: Int($0.start), end: Int($0.end))
    }
    group = components.ofRun
    var counts = [Int32](repeating: 0, count: components.count + 1)
    for g in group { counts[Int(g) + 1] += 1 }
    for g in counts.indices.dropFirst() { counts[g] += counts[g - 1] }
    first = counts
    var next = counts
    var order = [Int32](repeating: 0, count: runs.count)
    for (i, g) in group.enumerated() {
      order[Int(next[Int(g)])] = Int32(truncatingIfNeeded: i)
      next[Int(g)] += 1
    }
    self.order = order
  }

  /// The number of groups.
  package var count: Int { first.count - 1 }

  /// The group of a voxel (x, y, z); `nil` where the voxel is below the threshold or outside.
  package func group(at voxel: [Int]) -> VoxelSet? {
    guard let i = run(at: voxel) else { return nil }
    let g = Int(group[i])
    return VoxelSet(order[Int(first[g])..<Int(first[g + 1])].map { runs[Int($0)] })
  }

  /// The bright voxels of some lines.
  package func voxels(inLines lines: Range<Int>) -> VoxelSet {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(runs[middle].line) < lines.lowerBound { low = middle + 1 } else { high = middle }
    }
    var end = low
    while end < runs.count, Int(runs[end].line) < lines.upperBound { end += 1 }
    return VoxelSet(Array(runs[low..<end]))
  }

  /// Whether three numbers are a voxel of the volume.
  package func contains(_ voxel: [Int]) -> Bool {
    voxel.count == 3 && (0..<extent.columns).contains(voxel[0])
      && (0..<extent.rows).contains(voxel[1]) && (0..<extent.slices).contains(voxel[2])
  }

  /// The line of a voxel.
  package func line(of voxel: [Int]) -> Int { voxel[2] * extent.rows + voxel[1] }

  private func run(at voxel: [Int]) -> Int? {
    guard contains(voxel) else { return nil }
    let line = line(of: voxel)
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if (Int(runs[middle].line), Int(runs[middle].end)) <= (line, voxel[0]) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < runs.count, Int(runs[low].line) == line, Int(runs[low].start) <= voxel[0] else {
      return nil
    }
    return low
  }
}

extension VoxelSet {
  /// The parts of the set that are connected within one slice (`isPlanar`) or in three dimensions,
  /// by faces, edges or corners, in the order of their first voxels.
  package func parts(rows: Int, isPlanar: Bool) -> [VoxelSet] {
    guard !runs.isEmpty else { return [] }
    var parent = Array(runs.indices)
    func root(_ i: Int) -> Int {
      var i = i
      while parent[i] != i {
        parent[i] = parent[parent[i]]
        i = parent[i]
      }
      return i
    }
    var firstOfLine: [Int32: Int] = [:]
    for (i, run) in runs.enumerated() where firstOfLine[run.line] == nil {
      firstOfLine[run.line] = i
    }
    let r = Int32(truncatingIfNeeded: rows)
    for (i, run) in runs.enumerated() {
      let row = run.line % r
      var lines: [Int32] = row > 0 ? [run.line - 1] : []
      if !isPlanar {
        lines.append(run.line - r)
        if row > 0 { lines.append(run.line - r - 1) }
        if row + 1 < r { lines.append(run.line - r + 1) }
      }
      for line in lines {
        guard var j = firstOfLine[line] else { continue }
        while j < runs.count, runs[j].line == line, runs[j].start <= run.end {
          if runs[j].end >= run.start {
            let (a, b) = (root(i), root(j))
            parent[max(a, b)] = min(a, b)
          }
          j += 1
        }
      }
    }
    var parts: [Int: [VoxelRun]] = [:]
    for i in runs.indices { parts[root(i), default: []].append(runs[i]) }
    return parts.keys.sorted().map { VoxelSet(parts[$0] ?? []) }
  }
}
