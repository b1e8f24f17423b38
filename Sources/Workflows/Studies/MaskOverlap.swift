// SPDX-License-Identifier: Apache-2.0
package import Volume

/// The Dice coefficient of two masks on one grid, or `nil` where both are empty.
///
/// It is twice the number of voxels in both masks over the sum of the voxels of each. Any value but
/// 0 is inside a mask.
///
/// - Throws: `GeometryError` where the masks have other numbers of voxels.
package func dice(_ first: Volume<UInt8>, _ second: Volume<UInt8>) throws -> Double? {
  try first.requireSameGrid(as: second, subject: "masks")
  var (common, sum) = (0, 0)
  for (a, b) in zip(first.voxels, second.voxels) {
    common += a != 0 && b != 0 ? 1 : 0
    sum += (a != 0 ? 1 : 0) + (b != 0 ? 1 : 0)
  }
  return sum == 0 ? nil : Double(2 * common) / Double(sum)
}
