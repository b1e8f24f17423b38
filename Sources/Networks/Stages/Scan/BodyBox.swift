// SPDX-License-Identifier: Apache-2.0
import Volume

/// The box about a patient's body in a coarse scan, in its rows and columns; all slices belong to it.
///
/// What lies outside is air, table and blankets. A localiser that does not look there takes less time and
/// memory, and its normalisation sees about as much air as in training.
struct BodyBox: Sendable {
  let rows: Range<Int>
  let columns: Range<Int>

  /// What is denser than this, in HU, may be the body; lungs lie within what is.
  private static let least: Float = -300
  /// How far the box reaches beyond the body, in mm.
  private static let margin = 16.0

  /// The box about the largest connected dense piece; the whole scan where there is none.
  init(of scan: CoarseScan) {
    let (ny, nx) = (scan.extent[1], scan.extent[2])
    let pieces = ConnectedComponents(
      of: scan.hu.map { $0 > Self.least ? 1 : 0 }, shape: scan.extent, connectivity: .faces)
    guard let largest = pieces.sizes.indices.max(by: { pieces.sizes[$0] < pieces.sizes[$1] }) else {
      (rows, columns) = (0..<ny, 0..<nx)
      return
    }
    var (low, high) = (SIMD2(ny, nx), SIMD2(0, 0))
    for (i, label) in pieces.labels.enumerated() where Int(label) == largest + 1 {
      let place = SIMD2(i / nx % ny, i % nx)
      low = pointwiseMin(low, place)
      high = pointwiseMax(high, place)
    }
    let margin = Int((Self.margin / scan.spacing).rounded(.up))
    rows = max(0, low.x - margin)..<min(ny, high.x + margin + 1)
    columns = max(0, low.y - margin)..<min(nx, high.y + margin + 1)
  }

  /// The part of a grid with axes z, y, x that lies in the box, and its extent.
  func cut(_ values: [Float], _ extent: [Int]) -> (values: [Float], extent: [Int]) {
    var cut: [Float] = []
    cut.reserveCapacity(extent[0] * rows.count * columns.count)
    for z in 0..<extent[0] {
      for y in rows {
        let row = (z * extent[1] + y) * extent[2]
        cut += values[row + columns.lowerBound..<row + columns.upperBound]
      }
    }
    return (cut, [extent[0], rows.count, columns.count])
  }

  /// Maps of the box on the whole grid; outside there is the first class, the background, and no heat.
  func spread(_ maps: LocaliserMaps, over extent: [Int]) -> LocaliserMaps {
    let count = extent.reduce(1, *)
    let part = maps.extent.reduce(1, *)
    func spread(_ values: [Float], outside: (Int) -> Float) -> [Float] {
      let channels = part == 0 ? 0 : values.count / part
      var whole: [Float] = []
      whole.reserveCapacity(channels * count)
      for channel in 0..<channels {
        whole += repeatElement(outside(channel), count: count)
        for z in 0..<extent[0] {
          for (j, y) in rows.enumerated() {
            let from = channel * part + (z * rows.count + j) * columns.count
            let to = channel * count + (z * extent[1] + y) * extent[2] + columns.lowerBound
            whole.replaceSubrange(
              to..<to + columns.count, with: values[from..<from + columns.count])
          }
        }
      }
      return whole
    }
    return LocaliserMaps(
      extent: extent, probabilities: spread(maps.probabilities) { $0 == 0 ? 1 : 0 },
      heatMaps: spread(maps.heatMaps) { _ in 0 })
  }
}
