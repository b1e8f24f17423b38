// SPDX-License-Identifier: Apache-2.0
import Explanation
import Files
import Foundation
import NIfTI
import Volume

/// The finished maps in a folder of results: a NIfTI file each, and beside it what it was made from.
struct MapFolder {
  /// The folder of the results; maps lie in `maps` below it.
  let url: URL
  /// The digest of scan, model, target and options.
  let digest: String
  /// Where calcium is: voxels within 3 mm of it are set.
  let nearCalcium: Volume<UInt8>

  private func name(_ method: ExplainMethod, _ stage: String) -> String {
    "maps/\(method.rawValue)\(stage.isEmpty ? "" : "-" + stage)"
  }

  /// A map that is there already and was made from the same.
  func finished(_ method: ExplainMethod, _ stage: String) -> (ExplanationResult.Map, Volume<Float>)?
  {
    let base = url.appendingPathComponent(name(method, stage))
    guard
      let entry = try? JSONFile.read(
        ExplanationResult.Map.self, from: base.appendingPathExtension("json")),
      entry.digest == digest,
      let volume: Volume<Float> = try? NIfTIFile.read(base.appendingPathExtension("nii.gz"))
    else { return nil }
    return (entry, volume)
  }

  /// Writes a map and its entry, the entry last.
  func write(
    _ volume: Volume<Float>, _ method: ExplainMethod, _ stage: String, _ check: MapCheck?
  ) throws -> ExplanationResult.Map {
    let file = name(method, stage) + ".nii.gz"
    var (best, largest) = (0, Float(-1))
    for (i, value) in volume.voxels.enumerated() where abs(value) > largest {
      (best, largest) = (i, abs(value))
    }
    let entry = ExplanationResult.Map(
      digest: digest, method: method, stage: stage, file: file, check: check,
      pointsAtCalcium: largest > 0 && nearCalcium.voxels[best] != 0)
    try NIfTIFile.write(volume, to: url.appendingPathComponent(file))
    try JSONFile.write(
      entry, to: url.appendingPathComponent(name(method, stage) + ".json"))
    return entry
  }

  /// Sets the voxels within a distance in mm of those of a mask, in the same slice or the next.
  static func grown(_ mask: Volume<UInt8>, by distance: Double) -> Volume<UInt8> {
    var grown = mask
    let (extent, spacing) = (mask.extent, mask.geometry.spacing)
    let reach = [spacing.x, spacing.y, spacing.z].map { Int(distance / $0) }
    for (i, value) in mask.voxels.enumerated() where value != 0 {
      let (x, y, z) = (
        i % extent.columns, i / extent.columns % extent.rows, i / extent.sliceCount
      )
      for k in max(0, z - reach[2])...min(extent.slices - 1, z + reach[2]) {
        for j in max(0, y - reach[1])...min(extent.rows - 1, y + reach[1]) {
          for l in max(0, x - reach[0])...min(extent.columns - 1, x + reach[0]) {
            grown.voxels[grown.offset(k, j, l)] = 1
          }
        }
      }
    }
    return grown
  }
}
