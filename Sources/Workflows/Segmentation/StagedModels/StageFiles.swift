// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Files
import Foundation
import NIfTI
import Stages
import Text
import Volume
import Workflow

/// What each stage of a model saw in a scan, as files to look at.
///
/// Maps lie on the localiser's coarse grid, whose place in the patient their headers give, so that
/// viewers lay them over the scan; labels of candidates lie on the scan's own grid.
struct StageFiles {
  /// The names of the classes, in the order of their numbers in the label map.
  private let classes: [String]
  private let heatMaps: [String]
  private let rules: StageRules
  /// The number of pictures of a scan.
  private static let pictureLimit = 16

  /// The files of a model with these outputs and rules.
  init(_ design: LocaliserDesign, _ rules: StageRules) {
    (classes, heatMaps) = (design.classes, design.heatMaps)
    self.rules = rules
  }

  /// Writes the files of a scan into a folder, all or none.
  ///
  /// - Parameters:
  ///   - segmentation: what the stages said.
  ///   - ct: the scan.
  ///   - folder: the folder; one that there is is replaced.
  func write(_ segmentation: StagedSegmentation, of ct: Volume<Int16>, to folder: URL) throws {
    if Folder.isFolder(folder) { try Folder.remove(folder) }
    try Folder.write(to: folder) { staged in
      try writeMaps(segmentation.maps, ct.geometry, to: staged)
      try writeSheets(segmentation.maps, ct, to: staged)
      try writeCandidates(segmentation, ct, to: staged)
      try writePictures(segmentation, ct, to: staged)
    }
  }

  private func writeMaps(_ maps: ScanMaps, _ scan: Geometry, to folder: URL) throws {
    let grid = maps.scan.geometry(in: scan)
    func write(_ values: [Float], _ name: String) throws {
      try NIfTIFile.write(
        Volume(geometry: grid, voxels: values), to: folder.appendingPathComponent("\(name).nii.gz"))
    }
    try write(maps.scan.hu, "localiser-input")
    try write(maps.probability(of: StagedModel.sacClasses), "sac")
    for name in heatMaps {
      guard let map = maps.heatMap(name) else { continue }
      try write(map, "heat-\(name.replacing(" ", with: "-"))")
    }
    var labels = Array(repeating: UInt8(0), count: maps.count)
    var best = Array(repeating: -Float.infinity, count: maps.count)
    for (number, name) in classes.enumerated() {
      for (i, chance) in maps.probability(of: [name]).enumerated() where chance > best[i] {
        best[i] = chance
        labels[i] = UInt8(number)
      }
    }
    try NIfTIFile.write(
      Volume(geometry: grid, voxels: labels), to: folder.appendingPathComponent("classes.nii.gz"))
    try JSONFile.write(
      Dictionary(uniqueKeysWithValues: classes.enumerated().map { ("\($0)", $1) }),
      to: folder.appendingPathComponent("classes.json"))
  }

  /// The number of slices of a sheet.
  private static let sheetSlices = 12
  /// The colours of the arteries, and of the classes in their order, again and again.
  private static let arteryColors: [Color] = [.purple, .orange, .skyBlue, .green]
  private static let classColors: [Color] = [
    .blue, .mist, .orange, .vermilion, .purple, .green, .skyBlue,
  ]

  /// The closeness to an artery from which it is shown; the localiser gives some to the whole heart.
  private static let leastShown: Float = 0.3

  /// Pictures of the maps over slices through the heart: arteries.png and classes.png.
  private func writeSheets(_ maps: ScanMaps, _ ct: Volume<Int16>, to folder: URL) throws {
    let slices = Self.heartSlices(maps, ct.extent)
    func sheet(_ shown: [(name: String, color: Color, map: [Float])], _ file: String) throws {
      let sheet = MapSheet(
        ct: ct, slices: slices, layers: shown.map { .init(name: $0.name, color: $0.color) })
      let png = try sheet.png { layer, x, y, z in
        maps.value(shown[layer].map, x: Double(x), y: Double(y), z: Double(z))
      }
      try StagedFile.write(png, to: folder.appendingPathComponent(file))
    }
    try sheet(
      zip(StagedModel.arteries, Self.arteryColors).compactMap { name, color in
        maps.heatMap(name).map { heat in
          (name, color, heat.map { max(0, $0 - Self.leastShown) / (1 - Self.leastShown) })
        }
      }, "arteries.png")
    try sheet(
      classes.dropFirst().enumerated().map { place, name in
        let color = Self.classColors[place % Self.classColors.count]
        return (name, color, maps.probability(of: [name]))
      }, "classes.png")
  }

  /// Slices through the heart, from the highest to the lowest; through the scan where there is none.
  private static func heartSlices(_ maps: ScanMaps, _ extent: Extent) -> [Int] {
    let heart = maps.probability(of: HeartFindings.heartClasses)
    var heights: [Double] = []
    for (i, chance) in heart.enumerated() where chance > 0.5 {
      heights.append(maps.voxel(ofCoarse: i).z)
    }
    let last = Double(extent.slices - 1)
    let low = Int(max(0, heights.min() ?? 0).rounded())
    let high = Int(min(last, heights.max() ?? last).rounded())
    let count = min(sheetSlices, max(1, high - low + 1))
    let isUpwards = maps.voxel(ofCoarse: maps.count - 1).z > maps.voxel(ofCoarse: 0).z
    let slices = (0..<count).map { low + (2 * $0 + 1) * (high - low + 1) / (2 * count) }
    return isUpwards ? slices.reversed() : slices
  }

  private func writeCandidates(
    _ segmentation: StagedSegmentation, _ ct: Volume<Int16>, to folder: URL
  ) throws {
    var numbers = Volume<UInt16>(geometry: ct.geometry, repeating: 0)
    for (place, candidate) in segmentation.candidates.enumerated() {
      for i in candidate.voxels { numbers.voxels[i] = UInt16(clamping: place + 1) }
    }
    try NIfTIFile.write(numbers, to: folder.appendingPathComponent("candidates.nii.gz"))
    try StagedFile.write(
      try table(segmentation.candidates, ct).text,
      to: folder.appendingPathComponent("candidates.csv"))
  }

  /// One row for each candidate, numbered as in the label map.
  private func table(_ candidates: [StageCandidate], _ ct: Volume<Int16>) throws -> CSVTable {
    let names = Set(candidates.flatMap(\.probabilities.keys))
    let order = StagedModel.arteries.filter(names.contains)
    let classes = order + names.subtracting(order).sorted()
    let header =
      [
        "candidate", "decision", "x_mm", "y_mm", "z_mm", "x", "y", "z", "first_slice",
        "last_slice", "peak_hu", "area_mm2", "volume_mm3", "agatston", "sac",
      ] + StagedModel.arteries.map { "heat_\($0)" } + ["chance"] + classes.map { "p_\($0)" }
    // 130 HU at any voltage: the table shows what the stages saw, not the score.
    let scorer = CandidateScorer(
      ct, convention: .agatston, options: ScoringOptions(labels: .calcium, voltageRule: .forced))
    let sliceCount = ct.extent.sliceCount
    let rows = try candidates.enumerated().map { place, candidate in
      let position = ct.geometry.position(ofVoxel: candidate.centre)
      let score = try scorer.score(candidate.voxels)
      func text(_ value: Double, _ decimals: Int) -> String { decimal(value, decimals) }
      return [
        "\(place + 1)", CandidateDecision(of: candidate).word, text(position.x, 1),
        text(position.y, 1), text(position.z, 1), text(candidate.centre.x, 1),
        text(candidate.centre.y, 1), text(candidate.centre.z, 1),
        "\((candidate.voxels.first ?? 0) / sliceCount)",
        "\((candidate.voxels.last ?? 0) / sliceCount)", "\(candidate.peak)", text(score.area, 2),
        text(Double(candidate.voxels.count) * ct.geometry.voxelVolume, 2), text(score.agatston, 2),
        text(Double(candidate.sac), 3),
      ] + StagedModel.arteries.map { text(Double(candidate.heat[$0] ?? 0), 3) }
        + [candidate.probabilities.isEmpty ? "" : text(Double(rules.chance(of: candidate)), 4)]
        + classes.map { text(Double(candidate.probabilities[$0] ?? 0), 4) }
    }
    return CSVTable(header: header, rows: rows)
  }

  /// Axial slices with what was counted, and with what was looked at and was not.
  private func writePictures(
    _ segmentation: StagedSegmentation, _ ct: Volume<Int16>, to folder: URL
  ) throws {
    var rejected = Volume<UInt8>(geometry: ct.geometry, repeating: 0)
    for candidate in segmentation.candidates where !CandidateDecision(of: candidate).isCoronary {
      for i in candidate.voxels { rejected.voxels[i] = 1 }
    }
    let counted = try Overlay(ct: ct, reference: nil, prediction: segmentation.labels)
    let both = try Overlay(
      ct: ct, reference: rejected, prediction: segmentation.labels,
      options: .init(names: (reference: "not counted", prediction: "counted")))
    for z in counted.slicesOfInterest(limit: Self.pictureLimit) {
      try StagedFile.write(
        both.picture(slice: z).png, to: folder.appendingPathComponent("slice-\(z).png"))
    }
  }
}
