// SPDX-License-Identifier: Apache-2.0

/// The standard deviation of soft tissue by region: noise grows towards the middle of the body.
///
/// A cell of 10 × 10 blocks in four slices, some 40 mm wide, has the median of the deviations of
/// its blocks between 0 and 100 HU (Christianson 2015, AJR 205:W93, takes the mode over the scan).
/// Medians do not follow the few blocks that hold an edge. A cell with too few such blocks has the
/// median of the scan.
struct NoiseMap {
  private static let side = 10
  private static let depth = 4
  /// The fewest soft blocks from which a cell's noise is known to within a few per cent.
  private static let fewest = 60

  private let columns: Int
  private let rows: Int
  private var cells: [Float]

  /// The noise of a scan; `nil` where it has hardly any soft tissue or no noise.
  init?(_ blocks: BlockGrid) {
    columns = (blocks.columns + NoiseMap.side - 1) / NoiseMap.side
    rows = (blocks.rows + NoiseMap.side - 1) / NoiseMap.side
    let layers = (blocks.slices + NoiseMap.depth - 1) / NoiseMap.depth
    cells = []
    var members = [[Float]](repeating: [], count: columns * rows * layers)
    for slice in 0..<blocks.slices {
      for row in 0..<blocks.rows {
        for column in 0..<blocks.columns {
          let i = blocks.index(slice, row, column)
          if blocks.mean[i] >= 0, blocks.mean[i] <= 100 {
            members[cell(slice, row, column)].append(blocks.deviation[i])
          }
        }
      }
    }
    let medians = members.map { $0.count < NoiseMap.fewest ? nil : NoiseMap.upperMedian($0) }
    guard let overall = NoiseMap.upperMedian(members.flatMap(\.self)), overall > 0,
      members.reduce(0, { $0 + $1.count }) >= 16
    else { return nil }
    cells = medians.map { $0.flatMap { $0 > 0 ? $0 : nil } ?? overall }
  }

  /// The standard deviation of soft tissue around a block, in HU.
  subscript(slice: Int, row: Int, column: Int) -> Float { cells[cell(slice, row, column)] }

  private func cell(_ slice: Int, _ row: Int, _ column: Int) -> Int {
    (slice / NoiseMap.depth * rows + row / NoiseMap.side) * columns + column / NoiseMap.side
  }

  /// The middle value, or the upper of the two middle ones.
  private static func upperMedian(_ values: [Float]) -> Float? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }
}
