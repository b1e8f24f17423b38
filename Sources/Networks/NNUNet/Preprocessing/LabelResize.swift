// SPDX-License-Identifier: Apache-2.0

/// The rule for equal linear scores of two labels.
public enum LabelTieRule: String, Codable, Hashable, Sendable {
  /// The label of the nearest voxel wins if it is one of them, else the smallest: nnU-Net since
  /// 2025.
  case nearest
  /// The largest label that reaches one half wins: earlier releases.
  case largestAboveHalf = "lastHalf"
}

/// Resizes label maps: the indicator of each label is interpolated linearly, and the highest wins.
enum LabelResize {
  /// Resizes labels of a (z, y, x) array by nearest neighbours (order 0) or linear scores (order
  /// 1).
  static func resize(
    _ labels: [Int16], _ shape: [Int], to newShape: [Int], order: Int, ties: LabelTieRule
  ) -> [Int16] {
    if shape == newShape || labels.isEmpty { return labels }
    let (zs, ys, xs) = (
      LinearPosition.along(shape[0], newShape[0]), LinearPosition.along(shape[1], newShape[1]),
      LinearPosition.along(shape[2], newShape[2])
    )
    let (plane, row) = (shape[1] * shape[2], shape[2])
    // If an array has one label only, that label wins without reaching one half.
    let single = labels.allSatisfy { $0 == labels[0] }
    var out: [Int16] = []
    out.reserveCapacity(newShape.reduce(1, *))
    labels.withUnsafeBufferPointer { labels in
      for z in zs {
        for y in ys {
          let a = z.low * plane + y.low * row
          let b = z.low * plane + y.high * row
          let c = z.high * plane + y.low * row
          let d = z.high * plane + y.high * row
          let nearest = z.nearest * plane + y.nearest * row
          let (w0, w1) = (z.weights.0 * y.weights.0, z.weights.0 * y.weights.1)
          let (w2, w3) = (z.weights.1 * y.weights.0, z.weights.1 * y.weights.1)
          for x in xs {
            if order == 0 || single {
              out.append(labels[nearest + x.nearest])
              continue
            }
            let taps = SIMD8(
              labels[a + x.low], labels[a + x.high], labels[b + x.low], labels[b + x.high],
              labels[c + x.low], labels[c + x.high], labels[d + x.low], labels[d + x.high])
            if taps == SIMD8(repeating: taps[0]) {
              out.append(taps[0])
              continue
            }
            let weights = SIMD8(
              w0 * x.weights.0, w0 * x.weights.1, w1 * x.weights.0, w1 * x.weights.1,
              w2 * x.weights.0, w2 * x.weights.1, w3 * x.weights.0, w3 * x.weights.1)
            out.append(winner(taps, weights, nearest: labels[nearest + x.nearest], ties))
          }
        }
      }
    }
    return out
  }

  private static func winner(
    _ taps: SIMD8<Int16>, _ weights: SIMD8<Double>, nearest: Int16, _ ties: LabelTieRule
  ) -> Int16 {
    var best = 0.0
    var result: Int16 = 0
    var half: Int16?
    var nearestScore = 0.0
    for i in 0..<8 {
      let label = taps[i]
      var score = 0.0
      for j in 0..<8 where taps[j] == label { score += weights[j] }
      if label == nearest { nearestScore = score }
      if score > best || (score == best && score > 0 && label < result) {
        best = score
        result = label
      }
      if score >= 0.5, label > half ?? .min { half = label }
    }
    switch ties {
    case .nearest: return nearestScore == best ? nearest : result
    case .largestAboveHalf: return half ?? 0
    }
  }
}
