// SPDX-License-Identifier: Apache-2.0

/// How much roomier a chest is than the atlas's, round a heart of unchanged size.
///
/// The man of the atlas has lungs of 2.7 L, 16 cm high, as after breathing out; patients hold their
/// breath. Each axis is stretched in a stretch of its own, beyond which everything moves as a whole, so
/// that chest wall, neck and belly keep their size. All lengths are mm of the atlas.
struct ChestStretch: Sendable {
  /// How much wider the chest is on the right; on the left, where the heart lies, half of that.
  let width: Float
  /// How much deeper it is behind the heart.
  let depth: Float
  /// How much nearer the chest wall is in front of the heart, which touches it in many.
  let front: Float
  /// How much thinner the muscles of the back are, which are strong in the atlas.
  let thinness: Float
  /// How much thinner the muscles of the flanks and the breast are.
  let leanness: Float
  /// How much higher the lungs reach.
  let height: Float
  /// How much lower the diaphragm stands beside the heart, which rests on the middle of it.
  let breath: Float

  /// No stretch.
  static let none = ChestStretch(
    width: 0, depth: 0, front: 0, thinness: 0, leanness: 0, height: 0, breath: 0)

  /// A chest of the middle of all ranges.
  static let usual = ChestStretch(
    width: 32, depth: 13, front: 18, thinness: 16, leanness: 18, height: 54, breath: 60)

  /// One axis: what lies between `start` and `start + length` is longer by `extra`.
  struct Axis {
    let start: Float
    let length: Float
    let extra: Float

    /// Where a coordinate of the atlas lies in the stretched chest.
    func stretched(_ a: Float) -> Float { a + extra * clamped((a - start) / length, 0, 1) }

    /// The opposite of `stretched`.
    func relaxed(_ u: Float) -> Float {
      u - extra * clamped((u - start) / (length + extra), 0, 1)
    }

    /// The length of a mm of the atlas.
    func factor(at a: Float) -> Float {
      a > start && a < start + length ? 1 + extra / length : 1
    }
  }

  // In the atlas the lungs reach from 140 mm to the right of the heart's centre to 100 mm to the left of it, from
  // 50 mm below it to 110 mm above it, and to 110 mm behind it; the heart measures 60 mm each way.
  private var right: Axis { Axis(start: 76, length: 64, extra: width) }
  private var left: Axis { Axis(start: 68, length: 32, extra: width / 2) }
  private var back: Axis { Axis(start: 76, length: 40, extra: depth) }
  private var muscles: Axis { Axis(start: 118, length: 40, extra: -thinness) }
  private var rightFlank: Axis { Axis(start: 146, length: 40, extra: -leanness) }
  private var leftFlank: Axis { Axis(start: 106, length: 40, extra: -leanness) }
  private var breast: Axis { Axis(start: 84, length: 30, extra: -0.6 * leanness) }
  private var fore: Axis { Axis(start: 40, length: 34, extra: -front) }
  private var up: Axis { Axis(start: 45, length: 70, extra: height) }
  private func down(at x: Float) -> Axis {
    Axis(start: -10, length: 75, extra: breath * smoothStep(68, 112, abs(x)))
  }

  /// The place in the atlas, from the heart's centre, of a place in the stretched chest.
  func relaxed(_ u: Point) -> Point {
    let x =
      u.x < 0
      ? -rightFlank.relaxed(right.relaxed(-u.x)) : leftFlank.relaxed(left.relaxed(u.x))
    return Point(
      x,
      u.y < 0
        ? -breast.relaxed(fore.relaxed(-u.y)) : muscles.relaxed(back.relaxed(u.y)),
      u.z < 30 ? -down(at: x).relaxed(-u.z) : up.relaxed(u.z))
  }

  /// The opposite of `relaxed`.
  func stretched(_ a: Point) -> Point {
    Point(
      a.x < 0
        ? -right.stretched(rightFlank.stretched(-a.x)) : left.stretched(leftFlank.stretched(a.x)),
      a.y < 0 ? -fore.stretched(breast.stretched(-a.y)) : back.stretched(muscles.stretched(a.y)),
      a.z < 30 ? -down(at: a.x).stretched(-a.z) : up.stretched(a.z))
  }

  /// The lengths along x, y and z of a mm of the atlas at a place in it.
  func factors(at a: Point) -> Point {
    Point(
      a.x < 0
        ? right.factor(at: -a.x) * rightFlank.factor(at: -a.x)
        : left.factor(at: a.x) * leftFlank.factor(at: a.x),
      a.y < 0
        ? fore.factor(at: -a.y) * breast.factor(at: -a.y)
        : back.factor(at: a.y) * muscles.factor(at: a.y),
      a.z < 30 ? down(at: a.x).factor(at: -a.z) : up.factor(at: a.z))
  }
}

extension ChestStretch {
  /// A chest at random; lungs that are wide are high, too, in most people.
  init(_ random: inout KeyedRandom) {
    let size = random.unit()
    width = 14 + 36 * mix(size, random.unit(), 0.5)
    depth = random.uniform(4, 22)
    front = random.uniform(10, 27)
    thinness = random.uniform(8, 24)
    leanness = random.uniform(10, 26)
    height = 28 + 52 * mix(size, random.unit(), 0.5)
    breath = 30 + 60 * mix(size, random.unit(), 0.5)
  }
}
