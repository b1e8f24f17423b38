// SPDX-License-Identifier: Apache-2.0
import Volume

/// The connected components of runs.
///
/// Base has connected components of voxels; scoring has its own of runs because they are faster by
/// far: a mask or a thresholded scan is read once into a few thousand runs, and joining these costs
/// hardly anything, where labelling voxels touches all twelve million of a scan again.
package struct Components: Sendable {
  /// The component of each run; components are numbered in the order of their first run.
  package let ofRun: [Int32]
  /// The number of components.
  package let count: Int

  /// Joins runs by a union-find over neighbouring lines (Rosenfeld & Pfaltz 1966, on runs).
  ///
  /// Touching runs of one line differ in their label only and are always connected.
  ///
  /// - Throws: `AgatstonError.geometry` for two thousand million runs and more.
  package init(_ all: Runs, connectivity: Connectivity) throws(AgatstonError) {
    let runs = all.runs
    guard runs.count < Int(Int32.max) else {
      throw AgatstonError(.geometry, subject: "mask", detail: "has too many runs to score")
    }
    let rows = all.extent.rows
    let reach = connectivity.reach
    let first = Components.firstRunOfLine(all)
    var parent = (0..<Int32(runs.count)).map { $0 }

    runs.withUnsafeBufferPointer { runs in
      first.withUnsafeBufferPointer { first in
        parent.withUnsafeMutableBufferPointer { parent in
          func root(_ run: Int) -> Int32 {
            var i = Int32(truncatingIfNeeded: run)
            while parent[Int(i)] != i {
              parent[Int(i)] = parent[Int(parent[Int(i)])]
              i = parent[Int(i)]
            }
            return i
          }
          func join(_ a: Int, _ b: Int) {
            let (p, q) = (root(a), root(b))
            if p < q { parent[Int(q)] = p } else if q < p { parent[Int(p)] = q }
          }
          func link(_ line: Int, with other: Int) {
            var (i, j) = (Int(first[line]), Int(first[other]))
            let (iEnd, jEnd) = (Int(first[line + 1]), Int(first[other + 1]))
            while i < iEnd, j < jEnd {
              if runs[i].start < runs[j].end + reach, runs[j].start < runs[i].end + reach {
                join(i, j)
              }
              if runs[i].end < runs[j].end { i += 1 } else { j += 1 }
            }
          }
          var i = 0
          while i < runs.count {
            let line = Int(runs[i].line)
            let end = Int(first[line + 1])
            for k in i + 1..<max(end, i + 1) where runs[k].start == runs[k - 1].end {
              join(k, k - 1)
            }
            let row = line % rows
            if row > 0 { link(line, with: line - 1) }
            if !connectivity.isPlanar, line >= rows {
              let above = line - rows
              if reach > 0, row > 0 { link(line, with: above - 1) }
              link(line, with: above)
              if reach > 0, row + 1 < rows { link(line, with: above + 1) }
            }
            i = end
          }
        }
      }
    }
    // A root is the smallest run of its component, so its number exists before it is asked for.
    var next: Int32 = 0
    for i in parent.indices {
      let up = Int(parent[i])
      if up == i {
        parent[i] = next
        next += 1
      } else {
        parent[i] = parent[up]
      }
    }
    ofRun = parent
    count = Int(next)
  }

  /// The number of voxels of each component; `runs` are those that it was made of.
  package func voxelCounts(of runs: Runs) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for (run, component) in zip(runs.runs, ofRun) { counts[Int(component)] += run.count }
    return counts
  }

  /// For each line the index of its first run, and one more at the end.
  static func firstRunOfLine(_ all: Runs) -> [Int32] {
    let lines = all.extent.slices * all.extent.rows
    var first: [Int32] = []
    first.reserveCapacity(lines + 1)
    for (i, run) in all.runs.enumerated() {
      while first.count <= Int(run.line) { first.append(Int32(truncatingIfNeeded: i)) }
    }
    while first.count <= lines { first.append(Int32(truncatingIfNeeded: all.runs.count)) }
    return first
  }
}
