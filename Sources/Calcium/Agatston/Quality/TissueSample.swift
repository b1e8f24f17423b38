// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Homogeneous tissue of the heart's region, found without a model: its attenuation and its noise.
///
/// A window of 4 × 4 blocks of 4 mm is of one tissue where its standard deviation is at most 1.5 times
/// that of the soft tissue around it (`NoiseMap`). Windows between the lungs, in the front two thirds
/// of their height, lie in the blood pool, the heart's wall or the liver's dome; the spine lies
/// behind, and the marrow of vertebrae, which reaches 200 HU, may lie at the edge of the area. If such
/// windows above 130 HU hold 10 mL or more, and a twelfth of all windows or a connected piece of 60 mL,
/// the blood is taken to be enhanced and only these windows are the sample: no other tissue there is
/// that bright over so much.
public struct TissueSample: Hashable, Sendable {
  /// The median attenuation in HU.
  public let median: Double
  /// The robust standard deviation in HU: the distance between quartiles ÷ 1.349.
  public let noise: Double
  /// The correlation of the noise between neighbouring voxels along (x, y, z).
  public let correlation: SIMD3<Double>
  /// The correlation at twice that distance; along z it is not measured and taken as 0.
  public let secondCorrelation: SIMD3<Double>
  /// The volume of the sampled windows in mm³.
  public let volume: Double
  /// The noise of the windows divided by the noise map there: blocks are too small to hold the
  /// lowest frequencies.
  let blockRatio: Double

  /// The mean attenuation above which blood is enhanced, in HU.
  static let enhanced: Float = 130
  /// The least volume of enhanced blood, in mm³; dense bone and stents are smaller.
  private static let enhancedVolume = 10_000.0
  /// The least share of enhanced blood in all windows: vertebrae had up to 0.03 in chests without
  /// contrast, the blood of hearts with it has 0.3.
  private static let enhancedShare = 1.0 / 12
  /// The volume of a connected piece, in mm³, that is enhanced blood whatever its share, as in a whole
  /// chest: vertebrae are apart and hold 20 to 35 mL each.
  private static let enhancedPiece = 60_000.0
  /// The largest standard deviation of a homogeneous window, as a multiple of the noise map.
  static let tolerance: Float = 1.5

  /// Looks for homogeneous tissue; `nil` where there is too little of it to tell.
  public init?(_ ct: Volume<Int16>) {
    let blocks = BlockGrid(ct, millimetres: 4)
    guard let noiseMap = NoiseMap(blocks) else { return nil }
    self.init(ct, blocks: blocks, noiseMap: noiseMap)
  }

  init?(_ ct: Volume<Int16>, blocks: BlockGrid, noiseMap: NoiseMap) {
    let area = HeartArea(blocks, direction: ct.geometry.direction)
    var windows: [Window] = []
    for slice in 0..<blocks.slices {
      for row in area.rows.dropLast(3) {
        for column in area.columns.dropLast(3) {
          let window = Window(blocks, slice: slice, row: row, column: column)
          let limit = TissueSample.tolerance * noiseMap[slice, row + 2, column + 2]
          if window.mean > -30, window.mean < 800, window.deviation < limit {
            windows.append(window)
          }
        }
      }
    }
    let blockVolume = Double(blocks.side.x * blocks.side.y) * ct.geometry.voxelVolume
    let bright = windows.filter { $0.mean > TissueSample.enhanced }
    let isEnhanced = TissueSample.isBlood(
      blocks.covered(by: bright), of: windows, in: blocks, blockVolume: blockVolume)
    windows = isEnhanced ? bright : windows.filter { $0.mean <= TissueSample.enhanced }
    // The most homogeneous of them: those whose deviation is the most frequent, or below.
    guard let mode = halfSampleMode(windows.map(\.deviation).sorted()) else { return nil }
    windows = windows.filter { $0.deviation < 1.15 * mode }
    guard windows.count >= 8 else { return nil }
    volume = Double(blocks.covered(by: windows).count { $0 != 0 }) * blockVolume
    let residuals = NoiseSums(ct, blocks: blocks, windows: windows)
    median = residuals.median
    noise = residuals.deviation
    correlation = residuals.correlation(lag: 0)
    secondCorrelation = residuals.correlation(lag: 1)
    let local = windows.reduce(0.0) { $0 + Double(noiseMap[$1.slice, $1.row + 2, $1.column + 2]) }
    blockRatio = noise / (local / Double(windows.count))
    guard noise > 0 else { return nil }
  }

  /// Whether bright blocks are enhanced blood rather than bone.
  private static func isBlood(
    _ bright: [UInt8], of windows: [Window], in blocks: BlockGrid, blockVolume: Double
  ) -> Bool {
    let count = bright.count { $0 != 0 }
    guard Double(count) * blockVolume >= enhancedVolume else { return false }
    let all = blocks.covered(by: windows).count { $0 != 0 }
    if Double(count) >= enhancedShare * Double(all) { return true }
    let pieces = ConnectedComponents(
      of: bright, shape: [blocks.slices, blocks.rows, blocks.columns], connectivity: .faces)
    return Double(pieces.sizes.max() ?? 0) * blockVolume >= enhancedPiece
  }
}

/// A window of 4 × 4 blocks in one slice.
struct Window {
  let slice: Int
  let row: Int
  let column: Int
  let mean: Float
  /// Within and between its blocks.
  let deviation: Float

  init(_ blocks: BlockGrid, slice: Int, row: Int, column: Int) {
    (self.slice, self.row, self.column) = (slice, row, column)
    var (sum, square, within) = (Float(0), Float(0), Float(0))
    for y in row..<row + 4 {
      for x in column..<column + 4 {
        let i = blocks.index(slice, y, x)
        sum += blocks.mean[i]
        square += blocks.mean[i] * blocks.mean[i]
        within += blocks.deviation[i] * blocks.deviation[i]
      }
    }
    mean = sum / 16
    deviation = (within / 16 + max(0, square / 16 - mean * mean)).squareRoot()
  }
}

extension BlockGrid {
  /// 1 for each block that windows cover, else 0; windows overlap.
  func covered(by windows: [Window]) -> [UInt8] {
    var isCovered = [UInt8](repeating: 0, count: mean.count)
    for window in windows {
      for y in window.row..<window.row + 4 {
        for x in window.column..<window.column + 4 {
          isCovered[index(window.slice, y, x)] = 1
        }
      }
    }
    return isCovered
  }
}

/// The blocks of a slice among which the heart lies.
private struct HeartArea {
  var columns: Range<Int>
  var rows: Range<Int>

  /// Between the lungs' sides and in the front two thirds of their height; without lungs, anywhere.
  init(_ blocks: BlockGrid, direction: Direction) {
    (columns, rows) = (0..<blocks.columns, 0..<blocks.rows)
    var across = [Int](repeating: 0, count: blocks.columns)
    var along = [Int](repeating: 0, count: blocks.rows)
    for slice in 0..<blocks.slices {
      for row in 0..<blocks.rows {
        for column in 0..<blocks.columns {
          let value = blocks.mean[blocks.index(slice, row, column)]
          if LungRange.contains(value) {
            across[column] += 1
            along[row] += 1
          }
        }
      }
    }
    let count = along.reduce(0, +)
    guard LungRange.isPair(of: count, among: blocks.mean.count), abs(direction.y.y) > 0.5 else {
      return
    }
    columns = HeartArea.extent(across, count)
    let height = HeartArea.extent(along, count)
    let part = (height.count * 2 + 2) / 3
    rows =
      direction.y.y > 0
      ? height.lowerBound..<height.lowerBound + part
      : height.upperBound - part..<height.upperBound
  }

  /// Where all but the outer two per cent on either side lie.
  private static func extent(_ counts: [Int], _ total: Int) -> Range<Int> {
    var (below, first, last) = (0, 0, counts.count - 1)
    while first < last, (below + counts[first]) * 50 <= total {
      below += counts[first]
      first += 1
    }
    var above = 0
    while last > first, (above + counts[last]) * 50 <= total {
      above += counts[last]
      last -= 1
    }
    return first..<last + 1
  }
}
