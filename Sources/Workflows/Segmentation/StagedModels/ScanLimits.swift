// SPDX-License-Identifier: Apache-2.0
package import Agatston

/// The bounds within which a score of the model of stages is to be trusted, and why these.
///
/// Beyond a bound the score is shown with the doubt; without a heart there is none at all.
package enum ScanLimits {
  /// The volume of the heart in its sac, in mL, below which the scan shows none: a quarter of the
  /// smallest adult's.
  static let leastHeart = 75.0
  /// The height of a scan in mm below which it holds no whole heart, which is 7 cm high at least.
  static let leastHeight = 55.0
  /// The volume in mL of lung below which the scan shows no chest: calcium scans of a heart alone hold a
  /// fifth of their volume, which is half a litre at least.
  static let leastLung = 100.0
  /// The HU of lung in coarse voxels; air has less, fat more.
  static let lung: ClosedRange<Float> = -970...(-400)
  /// The volumes in mL of adults' sacs with what lies in them.
  ///
  /// From a small woman's 300 to the 1,500 of a failing heart; outside, the localiser is wrong, or half
  /// of the heart is missing.
  static let heart = 300.0...1500.0
  /// How large the heart may be in the scan's first or last slice, as a share of its largest slice.
  ///
  /// Scans that end at its upper or lower border stay below a half.
  static let cutOff = 0.6
  /// The share of the heart that may lie at the sides of the images: the field of view cuts through it.
  static let side = 0.02
  /// The least height of a landmark's heat map within the sac for it to be found.
  ///
  /// A landmark is a few voxels, so its map stays low: 0.2 for the left ostium and 0.4 for the apex in
  /// real chests, where maps of nothing reach 0.1.
  static let landmark: Float = 0.15
  /// The distances in mm from the left ostium to the apex: hearts are 9 to 15 cm long.
  ///
  /// The lower bound leaves room for a map's peak that lies on the way, as in a real chest at 24 mm.
  static let apexDistance = 20.0...160.0
  /// The largest distance in mm between the ostia, which lie in one root.
  static let ostiaDistance = 80.0
  /// The mean HU of blood above which there is contrast agent: blood without has 30 to 60 HU.
  package static let blood = 90.0
  /// The noise in HU above which single spots of noise pass 130 HU in numbers: 130 HU lie 2.5 standard
  /// deviations above blood then.
  package static let noise = 35.0
  /// The distance of slices in mm above which small plaques fall between or are diluted.
  package static let increment = 5.0
  /// The slice thickness in mm below which sharp kernels leave noise that looks like plaques.
  package static let thinSlice = 1.0
  /// The HU of metal; bone and calcium stay below.
  static let metal: Int16 = 3000
  /// A candidate between these probabilities is undecided; above them the default model counts it.
  package static let undecided = 0.2...0.9

  /// Whether a lesion is long, thin and dense, as stents are, and long plaques.
  ///
  /// A stent's lumen has 2 to 4 mm, and an increment of 3 mm blurs its struts to 400 HU and more; one
  /// below 9 mm has to be denser to be told from a plaque.
  package static func looksLikeStent(_ lesion: Lesion, increment: Double?) -> Bool {
    let height = Double(lesion.slices.count - 1) * (increment ?? 3)
    let length = (lesion.diameter * lesion.diameter + height * height).squareRoot()
    return length >= 7 && lesion.peak >= (length >= 9 ? 400 : 700) && lesion.volume / length <= 20
  }
}
