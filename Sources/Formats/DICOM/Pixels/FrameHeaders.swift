// SPDX-License-Identifier: Apache-2.0
import Text

/// The slices of a file: one, or the frames of an enhanced or legacy converted CT (PS3.3, A.38 and
/// A.70).
enum FrameHeaders {
  /// What the storage classes of enhanced and legacy converted CT have in common.
  private static let enhanced = "1.2.840.10008.5.1.4.1.1.2."
  private static let shared = Tag(0x5200, 0x9229)
  private static let perFrame = Tag(0x5200, 0x9230)

  /// The functional groups that say where a frame lies and what its values mean (PS3.3, C.7.6.16
  /// and C.8.15.3); the last two hold what a conversion found no better place for.
  private static let groups = [
    Tag(0x20, 0x9113), Tag(0x20, 0x9116), Tag(0x28, 0x9110), Tag(0x28, 0x9145), Tag(0x20, 0x9111),
    Tag(0x18, 0x9329), Tag(0x18, 0x9325), Tag(0x18, 0x9314), Tag(0x18, 0x9304), Tag(0x20, 0x9171),
    Tag(0x20, 0x9170),
  ]

  /// Reads the header of each slice; the elements of a frame are those of its own functional
  /// groups, then those that all frames share, then those of the file.
  static func read(_ data: DataSet, _ source: SliceHeader.Source) throws -> [SliceHeader] {
    try SliceHeader.requireCTImage(data.elements)
    let isEnhanced = data.elements.string(Tag(0x08, 0x16)).map { $0.hasPrefix(enhanced) } ?? false
    guard data.elements.has(perFrame) || data.elements.has(shared) else {
      if isEnhanced {
        throw NotASlice(
          code: .damaged, reason: "lacks the functional groups that describe its frames")
      }
      let frames = data.elements.number(Tag(0x28, 0x08)) ?? 1
      guard frames <= 1 else {
        throw NotASlice(
          code: .notCT,
          reason: "holds \(Int(min(frames, 1e9))) frames that it does not place in the patient; "
            + "export it as single slices")
      }
      return [try SliceHeader(data.elements, data, source)]
    }
    let items = try data.elements.items(perFrame)
    let count = data.elements.number(Tag(0x28, 0x08)) ?? 1
    guard Double(items.count) == count, !items.isEmpty else {
      throw NotASlice(
        code: .damaged,
        reason:
          "claims \(counted(Int(max(-1, min(count, 1e9))), "frame")) and describes \(items.count)")
    }
    let common = try data.elements.items(shared).first?.first(ofSequences: groups)
    return try items.enumerated().map { frame, item in
      var elements = try item.first(ofSequences: groups)
      if let common { elements.add(common) }
      elements.add(data.elements)
      do throws(NotASlice) {
        return try SliceHeader(elements, data, source, frame: frame, of: items.count)
      } catch {
        guard items.count > 1, error.code == .damaged else { throw error }
        throw NotASlice(code: .damaged, reason: "frame \(frame + 1) \(error.reason)")
      }
    }
  }
}
