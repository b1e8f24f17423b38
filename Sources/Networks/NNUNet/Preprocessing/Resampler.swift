// SPDX-License-Identifier: Apache-2.0

/// Resampling between the original grid and the network's, as `resample_data_or_seg_to_shape`.
///
/// Where one spacing is more than three times another one, slices are resized in their plane and
/// nearest neighbours are taken along the coarse axis; else the volume is resized as a whole.
public struct Resampler: Hashable, Sendable {
  /// The coarse axis that is resampled by itself, if there is one.
  public let separateAxis: Int?
  /// The shape (z, y, x) before.
  public let shape: [Int]
  /// The shape (z, y, x) after.
  public let newShape: [Int]

  /// The ratio of spacings from which on the coarse axis is resampled by itself.
  public static let anisotropyThreshold = 3.0

  /// A resampler between two shapes.
  ///
  /// - Parameters:
  ///   - shape: extents (z, y, x) before.
  ///   - spacing: along (z, y, x) in mm, before.
  ///   - newShape: extents (z, y, x) after.
  ///   - newSpacing: along (z, y, x) in mm, after.
  ///   - forceSeparate: whether the coarse axis is resampled by itself; `nil` decides by the
  ///     spacings.
  public init(
    shape: [Int], spacing: [Double], newShape: [Int], newSpacing: [Double],
    forceSeparate: Bool? = nil
  ) {
    self.shape = shape
    self.newShape = newShape
    func coarseAxis(_ spacing: [Double]) -> Int? {
      let axes = spacing.indices.filter { spacing[$0] == spacing.max() }
      return axes.count == 1 ? axes[0] : nil
    }
    func isAnisotropic(_ spacing: [Double]) -> Bool {
      (spacing.max() ?? 1) / (spacing.min() ?? 1) > Self.anisotropyThreshold
    }
    switch forceSeparate {
    case false: separateAxis = nil
    case true: separateAxis = coarseAxis(spacing)
    case nil:
      separateAxis =
        isAnisotropic(spacing)
        ? coarseAxis(spacing) : isAnisotropic(newSpacing) ? coarseAxis(newSpacing) : nil
    }
  }

  /// The shape that has the same size in mm at another spacing, rounded half to even.
  public static func newShape(of shape: [Int], spacing: [Double], newSpacing: [Double]) -> [Int] {
    shape.indices.map {
      let extent = spacing[$0] / newSpacing[$0] * Double(shape[$0])
      return Int(extent.rounded(.toNearestOrEven))
    }
  }

  /// Resamples one channel; order 0 nearest, 1 linear, 3 cubic.
  public func resample(_ values: [Float], order: Int) -> [Float] {
    guard shape != newShape else { return values }
    return bySlices(values) { part, shape, newShape in
      guard shape != newShape else { return part }
      return SplineResize.resize(part.map(Double.init), shape, to: newShape, order: order)
        .map { Float($0) }
    }
  }

  /// Resamples one channel of network output in float16, as nnU-Net keeps it.
  public func resample(_ values: ArraySlice<Float16>, order: Int) -> [Float16] {
    guard shape != newShape else { return Array(values) }
    return bySlices(Array(values)) { part, shape, newShape in
      guard shape != newShape else { return part }
      return SplineResize.resize(part.map { Double($0) }, shape, to: newShape, order: order)
        .map { Float16($0) }
    }
  }

  /// Resamples a label map; order 0 takes the nearest label, 1 the one with the highest linear
  /// score.
  public func resample(_ labels: [Int16], order: Int, ties: LabelTieRule = .nearest) -> [Int16] {
    guard shape != newShape else { return labels }
    return bySlices(labels) { part, shape, newShape in
      LabelResize.resize(part, shape, to: newShape, order: order, ties: ties)
    }
  }

  /// Calls `resize` with the whole array, or with each needed slice across the coarse axis.
  private func bySlices<T>(_ values: [T], _ resize: ([T], [Int], [Int]) -> [T]) -> [T] {
    guard let axis = separateAxis else { return resize(values, shape, newShape) }
    var sliceShape = shape
    sliceShape[axis] = 1
    var newSliceShape = newShape
    newSliceShape[axis] = 1
    let scale = Double(shape[axis]) / Double(newShape[axis])
    let sources = (0..<newShape[axis]).map { k in
      min(max(Int((scale * (Double(k) + 0.5) - 0.5 + 0.5).rounded(.down)), 0), shape[axis] - 1)
    }
    var slices: [[T]] = []
    var previous: (source: Int, slice: [T])?
    for source in sources {
      if let previous, previous.source == source {
        slices.append(previous.slice)
        continue
      }
      var box = shape.map { 0..<$0 }
      box[axis] = source..<source + 1
      let slice = resize(ArrayAxes.cropped(values, shape, box), sliceShape, newSliceShape)
      slices.append(slice)
      previous = (source, slice)
    }
    var out: [T] = []
    out.reserveCapacity(newShape.reduce(1, *))
    switch axis {
    case 0:
      for slice in slices { out.append(contentsOf: slice) }
    case 1:
      for z in 0..<newShape[0] {
        for slice in slices {
          out.append(contentsOf: slice[z * newShape[2]..<(z + 1) * newShape[2]])
        }
      }
    default:
      for row in 0..<newShape[0] * newShape[1] { for slice in slices { out.append(slice[row]) } }
    }
    return out
  }
}
