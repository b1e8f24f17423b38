// SPDX-License-Identifier: Apache-2.0

/// The connected pieces of a mask, voxels touching at faces, edges and corners (26 neighbours).
public enum ConnectedPieces {
  /// The pieces as voxel indices, in the order of their first voxel.
  ///
  /// - Parameter shape: Two or three axes, the last one fastest; 8 neighbours in two.
  public static func find(in mask: [UInt8], shape: [Int]) -> [[Int]] {
    let shape = shape.count == 2 ? [1] + shape : shape
    var open = mask
    var pieces: [[Int]] = []
    for seed in mask.indices where open[seed] != 0 {
      var piece = [seed]
      open[seed] = 0
      var next = 0
      while next < piece.count {
        let (rest, x) = piece[next].quotientAndRemainder(dividingBy: shape[2])
        let (z, y) = rest.quotientAndRemainder(dividingBy: shape[1])
        next += 1
        for k in max(0, z - 1)...min(shape[0] - 1, z + 1) {
          for j in max(0, y - 1)...min(shape[1] - 1, y + 1) {
            for i in max(0, x - 1)...min(shape[2] - 1, x + 1) {
              let at = (k * shape[1] + j) * shape[2] + i
              if open[at] != 0 {
                open[at] = 0
                piece.append(at)
              }
            }
          }
        }
      }
      pieces.append(piece)
    }
    return pieces
  }
}
