// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import TestSupport
import Testing
import Torch

/// The spatial transform worked voxel by voxel, as nnU-Net defines it.
private struct SpatialOracle {
  let draw: AugmentationDraw
  let source: (rows: Int, columns: Int)
  let size: (rows: Int, columns: Int)

  /// Where output (row, column) looks in the source.
  func place(_ row: Int, _ column: Int) -> (Double, Double) {
    // nnU-Net mirrors last, after rotation and scaling.
    let r = draw.mirroredAxes.contains(0) ? size.rows - 1 - row : row
    let c = draw.mirroredAxes.contains(1) ? size.columns - 1 - column : column
    guard draw.rotation != nil || draw.scale != nil else {
      return (
        Double(source.rows / 2 - size.rows / 2 + r),
        Double(source.columns / 2 - size.columns / 2 + c)
      )
    }
    let (a, s) = (draw.rotation?[0] ?? 0, draw.scale ?? 1)
    let y = Double(r) - Double(size.rows - 1) / 2
    let x = Double(c) - Double(size.columns - 1) / 2
    return (
      s * (cos(a) * y - sin(a) * x) + Double(source.rows - 1) / 2,
      s * (sin(a) * y + cos(a) * x) + Double(source.columns - 1) / 2
    )
  }

  /// The share of each key among the four neighbours; nil stands for outside of the source.
  func shares(_ row: Int, _ column: Int, _ key: (Int, Int) -> Int?) -> [Int?: Double] {
    let (y, x) = place(row, column)
    var shares: [Int?: Double] = [:]
    for r in [Int(y.rounded(.down)), Int(y.rounded(.down)) + 1] {
      for c in [Int(x.rounded(.down)), Int(x.rounded(.down)) + 1] {
        let inside = (0..<source.rows).contains(r) && (0..<source.columns).contains(c)
        let weight = (1 - abs(y - Double(r))) * (1 - abs(x - Double(c)))
        shares[inside ? key(r, c) : nil, default: 0] += weight
      }
    }
    return shares
  }
}

@Suite struct `The spatial augmentation` {
  static let source = (rows: 18, columns: 25)
  static let size = (rows: 12, columns: 15)

  /// Two labels of no symmetry, and a margin that lies outside of the scan.
  static func label(_ row: Int, _ column: Int) -> Int64 {
    if row == 17 || column < 2 { return -1 }
    if row < 8, column > 9, row + column < 25 { return 1 }
    return column > 18 || row == 11 ? 2 : 0
  }

  static func value(_ row: Int, _ column: Int) -> Float {
    Float((row * 7 + column * column * 3 + row * column) % 19) - 6
  }

  static func draw(_ change: (inout AugmentationDraw) -> Void = { _ in }) -> AugmentationDraw {
    var draw = AugmentationDraw()
    change(&draw)
    return draw
  }

  static let draws: [AugmentationDraw] = [
    draw(),
    draw { $0.mirroredAxes = [0] },
    draw { $0.mirroredAxes = [1] },
    draw { $0.mirroredAxes = [0, 1] },
    draw { $0.rotation = [0.3] },
    draw { $0.rotation = [-2.1] },
    draw { $0.scale = 0.7 },
    draw { $0.scale = 1.4 },
    draw {
      $0.rotation = [0.9]
      $0.scale = 1.3
      $0.mirroredAxes = [0]
    },
    draw {
      $0.rotation = [-0.4]
      $0.scale = 0.8
      $0.mirroredAxes = [1]
    },
  ]

  static func apply(
    _ draws: [AugmentationDraw], size: (rows: Int, columns: Int) = size
  ) throws -> Augmentation.Result {
    let places = (0..<source.rows).flatMap { r in (0..<source.columns).map { (r, $0) } }
    let shape = [source.rows, source.columns]
    let image = places.map { value($0.0, $0.1) }
    let labels = places.map { label($0.0, $0.1) }
    let n = draws.count
    return try Augmentation(size: [size.rows, size.columns])(
      draws, images: Tensor(draws.flatMap { _ in image }, shape: [n, 1] + shape),
      labels: Tensor(draws.flatMap { _ in labels }, shape: [n] + shape))
  }

  @Test func `finds every voxel where nnU-Net looks for it`() throws {
    let result = try Self.apply(Self.draws)
    let count = Self.size.rows * Self.size.columns
    #expect(result.images.shape == [Self.draws.count, 1, Self.size.rows, Self.size.columns])
    let images = try result.images.floats()
    let labels = try result.labels.values(as: Int64.self)
    for (i, draw) in Self.draws.enumerated() {
      let oracle = SpatialOracle(draw: draw, source: Self.source, size: Self.size)
      for row in 0..<Self.size.rows {
        for column in 0..<Self.size.columns {
          let at = i * count + row * Self.size.columns + column
          var expected = 0.0
          let (y, x) = oracle.place(row, column)
          for r in [Int(y.rounded(.down)), Int(y.rounded(.down)) + 1] {
            for c in [Int(x.rounded(.down)), Int(x.rounded(.down)) + 1]
            where (0..<Self.source.rows).contains(r) && (0..<Self.source.columns).contains(c) {
              expected +=
                (1 - abs(y - Double(r))) * (1 - abs(x - Double(c))) * Double(Self.value(r, c))
            }
          }
          #expect(abs(Double(images[at]) - expected) < 1e-3, "draw \(i) at (\(row), \(column))")
          let shares = oracle.shares(row, column) {
            let label = Int(Self.label($0, $1))
            return label < 0 ? nil : label
          }
          let ranked = shares.sorted { $0.value > $1.value }
          // A tie may go either way.
          guard ranked.count == 1 || ranked[0].value - ranked[1].value > 1e-3 else { continue }
          #expect(
            labels[at] == Int64(ranked[0].key ?? 0), "draw \(i), label at (\(row), \(column))")
        }
      }
    }
  }

  @Test func `a quarter turn takes columns to rows`() throws {
    let n = 9
    let image = (0..<n * n).map { Float($0 * $0 % 31) }
    let result = try Augmentation(size: [n, n])(
      [Self.draw { $0.rotation = [.pi / 2] }], images: Tensor(image, shape: [1, 1, n, n]),
      labels: Tensor(image.map { Int64($0) % 3 }, shape: [1, n, n]))
    let turned = try result.images.floats()
    let labels = try result.labels.values(as: Int64.self)
    for r in 0..<n {
      for c in 0..<n {
        let source = image[(n - 1 - c) * n + r]
        #expect(abs(turned[r * n + c] - source) < 1e-3)
        #expect(labels[r * n + c] == Int64(source) % 3)
      }
    }
  }

  @Test(arguments: [0.5, 2.0])
  func `the scale is that of the field of view`(scale: Double) throws {
    // A slope is interpolated without error.
    let (rows, columns) = (20, 32)
    let image = (0..<rows * columns).map { Float(10 * ($0 / columns) + $0 % columns) }
    let result = try Augmentation(size: [8, 12])(
      [Self.draw { $0.scale = scale }], images: Tensor(image, shape: [1, 1, rows, columns]),
      labels: Tensor(image.map { _ in Int64(1) }, shape: [1, rows, columns]))
    let values = try result.images.floats()
    for r in 0..<8 {
      for c in 0..<12 {
        let y = (Double(r) - 3.5) * scale + 9.5
        let x = (Double(c) - 5.5) * scale + 15.5
        #expect(abs(Double(values[r * 12 + c]) - (10 * y + x)) < 1e-3)
      }
    }
    #expect(try nonEmpty(result.labels.values(as: Int64.self)).allSatisfy { $0 == 1 })
  }

  @Test func `what lies beyond the source is background`() throws {
    let result = try Augmentation(size: [10, 10])(
      [Self.draw { $0.scale = 1.4 }], images: Tensor.ones([1, 1, 10, 10]),
      labels: Tensor([Int64](repeating: 1, count: 100), shape: [1, 10, 10]))
    // Row 0 looks at 1.4 · −4.5 + 4.5 = −1.8.
    #expect(try nonEmpty(result.images.selected(2, 0).floats()).allSatisfy { $0 == 0 })
    #expect(
      try nonEmpty(result.labels.selected(2, 0).values(as: Int64.self)).allSatisfy { $0 == 0 })
    #expect(try result.labels.values(as: Int64.self)[44] == 1)
  }
}

@Suite struct `Mirroring` {
  @Test(arguments: [([14, 17], false), ([6, 12, 13], false), ([6, 12, 13], true)])
  func `comes last, whatever happened before`(size: [Int], inPlane: Bool) throws {
    let shape = size.enumerated().map { inPlane && $0 == 0 ? $1 : $1 + 5 }
    let images = try Tensor.normal([1, 2] + shape, seed: 1)
    let labels = try Tensor.uniform([1] + shape, high: 3.999, seed: 2).to(.int16) - 1
    let changes: [(inout AugmentationDraw) -> Void] = [
      { _ in }, { $0.rotation = Array(repeating: 0.4, count: inPlane || size.count == 2 ? 1 : 3) },
      { $0.scale = 0.83 }, { $0.lowResolution = [0.63, nil] },
      {
        $0.rotation = Array(repeating: -0.3, count: inPlane || size.count == 2 ? 1 : 3)
        $0.blur = [nil, Array(repeating: 0.8, count: size.count)]
        $0.contrast = [1.2, 0.9]
        $0.lowResolution = [0.71, 0.52]
        $0.gamma = [1.3, 0.8]
        $0.invertedGamma = [0.9, 1.1]
      },
    ]
    for change in changes {
      var draw = AugmentationDraw()
      change(&draw)
      let augmentation = Augmentation(size: size, rotatesInPlane: inPlane)
      let plain = try augmentation([draw], images: images, labels: labels)
      for subset in 1..<(1 << size.count) {
        draw.mirroredAxes = size.indices.filter { subset >> $0 & 1 == 1 }
        let axes = draw.mirroredAxes.map { $0 + 2 }
        let mirrored = try augmentation([draw], images: images, labels: labels)
        let wanted = try plain.images.flipped(axes).floats()
        #expect(
          try pairs(mirrored.images.floats(), wanted).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(
          try mirrored.labels.values(as: Int16.self)
            == plain.labels.flipped(axes).values(as: Int16.self))
      }
    }
  }
}

@Suite struct `The augmentation of intensities` {
  typealias Spatial = `The spatial augmentation`

  static func stretched(_ x: [Double], _ exponent: Double) -> [Double] {
    func moments(_ x: [Double]) -> (mean: Double, deviation: Double) {
      let mean = x.reduce(0, +) / Double(x.count)
      let squares = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, (squares / Double(x.count - 1)).squareRoot())
    }
    let low = x.min() ?? 0
    let range = (x.max() ?? 0) - low
    let before = moments(x)
    let y = x.map { pow(($0 - low) / max(range, 1e-7), exponent) * range + low }
    let after = moments(y)
    return y.map { ($0 - after.mean) * before.deviation / max(after.deviation, 1e-7) + before.mean }
  }

  static let changes: [(String, AugmentationDraw, @Sendable ([Double]) -> [Double])] = [
    ("brightness", Spatial.draw { $0.brightness = [1.2] }, { x in x.map { $0 * 1.2 } }),
    (
      "contrast", Spatial.draw { $0.contrast = [1.25] },
      { x in
        let mean = x.reduce(0, +) / Double(x.count)
        let (low, high) = (x.min() ?? 0, x.max() ?? 0)
        return x.map { min(high, max(low, ($0 - mean) * 1.25 + mean)) }
      }
    ),
    ("gamma", Spatial.draw { $0.gamma = [1.4] }, { stretched($0, 1.4) }),
    (
      "inverted gamma", Spatial.draw { $0.invertedGamma = [0.75] },
      { x in stretched(x.map { -$0 }, 0.75).map { -$0 } }
    ),
    (
      "all in nnU-Net's order",
      Spatial.draw {
        $0.brightness = [0.8]
        $0.contrast = [0.9]
        $0.invertedGamma = [1.3]
        $0.gamma = [0.7]
      },
      { x in
        let bright = x.map { $0 * 0.8 }
        let mean = bright.reduce(0, +) / Double(x.count)
        let flat = bright.map { ($0 - mean) * 0.9 + mean }
        return stretched(stretched(flat.map { -$0 }, 1.3).map { -$0 }, 0.7)
      }
    ),
  ]

  @Test(arguments: changes)
  func `follows the formulas, for its own sample only`(
    name: String, draw: AugmentationDraw, formula: @Sendable ([Double]) -> [Double]
  ) throws {
    let plain = try Spatial.apply([AugmentationDraw(), AugmentationDraw()]).images.floats()
    let result = try Spatial.apply([AugmentationDraw(), draw])
    let values = try result.images.floats()
    let half = values.count / 2
    #expect(values[..<half] == plain[..<half])
    let expected = formula(plain[half...].map { Double($0) })
    for (value, wanted) in try pairs(values[half...], expected) {
      #expect(abs(Double(value) - wanted) < 2e-4 * max(1, abs(wanted)))
    }
  }

  @Test func `noise has the deviation that was drawn and comes from the seed`() throws {
    func draws(_ seed: UInt64) -> [AugmentationDraw] {
      [
        AugmentationDraw(),
        Spatial.draw {
          $0.noise = 0.08
          $0.noiseSeed = seed
        },
      ]
    }
    let size = (rows: 18, columns: 25)
    let plain = try Spatial.apply([AugmentationDraw(), AugmentationDraw()], size: size).images
    let noisy = try Spatial.apply(draws(5), size: size).images
    let noise = try (noisy - plain).floats()
    let half = noise.count / 2
    #expect(noise[..<half].allSatisfy { $0 == 0 })
    let squares = noise[half...].reduce(0.0) { $0 + Double($1) * Double($1) }
    let deviation = (squares / Double(half)).squareRoot()
    #expect(abs(deviation / 0.08 - 1) < 4 / (2 * Double(half)).squareRoot())
    #expect(try noisy.floats() == Spatial.apply(draws(5), size: size).images.floats())
    #expect(try noisy.floats() != Spatial.apply(draws(6), size: size).images.floats())
  }

  @Test func `an image of one value stays finite`() throws {
    let draw = Spatial.draw {
      $0.brightness = [1.1]
      $0.contrast = [1.2]
      $0.invertedGamma = [1.5]
      $0.gamma = [0.7]
    }
    let result = try Augmentation(size: [8, 8])(
      [draw], images: Tensor.full([1, 1, 8, 8], -2),
      labels: Tensor.zeros([1, 8, 8], dtype: .int64))
    for value in try nonEmpty(result.images.floats()) { #expect(abs(value + 2.2) < 1e-4) }
  }
}
