// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Orientations as scanners have them: straight, turned in plane, and oblique.
private let directions: [Direction] = [
  .identity,
  Direction(x: [0.8, 0.6, 0], y: [-0.6, 0.8, 0], z: [0, 0, 1]),
  Direction(x: [0.36, 0.48, -0.8], y: [-0.8, 0.6, 0], z: [0.48, 0.64, 0.6]),
  Direction(x: [0, 1, 0], y: [0, 0, -1], z: [-1, 0, 0]),
]

/// A volume of random size, place and values in one of these orientations.
///
/// Two rows at least: SimpleITK takes slices of one row for lines.
public func randomVolume(_ seed: Int, in range: ClosedRange<Int16>) -> Volume<Int16> {
  var random = SplitMix64(seed: UInt64(seed))
  let geometry = Geometry(
    extent: Extent(
      slices: .random(in: 2...6, using: &random), rows: .random(in: 2...9, using: &random),
      columns: .random(in: 2...9, using: &random)),
    spacing: [
      .random(in: 0.2...1, using: &random), .random(in: 0.2...1, using: &random),
      .random(in: 0.5...5, using: &random),
    ],
    origin: [
      .random(in: -200...200, using: &random), .random(in: -200...200, using: &random),
      .random(in: -400...400, using: &random),
    ], direction: directions[seed % directions.count])
  return Volume(
    geometry: geometry,
    voxels: (0..<geometry.extent.count).map { _ in .random(in: range, using: &random) })
}

/// A geometry of random size, spacing, origin and orientation; left-handed now and then.
public func randomGeometry(using random: inout SplitMix64) -> Geometry {
  func unit() -> Double { Double.random(in: -1...1, using: &random) }
  // A random unit quaternion is a random rotation.
  var (w, x, y, z) = (unit(), unit(), unit(), unit())
  let n = (w * w + x * x + y * y + z * z).squareRoot()
  (w, x, y, z) = (w / n, x / n, y / n, z / n)
  var direction = Direction(
    x: [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
    y: [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
    z: [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
  if Bool.random(using: &random) { direction.z *= -1 }
  return Geometry(
    extent: Extent(
      slices: .random(in: 1...5, using: &random), rows: .random(in: 1...7, using: &random),
      columns: .random(in: 1...9, using: &random)),
    spacing: [
      .random(in: 0.2...1, using: &random), .random(in: 0.2...1, using: &random),
      .random(in: 0.5...5, using: &random),
    ],
    origin: [200 * unit(), 200 * unit(), 400 * unit()], direction: direction)
}
