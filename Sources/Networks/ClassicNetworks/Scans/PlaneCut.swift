// SPDX-License-Identifier: Apache-2.0
package import Volume

/// The three orientations of planes through a scan on its grid.
///
/// Rows and columns of a plane are the grid's axes as they are: coronal and sagittal planes have slabs of
/// 1.5 mm as rows and pixels of 0.66 mm as columns.
package enum Orientation: Int, CaseIterable, Sendable {
  /// Rows are y, columns x.
  case axial
  /// Rows are z, columns x.
  case coronal
  /// Rows are z, columns y.
  case sagittal

  /// The plane that a voxel lies in, and its row and column there.
  package func place(_ voxel: (z: Int, y: Int, x: Int)) -> (plane: Int, row: Int, column: Int) {
    switch self {
    case .axial: (voxel.z, voxel.y, voxel.x)
    case .coronal: (voxel.y, voxel.z, voxel.x)
    case .sagittal: (voxel.x, voxel.z, voxel.y)
    }
  }

  /// The number of rows and columns of a plane, and the distance of its neighbours in the array.
  func layout(_ extent: Extent) -> (rows: Int, columns: Int, down: Int, across: Int, next: Int) {
    let (slab, row) = (extent.sliceCount, extent.columns)
    return switch self {
    case .axial: (extent.rows, extent.columns, row, 1, slab)
    case .coronal: (extent.slices, extent.columns, slab, 1, row)
    case .sagittal: (extent.slices, extent.rows, slab, row, 1)
    }
  }

  /// Appends a part of a plane, whose first row and column may lie outside of the scan.
  ///
  /// - Parameters:
  ///   - values: one value for each voxel, in array order.
  ///   - extent: the grid of the values.
  ///   - plane: the number of the plane.
  ///   - start: row and column of the first pixel.
  ///   - size: rows and columns of the part.
  ///   - outside: the value of pixels outside of the scan.
  ///   - convert: what becomes of a value.
  ///   - output: where the pixels go, row after row.
  package func cut<Value, Output>(
    _ values: [Value], _ extent: Extent, plane: Int, from start: (row: Int, column: Int),
    size: (rows: Int, columns: Int), outside: Output, into output: inout [Output],
    _ convert: (Value) -> Output
  ) {
    let layout = layout(extent)
    for row in start.row..<start.row + size.rows {
      for column in start.column..<start.column + size.columns {
        let isInside =
          row >= 0 && row < layout.rows && column >= 0 && column < layout.columns
        output.append(
          isInside
            ? convert(values[plane * layout.next + row * layout.down + column * layout.across])
            : outside)
      }
    }
  }
}
