// SPDX-License-Identifier: Apache-2.0

extension NormalizationScheme {
  /// Normalises one channel in place, in float32 as nnU-Net does.
  ///
  /// - Parameters:
  ///   - image: The channel.
  ///   - properties: The data set's intensities, which CT needs.
  ///   - labels: With `useMask`, only voxels with a label of 0 or more are read and written.
  ///   - useMask: Whether labels are heeded.
  ///   - subject: What errors call the case.
  public func normalize(
    _ image: inout [Float], properties: IntensityProperties?, labels: [Int16]?, useMask: Bool,
    subject: String
  ) throws(NNUNetError) {
    let smallest: Float = 1e-8
    switch self {
    case .none: return
    case .ct:
      guard let properties else {
        throw NNUNetError(
          .plans, subject, "the plan lacks the intensities that CT normalisation needs")
      }
      let low = Float(properties.percentile005)
      let high = Float(properties.percentile995)
      let mean = Float(properties.mean)
      let std = Float(max(properties.std, 1e-8))
      image.withUnsafeMutableBufferPointer { image in
        for i in image.indices { image[i] = (min(max(image[i], low), high) - mean) / std }
      }
    case .zScore:
      if useMask, let labels {
        let inside = zip(image, labels).filter { $1 >= 0 }.map(\.0)
        if inside.isEmpty { return }
        let (mean, std) = inside.withUnsafeBufferPointer { PairwiseSum.meanAndDeviation($0) }
        for i in image.indices where labels[i] >= 0 {
          image[i] = (image[i] - mean) / max(std, smallest)
        }
      } else {
        let (mean, std) = image.withUnsafeBufferPointer { PairwiseSum.meanAndDeviation($0) }
        image.withUnsafeMutableBufferPointer { image in
          for i in image.indices { image[i] = (image[i] - mean) / max(std, smallest) }
        }
      }
    case .rescaleTo01:
      let low = image.min() ?? 0
      let range = max((image.max() ?? 0) - low, smallest)
      for i in image.indices { image[i] = (image[i] - low) / range }
    case .rgbTo01:
      if let low = image.min(), let high = image.max(), low < 0 || high > 255 {
        throw NNUNetError(
          .image, subject, "RGB values reach from \(low) to \(high); 0 to 255 were expected")
      }
      for i in image.indices { image[i] /= 255 }
    }
  }
}
