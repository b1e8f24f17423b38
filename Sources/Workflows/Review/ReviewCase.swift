// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Files
import Foundation
package import Scoring
package import Studies
package import Volume

/// A scan with all that a reading of it needs, computed once.
package struct ReviewCase: Sendable {
  /// The study's name, as the user's folders have it.
  package let name: String
  /// The scan.
  package let scan: Scan.Loaded
  /// Scores masks as `cac score` does.
  package let scoring: ScanScoring
  /// The groups that a click takes.
  package let groups: CandidateGroups
  /// The SHA-256 of the voxels, which tells another scan of the same name.
  package let digest: String

  /// A case; finds the bright groups of the scan.
  ///
  /// - Throws: `AgatstonError` where the scan cannot be scored.
  package init(_ scan: Scan.Loaded, named name: String, _ request: ScoringRequest) throws {
    self.name = name
    self.scan = scan
    scoring = try ScanScoring(scan, named: name, request)
    groups = try CandidateGroups(scan.ct, threshold: scoring.threshold)
    digest = scan.ct.voxels.withUnsafeBytes { Digest.sha256($0) }
  }

  /// The label map of what counts: 1 LM, 2 LAD, 3 LCX, 4 RCA; where calcium of no named artery is
  /// among it, 1 for all of it.
  package func mask(of state: ReviewState) -> (mask: Volume<UInt8>, labels: MaskLabels) {
    let counted = state.lesions.values.filter { $0.label?.isCoronary ?? false }
    let isNamed = counted.allSatisfy { $0.label?.artery != nil }
    let mask = labelMap(counted) { isNamed ? $0.rawValue : 1 }
    return (mask, isNamed ? .arteries : .calcium)
  }

  /// The label map of everything that was named, with the raw values of `ReviewLabel`.
  package func allLabels(of state: ReviewState) -> Volume<UInt8> {
    labelMap(Array(state.lesions.values)) { $0.rawValue }
  }

  private func labelMap(
    _ lesions: [ReviewLesion], _ value: (ReviewLabel) -> UInt8
  ) -> Volume<UInt8> {
    var map = Volume<UInt8>(geometry: scan.ct.geometry, repeating: 0)
    let columns = map.extent.columns
    map.voxels.withUnsafeMutableBufferPointer { voxels in
      for lesion in lesions {
        guard let label = lesion.label else { continue }
        for run in lesion.voxels.runs {
          let start = Int(run.line) * columns
          let row = start + Int(run.start)..<start + Int(run.end)
          voxels[row].update(repeating: value(label))
        }
      }
    }
    return map
  }

  /// The score of a reading, by `cac score`'s own code.
  package func score(_ state: ReviewState) throws -> StudyScore {
    let counted = state.lesions.values.filter { $0.label?.isCoronary ?? false }
    let isNamed = counted.allSatisfy { $0.label?.artery != nil }
    var marked: [MarkedRun] = []
    for lesion in counted {
      guard let label = lesion.label else { continue }
      marked += lesion.voxels.runs.map {
        MarkedRun(
          line: Int($0.line), columns: Int($0.start)..<Int($0.end),
          label: isNamed ? label.rawValue : 1)
      }
    }
    marked.sort { ($0.line, $0.columns.lowerBound) < ($1.line, $1.columns.lowerBound) }
    return try scoring.score(marked, labels: isNamed ? .arteries : .calcium)
  }

  /// The non-coronary calcium, scored for itself; what is absent is left out.
  package func beside(_ state: ReviewState) throws -> [ReviewLabel: CalciumScore] {
    var scores: [ReviewLabel: CalciumScore] = [:]
    for label in ReviewLabel.scoredBeside {
      let voxels = state.lesions.values.filter { $0.label == label }
        .flatMap { $0.voxels.indices(columns: groups.extent.columns) }
      if !voxels.isEmpty { scores[label] = try scoring.score(voxels: voxels) }
    }
    return scores
  }

  /// What a list says of a lesion.
  package func facts(_ voxels: VoxelSet) throws -> LesionFacts {
    let score = try scoring.score(voxels: voxels.indices(columns: groups.extent.columns))
    return LesionFacts(voxels, score, of: scan.ct)
  }
}

/// What a list says of a lesion, whatever its label.
package struct LesionFacts: Sendable, Hashable {
  /// Its points, scored alone.
  package let agatston: Double
  /// Its volume in mm³, also of what is too small to score.
  package let volume: Double
  /// Its highest HU.
  package let peak: Int
  /// Its mean HU.
  package let mean: Double
  /// Its first and last slice.
  package let slices: ClosedRange<Int>
  /// The first of its brightest voxels, (x, y, z).
  package let brightest: [Int]

  init(_ voxels: VoxelSet, _ score: CalciumScore, of ct: Volume<Int16>) {
    agatston = score.agatston
    let count = voxels.count
    volume = Double(count) * ct.geometry.voxelVolume
    var peak = Int.min
    var place = [0, 0, 0]
    var sum = 0
    let rows = ct.extent.rows
    for run in voxels.runs {
      let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: rows)
      for x in Int(run.start)..<Int(run.end) {
        let hu = Int(ct[slice, row, x])
        sum += hu
        if hu > peak { (peak, place) = (hu, [x, row, slice]) }
      }
    }
    self.peak = peak
    mean = Double(sum) / Double(max(count, 1))
    let first = Int(voxels.runs.first?.line ?? 0) / rows
    slices = first...max(first, Int(voxels.runs.last?.line ?? 0) / rows)
    brightest = place
  }
}
