// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Which slice each region of an annotation belongs to.
///
/// The patient position decides; `ImageIndex` is only a cross-check, because it counts upwards
/// while file names mostly count downwards, and because it is off where positions are doubled.
public struct Pairing: Sendable {
  /// How a region was matched with a slice.
  public enum Outcome: Hashable, Sendable {
    /// The region lies on a slice of the stack, `distance` mm from its plane.
    case matched(slice: Int, distance: Double)
    /// No slice lies within half an increment; the nearest one is `distance` mm away.
    case unmatched(distance: Double)
    /// The region has no contour, or a broken one.
    case withoutContour
  }

  /// A region with its outcome.
  public struct Entry: Hashable, Sendable {
    /// The location of the region in the annotation.
    public let location: RegionLocation
    /// How it was matched.
    public let outcome: Outcome
    /// The `ImageIndex` values that its slice allows, or `nil` if there is no slice.
    public let expectedIndex: ClosedRange<Int>?

    /// The slice, counted along the stack, if there is one.
    public var slice: Int? {
      if case .matched(let slice, _) = outcome { return slice }
      return nil
    }

    /// Whether `ImageIndex` is there and contradicts the position.
    public let indexDisagrees: Bool

    fileprivate init(
      _ location: RegionLocation, _ outcome: Outcome, indices: ClosedRange<Int>? = nil,
      disagrees: Bool = false
    ) {
      self.location = location
      self.outcome = outcome
      expectedIndex = indices
      indexDisagrees = disagrees
    }
  }

  /// One entry for each region of the annotation, in its order.
  public let entries: [Entry]

  /// Pairs by position along the normal of a stack of slices.
  ///
  /// A region is matched if its mean position lies strictly within half an increment of a slice; one
  /// that lies half-way between two slices was drawn on another reconstruction. A stack of a single
  /// slice has no increment; `singleSliceIncrement` (3 mm) then stands for it.
  public init(
    _ annotation: Annotation, on stack: SliceStack, singleSliceIncrement: Double = 3
  ) {
    let half = (stack.increment ?? singleSliceIncrement) / 2
    // Positions have six decimals and slice positions often fewer: half-way is meant to a micrometre.
    let window = half - 0.001
    entries = annotation.regions.map { location, region in
      guard let position = region.position(along: stack.normal) else {
        return Entry(location, .withoutContour)
      }
      guard let (slice, distance) = stack.nearest(to: position) else {
        return Entry(location, .unmatched(distance: .infinity))
      }
      guard distance < window else {
        return Entry(location, .unmatched(distance: distance))
      }
      return Entry(
        location, .matched(slice: slice, distance: distance),
        indices: stack.indices(ofSlice: slice),
        disagrees: location.index.map { !stack.agrees(index: $0, withSlice: slice) } ?? false)
    }
  }

  /// Pairs with the slices of a volume.
  public init(_ annotation: Annotation, on geometry: Geometry) {
    self.init(
      annotation, on: SliceStack(geometry), singleSliceIncrement: geometry.spacing.z)
  }

  /// The number of regions on a slice.
  public var matched: Int { entries.count { $0.slice != nil } }

  /// The regions with a contour that lie on no slice.
  public var unmatched: [Entry] {
    entries.filter {
      if case .unmatched = $0.outcome { return true }
      return false
    }
  }

  /// The regions whose `ImageIndex` contradicts their position.
  public var indexDisagreements: [Entry] { entries.filter(\.indexDisagrees) }
}
