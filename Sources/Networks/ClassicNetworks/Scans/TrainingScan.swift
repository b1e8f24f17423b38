// SPDX-License-Identifier: Apache-2.0
package import Volume

/// A scan on the networks' grid with its classes, from which minibatches are drawn.
package struct TrainingScan: Sendable {
  /// The name of the case.
  package let name: String
  /// The scan on the grid.
  package let scan: SlabScan
  /// The class of each voxel of the grid, 0 for background.
  package let classes: [UInt8]
  /// The places of the voxels of each class but the background.
  package let calcium: [Int32]
  /// The places of voxels of at least 130 HU without calcium.
  package let bright: [Int32]

  /// Whether each voxel of the grid is of the heart; `nil` where nothing is known of it.
  package let heart: [Bool]?

  /// The threshold of calcium in HU (Agatston 1990).
  package static let threshold: Int16 = 130

  /// A scan and the class of each of its voxels, both in array order on the scan's own grid.
  ///
  /// - Parameters:
  ///   - name: the name of the case.
  ///   - ct: the CT in Hounsfield units.
  ///   - classes: the class of each voxel.
  ///   - heart: whether each voxel is of the heart, where a method needs to know.
  package init(name: String, _ ct: Volume<Int16>, classes: [UInt8], heart: [Bool]? = nil) {
    let scan = SlabScan(ct)
    let sampled = scan.sampled(classes, of: ct.extent)
    self.name = name
    self.scan = scan
    self.classes = sampled
    self.heart = heart.map { scan.sampled($0, of: ct.extent) }
    calcium = sampled.indices.filter { sampled[$0] != 0 }.map { Int32($0) }
    bright = sampled.indices.filter { sampled[$0] == 0 && scan.hu[$0] >= Self.threshold }
      .map { Int32($0) }
  }
}
