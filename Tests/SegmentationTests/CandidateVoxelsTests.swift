// SPDX-License-Identifier: Apache-2.0
import Agatston
import Phantom
import TestSupport
import Testing
import Volume
import Segmentation

@Suite struct `The candidates of calcium` {
  /// Whether each voxel of a volume lies in a run.
  static func isCandidate(_ candidates: CandidateVoxels, in ct: Volume<Int16>) -> [Bool] {
    var found = [Bool](repeating: false, count: ct.voxels.count)
    for run in candidates.runs {
      for column in run.columns { found[ct.offset(run.slice, run.row, column)] = true }
    }
    return found
  }

  /// The scan turned as other scanners store it: the same patient, other axes.
  static func turned(_ ct: Volume<Int16>, slices: Bool, rows: Bool) -> Volume<Int16> {
    var geometry = ct.geometry
    let extent = ct.extent
    if slices { geometry.direction.z = -geometry.direction.z }
    if rows { geometry.direction.y = -geometry.direction.y }
    var out = Volume<Int16>(geometry: geometry, repeating: 0)
    for z in 0..<extent.slices {
      for y in 0..<extent.rows {
        for x in 0..<extent.columns {
          out[slices ? extent.slices - 1 - z : z, rows ? extent.rows - 1 - y : y, x] = ct[z, y, x]
        }
      }
    }
    return out
  }

  @Test(arguments: [
    (PhantomProtocol.gated, 96, 24, 4, 5), (.gated, 256, 20, 1, 0), (.chest, 96, 40, 3, 5),
  ])
  func `hold every voxel of calcium in phantoms and leave slices out`(
    protocol way: PhantomProtocol, matrix: Int, slices: Int, subjects: Int,
    emptyPercent: Int
  ) async throws {
    var (known, marked, empty, all) = (0, 0, 0, 0)
    for id in 0..<subjects {
      let subject = try await phantomSubject(
        id: id,
        options: .init(
          seed: 7, matrix: matrix, slices: slices, scanProtocol: way, ranks: 0.8...1))
      guard let candidates = try CandidateVoxels(subject.ct) else { continue }
      known += 1
      let found = Self.isCandidate(candidates, in: subject.ct)
      for (i, label) in subject.labels.voxels.enumerated() where label != 0 {
        marked += 1
        #expect(found[i], "subject \(id), voxel \(i)")
      }
      empty += subject.ct.extent.slices - Set(candidates.runs.map(\.slice)).count
      all += subject.ct.extent.slices
    }
    #expect(marked > 20)
    #expect(2 * known > subjects, "the candidates of \(known) of \(subjects) subjects are known")
    // Otherwise it would be of no use; noise in small pixels leaves little to be spared.
    #expect(100 * empty >= emptyPercent * all, "\(empty) of \(all) slices are empty")
  }

  @Test func `do not depend on the order of slices and rows`() async throws {
    let subject = try await phantomSubject(id: 3, options: .init(seed: 2, matrix: 96, slices: 20))
    let candidates = try #require(try CandidateVoxels(subject.ct))
    for (slices, rows) in [(true, false), (false, true), (true, true)] {
      let ct = Self.turned(subject.ct, slices: slices, rows: rows)
      let other = try #require(try CandidateVoxels(ct))
      let (a, b) = (Self.isCandidate(candidates, in: subject.ct), Self.isCandidate(other, in: ct))
      #expect(a.count { $0 } == b.count { $0 })
    }
  }

  @Test func `are not told where they cannot be known`() async throws {
    let subject = try await phantomSubject(id: 3, options: .init(seed: 2, matrix: 96, slices: 20))
    #expect(try CandidateVoxels(subject.ct) != nil)
    // Contrast agent: all soft tissue 200 HU brighter.
    #expect(try CandidateVoxels(subject.ct.map { $0 > -50 ? min(3071, $0 + 200) : $0 }) == nil)
    // No lungs.
    #expect(try CandidateVoxels(subject.ct.map { max($0, -400) }) == nil)
    // Nothing at all.
    #expect(try CandidateVoxels(subject.ct.map { _ in 0 }) == nil)
    // Coronal slices.
    var geometry = subject.ct.geometry
    (geometry.direction.y, geometry.direction.z) = (geometry.direction.z, geometry.direction.y)
    #expect(try CandidateVoxels(Volume(geometry: geometry, voxels: subject.ct.voxels)) == nil)
  }
}
