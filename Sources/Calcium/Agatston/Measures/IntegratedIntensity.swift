// SPDX-License-Identifier: Apache-2.0
import Volume

/// The volume in mm³ of an object by integrated intensity, independent of any threshold.
///
/// V = (Σ HU − N · HU_background) / (HU_object − HU_background) · voxel volume, after Black 2023
/// (doi:10.1117/1.JMI.10.4.043502). The region has to hold the whole object and its blurred rim.
///
/// - Returns: the volume, or `nil` where object and background have the same attenuation.
public func integratedIntensityVolume(
  sum: Double, count: Int, background: Double, object: Double, voxelVolume: Double
) -> Double? {
  let contrast = object - background
  guard contrast != 0, contrast.isFinite, sum.isFinite else { return nil }
  return (sum - Double(count) * background) / contrast * voxelVolume
}

/// Sums over a lesion with its blurred rim, and the background around it.
///
/// Blur moves attenuation but keeps its sum, so calcium under the threshold is counted, too. The rim
/// reaches 2 mm in the plane, twice the usual point spread, and one slice up and down; the median of
/// what is not calcium within 2 to 4 mm is the background. Voxels of other lesions belong to neither;
/// a rim between two lesions closer than 4 mm counts for both. Blood and wall within the rim count as
/// far as they are brighter than the background: in fat the result is too large rather than too small.
struct Surroundings {
  /// The sum over the lesion and its rim.
  struct Excess {
    /// Σ HU.
    let sum: Double
    /// The number of voxels.
    let voxels: Int
    /// The median attenuation around them in HU.
    let background: Double
  }

  private static let rim = 2.0
  private static let shell = 4.0
  /// With fewer voxels than this around it a lesion has no background.
  private static let fewest = 8

  private let ct: Volume<Int16>
  private let runs: Runs
  private let components: Components
  private let darkest: Int
  /// The runs of each lesion.
  private let members: [[Int]]
  private let firstOfLine: [Int32]

  init(ct: Volume<Int16>, runs: Runs, components: Components, darkest: Int) {
    (self.ct, self.runs, self.components, self.darkest) = (ct, runs, components, darkest)
    var members = [[Int]](repeating: [], count: components.count)
    for (run, lesion) in components.ofRun.enumerated() { members[Int(lesion)].append(run) }
    self.members = members
    firstOfLine = Components.firstRunOfLine(runs)
  }

  /// The sum over a lesion and its rim; `nil` where its background is unknown.
  func excess(of lesion: Int) -> Excess? {
    let lesionRuns = members[lesion].map { runs.runs[$0] }
    let extent = ct.extent
    let spacing = ct.geometry.spacing
    let reach = (
      x: Int((Self.shell / spacing.x).rounded(.up)), y: Int((Self.shell / spacing.y).rounded(.up))
    )
    let lines = lesionRuns.map { Int($0.line).quotientAndRemainder(dividingBy: extent.rows) }
    let slices = bounds(lines.map(\.quotient), reach: 1, count: extent.slices)
    let rows = bounds(lines.map(\.remainder), reach: reach.y, count: extent.rows)
    let columns = bounds(
      lesionRuns.flatMap { [Int($0.start), Int($0.end) - 1] }, reach: reach.x, count: extent.columns
    )
    var sum = 0.0
    var voxels = 0
    var around: [Int16] = []
    var kinds = [Kind](repeating: .far, count: rows.count * columns.count)
    for slice in slices {
      for i in kinds.indices { kinds[i] = .far }
      for (kind, mm) in [(Kind.shell, Self.shell), (.rim, Self.rim)] {
        for (run, line) in zip(lesionRuns, lines) where abs(line.quotient - slice) <= 1 {
          // Background is sought beside the lesion, not above it.
          if kind == .shell, line.quotient != slice { continue }
          mark(kind, mm, run, row: line.remainder, rows, columns, spacing, &kinds)
        }
      }
      for row in rows {
        let line = slice * extent.rows + row
        for index in Int(firstOfLine[line])..<Int(firstOfLine[line + 1])
        where Int(components.ofRun[index]) != lesion {
          let run = runs.runs[index]
          let other = (Int(run.start)..<Int(run.end)).clamped(to: columns)
          for column in other {
            kinds[(row - rows.lowerBound) * columns.count + column - columns.lowerBound] = .far
          }
        }
        for column in columns {
          let value = ct[slice, row, column]
          switch kinds[(row - rows.lowerBound) * columns.count + column - columns.lowerBound] {
          case .rim:
            sum += Double(value)
            voxels += 1
          case .shell: if Int(value) < darkest { around.append(value) }
          case .far: break
          }
        }
      }
    }
    guard around.count >= Self.fewest else { return nil }
    around.sort()
    let n = around.count
    let median = (Double(around[(n - 1) / 2]) + Double(around[n / 2])) / 2
    return Excess(sum: sum, voxels: voxels, background: median)
  }

  private enum Kind { case far, shell, rim }

  private func bounds(_ positions: [Int], reach: Int, count: Int) -> Range<Int> {
    max((positions.min() ?? 0) - reach, 0)..<min((positions.max() ?? 0) + reach + 1, count)
  }

  /// Marks what lies within a distance of a run.
  private func mark(
    _ kind: Kind, _ distance: Double, _ run: Run, row: Int, _ rows: Range<Int>,
    _ columns: Range<Int>, _ spacing: SIMD3<Double>, _ kinds: inout [Kind]
  ) {
    let reach = Int(distance / spacing.y)
    for y in (row - reach..<row + reach + 1).clamped(to: rows) {
      let dy = Double(y - row) * spacing.y
      let dx = Int(max(0, distance * distance - dy * dy).squareRoot() / spacing.x)
      let span = (Int(run.start) - dx..<Int(run.end) + dx).clamped(to: columns)
      let base = (y - rows.lowerBound) * columns.count - columns.lowerBound
      for x in span { kinds[base + x] = kind }
    }
  }
}
