// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What tells the slices of one series from those of others in a folder.
///
/// It is the SeriesInstanceUID. De-identification may take it away, as it did in COCA's non-gated
/// half; then the folder, the study and series numbers, the kind of image and the kernel stand for
/// it. The acquisition number does not: gated scans count each table position as an acquisition.
struct SeriesGroup: Hashable, Sendable {
  /// The SeriesInstanceUID, where the header has one.
  let uid: String?
  /// What stands for it otherwise; empty where there is a UID.
  private let substitutes: [String]
  /// The SeriesNumber, by which a series without UID is called.
  private let number: String?
  /// The folder of the file, where there is no UID.
  private let folder: String

  init(_ data: Elements, folder: String) {
    uid = data.string(Tag(0x20, 0x0E))
    guard uid == nil else {
      (substitutes, number, self.folder) = ([], nil, "")
      return
    }
    number = data.string(Tag(0x20, 0x11))
    self.folder = folder
    // StudyInstanceUID, StudyID, FrameOfReferenceUID, the kernel, and ImageType without the words
    // behind the third, which makers count slices and tables with.
    substitutes =
      [Tag(0x20, 0x0D), Tag(0x20, 0x10), Tag(0x20, 0x52), Tag(0x18, 0x1210)].map {
        data.string($0) ?? ""
      } + data.strings(Tag(0x08, 0x08)).prefix(3)
  }

  /// The name of the series for people and `--series`: the UID, else made of the SeriesNumber.
  var name: String { uid ?? number.map { "series-\($0)" } ?? "series-without-number" }

  /// An order that is the same in every run: by name, then by folder and by what else differs.
  static func precedes(_ a: Self, _ b: Self) -> Bool {
    ([a.name, a.folder] + a.substitutes).lexicographicallyPrecedes(
      [b.name, b.folder] + b.substitutes)
  }
}
