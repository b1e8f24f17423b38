// SPDX-License-Identifier: Apache-2.0

/// A CT in Hounsfield units, or a label map, with its place in the patient.
///
/// Voxels are stored in array order (z, y, x), x fastest. HU fit `Int16`, labels `UInt8`,
/// network input is `Float`.
public struct Volume<Element: Sendable>: Sendable {
  /// Where the voxels lie.
  public let geometry: Geometry
  /// The values, in array order; their number must stay that of the geometry.
  ///
  /// No observer guards the count: with one, a write through `voxels[i]` from another module would
  /// copy the whole array.
  public var voxels: [Element]

  /// A volume of given values; their number must be that of the geometry.
  @inlinable public init(geometry: Geometry, voxels: [Element]) {
    precondition(
      voxels.count == geometry.extent.count,
      "\(voxels.count) voxels for a grid of \(geometry.extent)")
    self.geometry = geometry
    self.voxels = voxels
  }

  /// A volume with one value everywhere.
  public init(geometry: Geometry, repeating value: Element) {
    self.init(
      geometry: geometry, voxels: Array(repeating: value, count: geometry.extent.count))
  }

  /// The number of voxels along each axis.
  public var extent: Extent { geometry.extent }

  /// The index into `voxels` of slice z, row y, column x.
  public func offset(_ z: Int, _ y: Int, _ x: Int) -> Int {
    (z * geometry.extent.rows + y) * geometry.extent.columns + x
  }

  /// The value at slice z, row y, column x.
  public subscript(z: Int, y: Int, x: Int) -> Element {
    get { voxels[offset(z, y, x)] }
    set { voxels[offset(z, y, x)] = newValue }
  }

  /// The values of one slice, row by row.
  public func slice(_ z: Int) -> ArraySlice<Element> {
    let n = geometry.extent.sliceCount
    return voxels[z * n..<(z + 1) * n]
  }

  /// A volume on the same grid with every value converted.
  ///
  /// Inlinable, because a conversion that is not known here costs an allocation a voxel.
  @inlinable public func map<Other: Sendable>(
    _ convert: (Element) throws -> Other
  ) rethrows -> Volume<Other> {
    Volume<Other>(geometry: geometry, voxels: try voxels.map(convert))
  }
}

extension Volume {
  /// One slice as a volume of its own, at its position in the patient.
  public func singleSlice(_ z: Int) -> Volume {
    var geometry = geometry
    geometry.extent.slices = 1
    geometry.origin = geometry.position(ofVoxel: [0, 0, Double(z)])
    return Volume(geometry: geometry, voxels: Array(slice(z)))
  }

  /// This volume on the grid of another one, where both grids differ only in position and
  /// direction; else this volume as it is.
  ///
  /// Spacings count as equal up to a thousandth. nnU-Net tolerates labels that lie elsewhere than
  /// their image in the same way.
  public func placed<Other>(like other: Volume<Other>) -> Volume {
    let (a, b) = (geometry, other.geometry)
    let hasSameSpacing = (0..<3).allSatisfy {
      abs(a.spacing[$0] - b.spacing[$0]) <= 1e-3 * b.spacing[$0]
    }
    return a.extent == b.extent && hasSameSpacing ? Volume(geometry: b, voxels: voxels) : self
  }
}
