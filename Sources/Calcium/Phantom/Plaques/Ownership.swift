// SPDX-License-Identifier: Apache-2.0
import Agatston
import Volume

/// Which artery's plaques make each pixel of a slice bright.
struct Ownership {
  /// The least that plaques must add to a pixel for it to count as theirs, in HU.
  ///
  /// Below this, a pixel above 130 HU owes it to noise or to a neighbour.
  static let contribution: Float = 40
  /// The area in mm² of the smallest component that a reader marks; COCA's smallest contours are
  /// near it.
  static let smallestArea = 0.5

  /// The artery of each pixel, 0 where plaques add too little; empty if the slice has no plaque.
  private let owners: [UInt8]
  private let count: Int

  /// From what each artery's plaques add to the image after blur, in HU.
  init(_ added: [(Artery, [Float])], count: Int) {
    self.count = count
    guard !added.isEmpty else {
      owners = []
      return
    }
    var best = Array(repeating: Float(0), count: count)
    var sum = best
    var result = Array(repeating: UInt8(0), count: count)
    for (artery, values) in added {
      for i in 0..<count where values[i] > 0 {
        sum[i] += values[i]
        if values[i] > best[i] {
          best[i] = values[i]
          result[i] = artery.rawValue
        }
      }
    }
    for i in 0..<count where sum[i] < Self.contribution { result[i] = 0 }
    owners = result
  }

  /// The annotation of the finished slice.
  func annotation(image: [Int16], columns: Int, pixelArea: Double) -> [UInt8] {
    var labels = Array(repeating: UInt8(0), count: count)
    guard !owners.isEmpty else { return labels }
    for component in markedComponents(columns: columns, where: { image[$0] >= 130 })
    where Double(component.count) * pixelArea >= Self.smallestArea {
      for pixel in component { labels[pixel] = owners[pixel] }
    }
    return labels
  }

  /// The Agatston score of a slice by artery: the default convention (130 HU, 8-connected, at least
  /// 1 mm², peak in the slice, increment / 3).
  ///
  /// A component that two arteries share keeps one weight and splits its area (Agatston 1990).
  func scores(image: [Float], columns: Int, pixelArea: Double, increment: Double)
    -> [Artery: Double]
  {
    guard !owners.isEmpty else { return [:] }
    var result: [Artery: Double] = [:]
    for component in markedComponents(columns: columns, where: { image[$0] >= 130 })
    where Double(component.count) * pixelArea >= 1 {
      let peak = component.reduce(Float(0)) { max($0, image[$1]) }
      // The bounds are whole HU, so rounding the peak down does not change its weight.
      let weight = Double(DensityBounds.agatston1990.weight(peak: Int16(clamping: Int(peak))))
      for pixel in component {
        guard let artery = Artery(rawValue: owners[pixel]) else { continue }
        result[artery, default: 0] += pixelArea * weight * increment / 3
      }
    }
    return result
  }

  /// The components, over edges and corners, of the owned pixels that a condition holds for, each as
  /// pixel indices.
  private func markedComponents(columns: Int, where isBright: (Int) -> Bool) -> [[Int]] {
    ConnectedComponents(shape: [columns > 0 ? count / columns : 0, columns]) {
      owners[$0] != 0 && isBright($0)
    }.elements
  }
}
