// SPDX-License-Identifier: Apache-2.0
import Agatston
import NNUNet
import Volume

/// The windows of a preprocessed case in which coronary calcium can lie.
struct NeededWindows: Sendable {
  /// Boxes along (z, y, x) of the preprocessed case.
  private let boxes: [[Range<Int>]]

  /// Finds them in the CT that a case came from; `nil` where every window is needed.
  ///
  /// Where an axis was resampled, places reach two voxels further: a voxel of the result depends on
  /// its neighbours there.
  init?(_ ct: Volume<Float>, as one: PreprocessedCase, transpose: [Int]) throws {
    let hu = ct.map { Int16(max(-32768, min(32767, $0.rounded()))) }
    guard let places = try CalciumPlaces(hu)?.places else { return nil }
    let (box, cropped) = (one.properties.boundingBox, one.properties.shapeAfterCropping)
    boxes = places.compactMap { place in
      let raw = [place.slice..<place.slice + 1, place.row..<place.row + 1, place.columns]
      var ranges: [Range<Int>] = []
      for (axis, source) in transpose.enumerated() {
        let (low, size, length) = (box[axis][0], one.shape[axis], cropped[axis])
        let scale = Double(size) / Double(length)
        let margin = size == length ? 0 : 2
        let begin = Int((Double(raw[source].lowerBound - low) * scale).rounded(.down)) - margin
        let end = Int((Double(raw[source].upperBound - low) * scale).rounded(.up)) + margin
        // What was cropped away is background whatever the network says.
        guard end > 0, begin < size else { return nil }
        ranges.append(max(0, begin)..<min(size, end))
      }
      return ranges
    }
  }

  /// Whether a window that begins at a voxel has such a place in it.
  func contain(_ start: [Int], _ size: [Int]) -> Bool {
    boxes.contains { box in
      (0..<3).allSatisfy { axis in
        box[axis].lowerBound < start[axis] + size[axis] && box[axis].upperBound > start[axis]
      }
    }
  }
}
