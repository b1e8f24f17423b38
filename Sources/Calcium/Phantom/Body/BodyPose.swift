// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation

/// How one subject's body differs from the atlas: position, size, shape and heart.
///
/// The map leads from the patient to the atlas, so that each voxel of a scan asks for its place.
struct BodyPose: Sendable {
  /// The heart's centre in the atlas; the origin of the patient's coordinates.
  let centre: Point
  /// Rows of the rotation from the patient to the atlas.
  private let rotation: (Point, Point, Point)
  /// The size of the body along each axis of the atlas, relative to it.
  let scale: Point
  /// How much larger the heart is along each axis than the body's size says, and over which distance
  /// that fades.
  private let heartGrowth: Point
  private let heartReach: Float
  /// How the heart is turned in the chest, as an axis times an angle in radians; that fades, too.
  private let heartTurn: Point
  /// How much roomier the chest is round the heart.
  let chest: ChestStretch
  private let fields: [SmoothField]

  /// A pose at random.
  ///
  /// - Parameter isPlain: whether the body has the usual shape, and no other.
  init(
    atlas: BodyAtlas, isPlain: Bool = false, _ random: inout KeyedRandom, warp: inout KeyedRandom
  ) {
    centre = atlas.heartCentre
    // People of middle size are the most frequent. Chests are deeper than the atlas's, hearts are not.
    let drawn = 0.85 + 0.175 * (random.unit() + random.unit())
    let size = isPlain ? 1.02 : drawn
    let depth = random.uniform(0.02, 0.22)
    let roundness = isPlain ? 0.12 : depth
    let uneven = random.jitter(0.07 / 1.5)
    scale =
      Point(repeating: size) * (isPlain ? Point(1, 1, 1) : Point(1, 1, 1) + uneven)
      * Point(1, 1 + roundness, 1)
    let degree = Float.pi / 180
    let angles =
      Point(
        8 * random.normal(), 6 * random.normal(), 8 * random.normal()) * degree
    rotation = Self.rotation(isPlain ? .zero : angles)
    // To a localiser ten sacs measured 660 to 1,470 mL; those of patients, 300 to 1,500.
    let drawnGrowth = random.uniform(-0.01, 0.35)
    let growth = isPlain ? 0.17 : drawnGrowth
    heartGrowth = [growth, (1 + growth) / (1 + roundness) - 1, growth]
    let reach = random.uniform(52, 78)
    heartReach = isPlain ? 65 : reach
    let turn = Point(random.normal(), random.normal(), random.normal()) * (7 * degree)
    heartTurn = isPlain ? .zero : turn
    let warps = [
      SmoothField(step: 40, deviation: random.uniform(1, 4.5), &warp),
      SmoothField(step: 21, deviation: random.uniform(0.4, 1.8), &warp),
    ]
    fields = isPlain ? [] : warps
    let room = ChestStretch(&random)
    chest = isPlain ? .usual : room
  }

  /// The place in the atlas of a point of the patient, in mm from the heart's centre.
  func atlasPoint(of patient: Point) -> Point { centre + chest.relaxed(bodyPoint(of: patient)) }

  /// The place in an atlas with the patient's chest, from the heart's centre.
  private func bodyPoint(of patient: Point) -> Point {
    var p = patient
    for field in fields { p += field.value(at: patient) }
    let v = Point(dot(rotation.0, p), dot(rotation.1, p), dot(rotation.2, p)) / scale
    let u = v / (Point(1, 1, 1) + growth(at: v))
    let reach = Self.turnReach
    return turned(u, by: heartTurn * -expf(-dot(u, u) / (2 * reach * reach)))
  }

  /// The distance from the heart's centre over which its turn fades, in mm.
  private static let turnReach: Float = 75

  /// How much larger than the body's size says everything is along each axis at a place from the
  /// heart's centre.
  private func growth(at v: Point) -> Point {
    heartGrowth * expf(-dot(v, v) / (2 * heartReach * heartReach))
  }

  /// The size of a mm of the atlas in the patient near a point, on average over directions.
  func localScale(atAtlas point: Point) -> Float {
    let v = point - centre
    let size =
      scale * chest.factors(at: v) * (Point(1, 1, 1) + growth(at: chest.stretched(v)))
    return (size.x + size.y + size.z) / 3
  }

  /// The point of the patient that lies at a point of the atlas, by fixed-point iteration.
  func patientPoint(ofAtlas point: Point) -> Point {
    let place = chest.stretched(point - centre)
    var p = place * scale
    for _ in 0..<12 {
      let miss = place - bodyPoint(of: p)
      // The transposed rotation leads back.
      let v = miss * scale * (Point(1, 1, 1) + 0.5 * heartGrowth)
      p += rotation.0 * v.x + rotation.1 * v.y + rotation.2 * v.z
    }
    return p
  }

  /// The width of the trunk without the fat under the skin, in mm.
  var trunkWidth: Float { (285 + 1.5 * chest.width - 0.8 * chest.leanness) * scale.x }

  /// From where to where the lungs reach, in mm from the heart's centre.
  var lungHeights: ClosedRange<Float> {
    -(46 + 0.6 * chest.breath) * scale.z...(104 + chest.height) * scale.z
  }

  private static func rotation(_ angles: Point) -> (Point, Point, Point) {
    let (cx, sx) = (cosf(angles.x), sinf(angles.x))
    let (cy, sy) = (cosf(angles.y), sinf(angles.y))
    let (cz, sz) = (cosf(angles.z), sinf(angles.z))
    return (
      Point(cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz),
      Point(cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz),
      Point(-sy, sx * cy, cx * cy)
    )
  }
}
