// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing

@Suite struct `Ticks and numbers` {
  @Test(arguments: [
    (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (0, 5_500, ["0", "1000", "2000", "3000", "4000", "5000"]),
    (-0.8, 0.6, ["−0.8", "−0.6", "−0.4", "−0.2", "0.0", "0.2", "0.4", "0.6"]),
    (12, 13.1, ["12.0", "12.2", "12.4", "12.6", "12.8", "13.0"]),
    (1, 200, ["50", "100", "150", "200"]),
  ])
  func `linear ticks are round numbers`(low: Double, high: Double, labels: [String]) {
    #expect(Ticks.linear(from: low, to: high).map(\.label) == labels)
  }

  @Test func `linear ticks lie inside, ascend and are few, whatever the range`() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<2_000 {
      let low =
        Double.random(in: -1...1, using: &random) * pow(10, .random(in: -6...6, using: &random))
      let high = low + pow(10, .random(in: -3...9, using: &random))
      let ticks = Ticks.linear(from: low, to: high).map(\.value)
      let slack = (high - low) * 1e-6
      #expect((2...9).contains(ticks.count), "\(low)…\(high)")
      #expect(ticks.allSatisfy { $0 >= low - slack && $0 <= high + slack })
      #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func `a score axis is labelled at zero and the powers of ten`() {
    let ticks = Ticks.log1p(from: 0, to: 6_000)
    #expect(ticks.filter { !$0.label.isEmpty }.map(\.label) == ["0", "1", "10", "100", "1000"])
    #expect(ticks.map(\.value).contains(400))
    #expect(ticks.map(\.value) == ticks.map(\.value).sorted())
  }

  @Test func `differences have powers of ten on both sides of zero`() {
    let labels = Ticks.log1p(from: -150, to: 20).map(\.label).filter { !$0.isEmpty }
    #expect(labels == ["−100", "−10", "−1", "0", "1", "10"])
  }

  @Test(arguments: [(0.0, 0.4), (200, 300), (-0.3, 0.2)])
  func `a range within one decade falls back to linear ticks`(low: Double, high: Double) {
    #expect(Ticks.log1p(from: low, to: high) == Ticks.linear(from: low, to: high))
  }

  @Test(arguments: [
    (0.0, 0.0), (.nan, 1), (0, .infinity), (5, 1), (1e300, 1e301), (1e15, 1e15 + 0.125),
  ])
  func `ranges that cannot be drawn have no ticks`(low: Double, high: Double) {
    #expect(Ticks.linear(from: low, to: high).isEmpty)
  }

  @Test(arguments: [Scale.linear, .log1p])
  func `a scale and its inverse cancel`(scale: Scale) {
    for value in [-4_000, -1, -1e-9, 0, 1e-9, 0.5, 1, 10, 399.9, 5_770] {
      #expect(abs(scale.value(at: scale.position(value)) - value) <= 1e-9 * max(1, abs(value)))
    }
    #expect(scale.position(0) == 0)
  }

  @Test func `log1p places ten and a hundred by their logarithm plus one`() {
    #expect(abs(Scale.log1p.position(10) - log(11)) < 1e-12)
    #expect(abs(Scale.log1p.position(-100) + log(101)) < 1e-12)
  }

  @Test(arguments: [
    (0.0, 1, "0.0"), (1_234.56, 1, "1234.6"), (-0.04, 1, "0.0"), (-0.06, 1, "−0.1"),
    (999_999.96, 1, "1,000,000.0"), (0.005, 2, "0.01"), (.nan, 1, "–"), (-.infinity, 0, "–"),
    (5, -3, "5"), (0.25, 9, "0.250000"), (2e15, 2, "2000000000000000.0"), (-12, 0, "−12"),
  ])
  func `numbers are written alike everywhere`(value: Double, decimals: Int, text: String) {
    #expect(NumberFormat.text(value, decimals: decimals) == text)
  }
}

@Suite struct `Colours` {
  @Test func `contrasts are those of WCAG`() {
    #expect(abs(Color.white.contrast(with: Color(grey: 0)) - 21) < 1e-9)
    // The published example: #767676 is the lightest grey that passes on white.
    #expect(Color(0x767676).contrast(with: .white) >= 4.5)
    #expect(Color(0x777777).contrast(with: .white) < 4.5)
    #expect(Color.slate.contrast(with: .white) > 4.5)
  }

  @Test func `text reads on every grey and every shade of blue`() {
    for step in 0...255 {
      let grey = Color(grey: UInt8(step))
      #expect(grey.contrast(with: grey.readableInk) >= 4.5)
      let blue = Color.white.mixed(with: Color(0x08306B), Double(step) / 255)
      #expect(blue.contrast(with: blue.readableInk) >= 4.5)
    }
  }

  @Test func `outlines differ in brightness from the greys of tissue and from each other by dash`()
  {
    // Soft tissue of 0…80 HU in the window for calcium.
    for hu in stride(from: Int16(0), through: 80, by: 10) {
      let tissue = Color(grey: Window.calcium.grey(hu))
      #expect(Color.skyBlue.contrast(with: tissue) > 1.5)
      #expect(Color.orange.contrast(with: tissue) > 1.5)
    }
  }
}
