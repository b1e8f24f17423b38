// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

extension CandidateClassifier {
  /// Where the fine patch, and each coarse one, speak for a candidate being one of some classes: the class
  /// activation maps of the last level of both branches (Grad-CAM, Selvaraju 2017, equations 1 and 2).
  ///
  /// The number is the log odds of these classes together against all others. A map is not negative and
  /// lies on its patch, rows × columns; 8 × 8 places are interpolated linearly.
  ///
  /// - Throws: `StagesError` with the code `input` where the candidate does not fit the design.
  public func activationMaps(
    of sample: ClassifierSample, for classes: Set<String>
  ) throws -> (fine: [Float], coarse: [[Float]]) {
    let batch = try ClassifierBatch([sample], design, on: device)
    let (near, around) = (try fineFeatures(batch.fine), try coarseFeatures(batch.coarse))
    func probe(_ features: Tensor) throws -> Tensor {
      let zeros = try Tensor.zeros(features.shape, on: features.device)
      try zeros.requireGradient()
      return zeros
    }
    let (nearProbe, aroundProbe) = (try probe(near), try probe(around))
    let logits = try logits(
      near: (near + nearProbe).mean([2, 3]), around: (around + aroundProbe).mean([2, 3]), batch)
    // The gradient of the log odds by a logit is p ÷ the sum of its side, so these weights give it.
    let p = try logits.detached().softmax(1).floats()
    let isInside = design.classes.map(classes.contains)
    let inside = zip(p, isInside).reduce(Float(0)) { $0 + ($1.1 ? $1.0 : 0) }
    let weights = zip(p, isInside).map { p, isInside in
      isInside ? p / max(inside, 1e-12) : -p / max(1 - inside, 1e-12)
    }
    try (logits * Tensor(weights, shape: [1, weights.count]).to(device)).sum().backward()
    func maps(_ features: Tensor, _ zeros: Tensor, size: Int) throws -> [[Float]] {
      guard let gradient = try zeros.gradient else { return [] }
      let map = try (gradient.mean([2, 3], keepingAxes: true) * features.detached())
        .sum([1], keepingAxes: true).clipped(0, .infinity).interpolated(to: [size, size], .linear)
      let values = try map.floats()
      let plane = size * size
      return stride(from: 0, to: values.count, by: plane).map { Array(values[$0..<$0 + plane]) }
    }
    return try withoutGradients {
      (
        try maps(near, nearProbe, size: design.fineSize).first ?? [],
        try maps(around, aroundProbe, size: design.coarseSize)
      )
    }
  }
}
