// SPDX-License-Identifier: Apache-2.0
import Learning
package import Torch
import Volume

/// Evaluates the first network at some voxels of a scan.
///
/// Each orientation's planes are divided into tiles; of each tile only the box about its voxels is
/// computed, if there are any. The convolutions are valid, so that the result at a voxel does not depend on the tiles. The
/// memory is that of 96 features of each voxel and of one tile's layers.
package struct DetectorScan {
  /// The largest edge of the output of a tile, in pixels.
  package static let usualTile = 128
  /// The voxels whose heads are computed at once.
  private static let chunk = 8192

  private let detector: LessmannDetector
  private let device: Device
  private let tile: Int

  /// A way to evaluate a network with tiles of an edge.
  package init(_ detector: LessmannDetector, on device: Device, tile: Int = usualTile) {
    self.detector = detector
    self.device = device
    self.tile = tile
  }

  /// The probabilities (voxel, class) at voxels.
  ///
  /// - Parameters:
  ///   - voxels: places in the scan's array.
  ///   - scan: the scan.
  ///   - progress: told the share that is done, from 0 to 1; may throw to end the work.
  package func probabilities(
    of voxels: [Int32], in scan: SlabScan, progress: (Double) throws -> Void = { _ in }
  ) throws -> [Float] {
    try withInferenceMode {
      let width = LessmannColumn.width
      var features = [Float](repeating: 0, count: voxels.count * 3 * width)
      for orientation in Orientation.allCases {
        let tiles = tiles(of: voxels, in: scan, orientation)
        for (number, tile) in tiles.enumerated() {
          try add(tile, of: scan, orientation, to: &features)
          let done = Double(orientation.rawValue) + Double(number + 1) / Double(tiles.count)
          try progress(done / 3)
        }
      }
      var values: [Float] = []
      for start in stride(from: 0, to: voxels.count, by: Self.chunk) {
        let count = min(Self.chunk, voxels.count - start)
        let part = Array(features[start * 3 * width..<(start + count) * 3 * width])
        values += try detector.probabilities(Tensor(part, shape: [count, 3 * width]).to(device))
          .floats()
      }
      return values
    }
  }

  /// The voxels of a tile of a plane, by their numbers, and the rows and columns they lie in.
  private struct Tile {
    let plane: Int
    var rows: ClosedRange<Int>
    var columns: ClosedRange<Int>
    var voxels: [(number: Int, row: Int, column: Int)] = []

    init(plane: Int, row: Int, column: Int) {
      self.plane = plane
      (rows, columns) = (row...row, column...column)
    }

    mutating func add(_ number: Int, row: Int, column: Int) {
      rows = min(rows.lowerBound, row)...max(rows.upperBound, row)
      columns = min(columns.lowerBound, column)...max(columns.upperBound, column)
      voxels.append((number, row, column))
    }
  }

  private func tiles(
    of voxels: [Int32], in scan: SlabScan, _ orientation: Orientation
  ) -> [Tile] {
    var numbers: [[Int]: Int] = [:]
    var tiles: [Tile] = []
    for (i, voxel) in voxels.enumerated() {
      let place = orientation.place(scan.index(Int(voxel)))
      let key = [place.plane, place.row / tile, place.column / tile]
      let number = numbers[key] ?? tiles.count
      if number == tiles.count {
        numbers[key] = number
        tiles.append(Tile(plane: place.plane, row: place.row, column: place.column))
      }
      tiles[number].add(i, row: place.row, column: place.column)
    }
    return tiles
  }

  /// Computes a tile and writes the features of its voxels.
  private func add(
    _ part: Tile, of scan: SlabScan, _ orientation: Orientation, to features: inout [Float]
  ) throws {
    let width = LessmannColumn.width
    // What the outputs of the tile see of the plane, with the place of its first pixel.
    let layout = orientation.layout(scan.grid.extent)
    let reach = LessmannColumn.margin / 2
    let rows = part.rows.seen(within: layout.rows, reach)
    let columns = part.columns.seen(within: layout.columns, reach)
    let (top, left) = (part.rows.lowerBound, part.columns.lowerBound)
    let window = IntensityWindow.detector
    let outside = window(SlabScan.outside)
    var pixels: [Float] = []
    pixels.reserveCapacity(rows.count * columns.count)
    orientation.cut(
      scan.hu, scan.grid.extent, plane: part.plane, from: (rows.lowerBound, columns.lowerBound),
      size: (rows.count, columns.count), outside: outside, into: &pixels
    ) { window($0) }
    let places = part.voxels.map {
      Int64(($0.row - top) * part.columns.count + $0.column - left)
    }
    let found = try detector.features(
      Tensor(pixels, shape: [1, 1, rows.count, columns.count]).to(device),
      outside: Double(outside),
      rows: top - rows.lowerBound..<part.rows.upperBound + 1 - rows.lowerBound,
      columns: left - columns.lowerBound..<part.columns.upperBound + 1 - columns.lowerBound,
      orientation: orientation.rawValue
    ).reshaped([width, -1]).selected(1, indices: Tensor(places).to(device)).floats()
    for (i, voxel) in part.voxels.enumerated() {
      let start = (3 * voxel.number + orientation.rawValue) * width
      for j in 0..<width { features[start + j] = found[j * part.voxels.count + i] }
    }
  }
}

extension ClosedRange<Int> {
  /// The indices up to a distance from these, as far as there are so many.
  fileprivate func seen(within count: Int, _ distance: Int) -> Range<Int> {
    Swift.max(0, lowerBound - distance)..<Swift.min(count, upperBound + distance + 1)
  }
}
