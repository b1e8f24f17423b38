// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import NIfTI
import Phantom
import Stages
import Studies
import TestSupport
import Testing
import Torch
import Volume

@testable import Scoring
@testable import Segmentation

/// Chests without contrast and without coronary calcium that were seen, from the collection
/// Lung-PET-CT-Dx (doi:10.7937/TCIA.2020.NNC2-0461), in `shared/real` beside this repository.
@Suite(.enabled(if: RealScans.areThere, "shared/real is not beside the repository"))
struct `A real chest` {
  private func outcome(_ url: URL) async throws -> ScoringOutcome {
    var request = ScoringRequest(input: url)
    request.model = try DefaultModel.ofThisProcess().found()
    request.prediction = PredictionRequest(device: "cpu")
    return try await ScoringRun(request).run { _ in }
  }

  @Test(arguments: ["lung-dx-a0001-b", "lung-dx-a0002-b40f"])
  func `has a heart with blood without contrast`(name: String) async throws {
    let study = try #require(try await outcome(RealScans.folder(name)).studies.first)
    let quality = study.scores[0].quality
    let blood = try #require(quality.blood)
    #expect((20...60).contains(blood) && quality.contrastSuspected == false)
    for word in ["contrast", "cut off", "outside", "no heart"] {
      #expect(!quality.warnings.contains { $0.text.contains(word) }, "\(quality.warnings)")
    }
    // The voxels alone say so, too.
    let ct = try #require(try ScanSearch(RealScans.folder(name)).scans.first).load().ct
    let tissue = try #require(try ScanFindings(ct).tissue)
    #expect(!tissue.isEnhanced && (20...60).contains(tissue.median))
  }

  /// The sharp kernel leaves one spot of 7 points, which noise of 62 HU explains.
  @Test(arguments: [
    ("lung-dx-a0001-b", 0.0), ("lung-dx-a0001-l", 10), ("lung-dx-a0002-b40f", 0),
  ])
  func `without coronary calcium scores 0 or next to nothing`(name: String, most: Double)
    async throws
  {
    let study = try #require(try await outcome(RealScans.folder(name)).studies.first)
    #expect(study.scores[0].score.agatston <= most)
  }

  /// The classifier learned from other copies of the same scans, so that this says that it learned,
  /// and not how it does on other people.
  @Test(arguments: ["lung-dx-a0001-b", "lung-dx-a0002-b40f"])
  func `shows most plaques that are painted along its arteries, and few decoys`(
    name: String
  ) throws {
    let source = try StagedModelSource(DefaultModel.ofThisProcess().found())
    let model = StagedModel(
      localiser: try source.localiser(on: .cpu), classifier: try source.classifier(on: .cpu),
      rules: source.rules)
    let ct = try #require(try ScanSearch(RealScans.folder(name)).scans.first).load().ct
    let maps = try model.located(ct)
    var found: [Bool: [Bool]] = [:]
    for seed in 9000..<9012 {
      let painted = PaintedScan(ct, maps, seed: UInt64(seed), isPlain: false)
      let result = try model.segmentation(of: painted.ct)
      for candidate in result.candidates where candidate.area > 3 {
        let label = painted.classNumber(of: candidate)
        let isPlaque = label < StagedModel.arteries.count
        guard isPlaque || TrainingSubject.classNames[label] == "other" else { continue }
        found[isPlaque, default: []].append(candidate.name != "none")
      }
    }
    func share(_ list: [Bool]?) -> Double {
      let list = list ?? []
      return Double(list.count { $0 }) / Double(max(list.count, 1))
    }
    #expect((found[true] ?? []).count > 10 && (found[false] ?? []).count > 5)
    #expect(share(found[true]) > 0.7, "\(share(found[true])) of the plaques")
    #expect(share(found[false]) < 0.25, "\(share(found[false])) of the decoys")
  }

  @Test func `with a sharp kernel is doubted`() async throws {
    let study = try #require(try await outcome(RealScans.folder("lung-dx-a0001-l")).studies.first)
    let doubts = try #require(study.automatic).doubts.map(\.text)
    #expect(doubts.contains { $0.contains("the kernel L is sharp") })
    #expect(doubts.contains { $0.contains("noise of") })
    #expect(doubts.contains { $0.contains("sought in a copy smoothed by") })
  }

  @Test func `scores the same however its axes run`() async throws {
    let ct = try #require(
      try ScanSearch(RealScans.folder("lung-dx-a0002-b40f")).scans.first
    ).load().ct
    let folder = try TemporaryFolder()
    var found: [CalciumScore] = []
    for (number, flips) in [[false, false, false], [true, true, false], [false, false, true]]
      .enumerated()
    {
      let file = folder.file("scan\(number).nii.gz")
      try NIfTIFile.write(ct.flipped(flips), to: file)
      found.append(try #require(try await outcome(file).studies.first).scores[0].score)
    }
    for other in found.dropFirst() {
      #expect(abs(other.agatston - found[0].agatston) < 0.01)
      #expect(other.lesions.count == found[0].lesions.count)
    }
  }

  @Test(arguments: [0, 1])
  func `of which the heart is missing is refused`(end: Int) async throws {
    // The lowest slices show the abdomen, the highest the neck.
    let ct = try #require(
      try ScanSearch(RealScans.folder("lung-dx-a0001-b")).scans.first
    ).load().ct
    let slices = end == 0 ? 0..<9 : 54..<64
    var geometry = ct.geometry
    geometry.extent.slices = slices.count
    let part = Volume(
      geometry: geometry,
      voxels: Array(
        ct.voxels[
          slices.lowerBound * ct.extent.sliceCount..<slices.upperBound * ct.extent.sliceCount]
      ))
    let folder = try TemporaryFolder()
    try NIfTIFile.write(part, to: folder.file("part.nii.gz"))
    do {
      _ = try await outcome(folder.file("part.nii.gz"))
      Issue.record("a scan without a heart was scored")
    } catch {
      // Too little lung is said first.
      #expect("\(error)".contains(#/no (whole )?(heart|chest) was found/#))
    }
  }
}

enum RealScans {
  private static var root: URL {
    // Tests/ScoringTests/RealScanTests.swift
    (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
      .appendingPathComponent("shared/real")
  }

  /// The folder of a scan's DICOM files.
  static func folder(_ name: String) -> URL { root.appendingPathComponent(name) }

  static var areThere: Bool { Folder.isFolder(folder("lung-dx-a0001-b")) }
}

extension Volume {
  /// The same scan with the axes x, y, z stored the other way round where that is asked for, as of a
  /// patient who lies otherwise.
  func flipped(_ flips: [Bool]) -> Volume {
    let (nx, ny, nz) = (extent.columns, extent.rows, extent.slices)
    let d = geometry.direction
    var turned = geometry
    turned.origin = geometry.position(
      ofVoxel: SIMD3(
        flips[0] ? Double(nx - 1) : 0, flips[1] ? Double(ny - 1) : 0, flips[2] ? Double(nz - 1) : 0)
    )
    turned.direction = Direction(
      x: flips[0] ? -d.x : d.x, y: flips[1] ? -d.y : d.y, z: flips[2] ? -d.z : d.z)
    var voxels: [Element] = []
    voxels.reserveCapacity(self.voxels.count)
    for z in 0..<nz {
      for y in 0..<ny {
        let start = offset(flips[2] ? nz - 1 - z : z, flips[1] ? ny - 1 - y : y, 0)
        let line = self.voxels[start..<start + nx]
        if flips[0] { voxels += line.reversed() } else { voxels += line }
      }
    }
    return Volume(geometry: turned, voxels: voxels)
  }
}
