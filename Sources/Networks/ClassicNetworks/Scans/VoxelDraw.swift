// SPDX-License-Identifier: Apache-2.0

/// Draws voxels of scans: first a scan that has some of the kind, then one of its voxels, so that
/// scans with much calcium do not outweigh the others.
struct VoxelDraw {
  /// A drawn voxel: the number of its scan, and its place in the array.
  typealias Voxel = (scan: Int, place: Int)

  let scans: [TrainingScan]

  /// Appends voxels of lists, one list for each scan; nothing where all are empty.
  func append(
    _ count: Int, of lists: [[Int32]], to voxels: inout [Voxel],
    using generator: inout some RandomNumberGenerator
  ) {
    let filled = lists.indices.filter { !lists[$0].isEmpty }
    guard !filled.isEmpty else { return }
    for _ in 0..<count {
      let scan = filled[Int.random(in: filled.indices, using: &generator)]
      let list = lists[scan]
      voxels.append((scan, Int(list[Int.random(in: list.indices, using: &generator)])))
    }
  }

  /// Appends voxels anywhere in the scans until there are so many.
  func fill(
    to count: Int, _ voxels: inout [Voxel], using generator: inout some RandomNumberGenerator
  ) {
    while voxels.count < count {
      let scan = Int.random(in: scans.indices, using: &generator)
      voxels.append((scan, Int.random(in: scans[scan].scan.hu.indices, using: &generator)))
    }
  }

  /// Planes (batch, 1, edge, edge) around voxels in one orientation, as one array.
  func planes(
    around voxels: [Voxel], _ orientation: Orientation, edge: Int, window: IntensityWindow
  ) -> [Float] {
    var pixels: [Float] = []
    pixels.reserveCapacity(voxels.count * edge * edge)
    for voxel in voxels {
      let scan = scans[voxel.scan].scan
      scan.cut(
        orientation, around: voxel.place, edge: edge, window: window, into: &pixels)
    }
    return pixels
  }
}

extension SlabScan {
  /// Appends a square part of the plane through a voxel, with the voxel in its middle.
  func cut(
    _ orientation: Orientation, around voxel: Int, edge: Int, window: IntensityWindow,
    into pixels: inout [Float]
  ) {
    let place = orientation.place(index(voxel))
    orientation.cut(
      hu, grid.extent, plane: place.plane,
      from: (place.row - edge / 2, place.column - edge / 2), size: (edge, edge),
      outside: window(Self.outside), into: &pixels
    ) { window($0) }
  }
}
