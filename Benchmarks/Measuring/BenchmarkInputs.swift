// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Phantom
import TestSupport
import Volume

/// The data that several groups share, made when first asked for.
final class BenchmarkInputs {
  /// A folder that is removed at the end.
  private(set) lazy var folder = Result { try TemporaryFolder() }
  private var madeScan: PhantomSubject?

  /// A path in the temporary folder.
  func file(_ name: String) throws -> URL { try folder.get().file(name) }

  /// A synthetic scan of 57 × 512 × 512, as long as gated scans get.
  func scan() async throws -> PhantomSubject {
    if let madeScan { return madeScan }
    let subject = try await phantomSubject(id: 3, options: PhantomOptions(seed: 1, slices: 57))
    madeScan = subject
    return subject
  }
}

/// Throws if a volume did not come back from disk as it was: the time of a wrong answer is no time.
func requireSame(_ read: Volume<Int16>, _ written: Volume<Int16>, _ format: String) throws {
  try read.requireSameGrid(as: written, subject: "the volumes written and read as \(format)")
  guard read.voxels == written.voxels else { throw WrongResult(name: format) }
}

/// A step whose result is not that of another run, or not what was put in.
struct WrongResult: Error, CustomStringConvertible {
  let name: String

  var description: String {
    "\(name): the result is not what it should be; its time means nothing until that is mended"
  }
}

/// A blob of an exact number of pixels: those nearest to the middle of a dented ellipse.
///
/// Offsets from its middle as (column, row), ordered from the middle outwards.
func blob(pixels count: Int, seed: UInt64) -> [SIMD2<Int>] {
  var random = SplitMix64(seed: seed)
  let turn = Double.random(in: 0..<2 * .pi, using: &random)
  let stretch = Double.random(in: 1...2, using: &random)
  let dents = Double.random(in: 2...4, using: &random).rounded()
  let reach = Int((Double(count) * 3).squareRoot()) + 2
  var places: [(pixel: SIMD2<Int>, distance: Double)] = []
  for row in -reach...reach {
    for column in -reach...reach {
      let along = Double(column) * cos(turn) + Double(row) * sin(turn)
      let across = (Double(row) * cos(turn) - Double(column) * sin(turn)) * stretch
      let dent = 1 + 0.25 * sin(dents * atan2(across, along))
      places.append(([column, row], (along * along + across * across).squareRoot() * dent))
    }
  }
  places.sort { ($0.distance, $0.pixel.y, $0.pixel.x) < ($1.distance, $1.pixel.y, $1.pixel.x) }
  return places.prefix(count).map(\.pixel)
}
