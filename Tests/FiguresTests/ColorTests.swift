// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing

@Suite struct `Colours of figures` {
  /// The colours of a figure's lines and points are told apart by shape or dashes, too: no two
  /// series of one figure share both.
  @Test func `series that share a figure differ by more than their colour`() throws {
    for (name, plot) in try nonEmpty(Samples.figures()) {
      var seen: [String: String] = [:]
      for series in plot.series {
        let (key, color): (String, Color)
        switch series.mark {
        case .line(_, let stroke): (key, color) = ("line \(stroke.dashes)", stroke.color)
        case .points(_, let style): (key, color) = ("points \(style.shape)", style.color)
        default: continue
        }
        let earlier = seen.updateValue("\(color)", forKey: "\(key) \(series.isOnRight)")
        #expect(earlier == nil || earlier == "\(color)", "\(name): two series are \(key)")
      }
    }
  }

  /// Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1, on linear RGB.
  static let deficiencies: [(String, [[Double]])] = [
    (
      "protanopia",
      [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
      ]
    ),
    (
      "deuteranopia",
      [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
      ]
    ),
  ]

  private func linear(_ color: Color) -> [Double] {
    [color.red, color.green, color.blue].map {
      let c = Double($0) / 255
      return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
    }
  }

  @Test(arguments: deficiencies)
  func `the colour-blind tell blue from vermilion, and both from white`(
    name: String, matrix: [[Double]]
  ) {
    func seen(_ color: Color) -> [Double] {
      let c = linear(color)
      return matrix.map { row in
        min(max(zip(row, c).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1)
      }
    }
    func distance(_ a: Color, _ b: Color) -> Double {
      zip(seen(a), seen(b)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    #expect(distance(.blue, .vermilion) > 0.3)
    #expect(distance(.blue, .white) > 0.3 && distance(.vermilion, .white) > 0.3)
  }

  @Test func `in grey the colours of lines read on white and shades of a matrix grow darker`() {
    for color in [Color.blue, .vermilion, .green, .slate, .ink] {
      #expect(color.contrast(with: .white) >= 3, "\(color)")
    }
    let shades = stride(from: 0.0, through: 1, by: 0.1).map {
      Color.white.mixed(with: Color(0x08306B), $0).luminance
    }
    #expect(zip(shades, shades.dropFirst()).allSatisfy { $0 > $1 })
    #expect(Color.limitTint.contrast(with: .biasTint) >= 1.25)
    #expect(Color.white.contrast(with: .limitTint) > 1.1)
  }
}
