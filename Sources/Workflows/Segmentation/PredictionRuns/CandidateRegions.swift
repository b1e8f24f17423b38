// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Learning
import NNUNet
import Volume

/// The connected components of a CT of at least 130 HU in each slice, on the grid of the case that
/// the CT became by preprocessing.
///
/// They say in which windows of a network calcium can lie, and which windows are worth averaging
/// over mirrored copies.
struct CandidateRegions: Sendable {
  private typealias Box = [Range<Int>]

  /// A run of a region's voxels along x, as a box along the axes of the case.
  private struct Part {
    /// On the grid of the crop, where voxels become labels.
    let crop: Box
    /// On the network's grid.
    let network: Box
  }

  /// All regions wherever they lie, for mirroring: a network that marks a rib is scored for it.
  private let regions: [[Part]]
  /// The regions that coronary calcium can be; `nil` where that cannot be told or was not asked
  /// for.
  private let coronary: [Part]?
  /// By how many voxels a window may miss a box and still count: a resampled voxel depends on its
  /// neighbours.
  private let margin: [Int]
  private let croppedShape: [Int]

  /// Finds the regions in the CT that a case was made of, as far as the options ask for them.
  ///
  /// - Parameters:
  ///   - hu: The whole CT in Hounsfield units.
  ///   - preprocessed: What preprocessing made of the CT.
  ///   - transpose: For each axis of the case, the axis (0 z, 1 y, 2 x) of the CT.
  /// - Throws: `AgatstonError` where the CT has more runs of such voxels than can be counted.
  init(
    _ hu: Volume<Int16>, as preprocessed: PreprocessedCase, transpose: [Int],
    for options: InferenceOptions
  ) throws {
    let properties = preprocessed.properties
    let (box, cropped) = (properties.boundingBox, properties.shapeAfterCropping)
    func part(_ run: CandidateVoxels.Run) -> Part? {
      let raw = [run.slice..<run.slice + 1, run.row..<run.row + 1, run.columns]
      var (crop, network) = (Box(), Box())
      for (axis, source) in transpose.enumerated() {
        let low = box[axis][0]
        let range = (raw[source].lowerBound - low..<raw[source].upperBound - low)
          .clamped(to: 0..<cropped[axis])
        // What was cropped away is background whatever the network says.
        if range.isEmpty { return nil }
        let scale = Double(preprocessed.shape[axis]) / Double(cropped[axis])
        crop.append(range)
        network.append(
          Int(
            (Double(range.lowerBound) * scale).rounded(.down))..<Int(
              (Double(range.upperBound) * scale).rounded(.up)))
      }
      return Part(crop: crop, network: network)
    }
    croppedShape = cropped
    margin = zip(preprocessed.shape, cropped).map { $0 == $1 ? 0 : 2 }
    coronary =
      options.skipsEmptyWindows ? try CandidateVoxels(hu)?.runs.compactMap(part) : nil
    regions =
      options.undecided == nil
      ? []
      : Dictionary(grouping: try CandidateVoxels(everywhereIn: hu).runs, by: \.component).values
        .map { $0.compactMap(part) }
  }

  /// The windows in which coronary calcium can lie; `nil` where all windows have to be computed.
  func filter(_ labels: LabelScheme) -> WindowFilter? {
    coronary.map { WindowFilter(labels, isNeeded: test($0)) }
  }

  /// The windows that meet a region which the prediction without mirrored copies leaves undecided:
  /// in one of the region's voxels the probability of calcium lies in `band`.
  ///
  /// `resampled` brings logits from the network's grid to that of the crop, where labels are
  /// decided.
  func undecided(
    _ labels: LabelScheme, within band: ClosedRange<Double>,
    resampled: @escaping ([Float16]) throws -> [Float16] = { $0 }
  ) -> MirroringChoice {
    let calcium = CalciumLogOdds(labels)
    func logit(_ p: Double) -> Float { Float(log(p / (1 - p))) }
    let bounds = logit(band.lowerBound)...logit(band.upperBound)
    return MirroringChoice { logits in
      let logits = try resampled(logits)
      return test(
        regions.filter { region in
          region.contains { part in
            isAny(of: part.crop) { bounds.contains(calcium.value(of: logits, at: $0)) }
          }
        }.flatMap(\.self))
    }
  }

  /// Whether a window, by its first voxel and its size, meets one of the parts.
  private func test(_ parts: [Part]) -> ([Int], [Int]) -> Bool {
    { start, size in
      parts.contains { part in
        (0..<3).allSatisfy { axis in
          part.network[axis].lowerBound - margin[axis] < start[axis] + size[axis]
            && part.network[axis].upperBound + margin[axis] > start[axis]
        }
      }
    }
  }

  /// Whether a condition holds for the index of some voxel in a box of the crop.
  private func isAny(of box: Box, _ condition: (Int) -> Bool) -> Bool {
    box[0].contains { z in
      box[1].contains { y in
        box[2].contains { x in condition((z * croppedShape[1] + y) * croppedShape[2] + x) }
      }
    }
  }
}
