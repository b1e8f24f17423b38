// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct `A plot` {
  /// A plot of one opaque box, whose place in the picture is the place of its values.
  private func marker(_ value: Double, x: Axis, y: Axis) -> Plot {
    let d = 0.02 * max(value, 1)
    return Plot(
      summary: "", width: 300, height: 300, x: x, y: y,
      series: [Series(.bars([[value, 900]], width: 2 * d, Color(0xD55E00)))])
  }

  @Test func `a logarithmic axis places its values by log1p`() throws {
    let axis = Axis("", scale: .log1p, range: 0...1_000, padding: 0, ticks: [], hasGrid: false)
    let flat = Axis("", range: 0...1_000, padding: 0, ticks: [], hasGrid: false)
    func place(_ value: Double, _ axis: Axis) throws -> Double {
      let png = try DecodedPNG(marker(value, x: axis, y: flat).png(scale: 4))
      return try #require(png.center(of: 0xD55E00)).x
    }
    // Frame ends from the linear axis, whose law is plain.
    let (a, b) = (try place(250, flat), try place(750, flat))
    let left = a - (b - a) / 2
    let width = 2 * (b - a)
    for value in [1.0, 10, 100, 500] {
      let expected = left + width * log(1 + value) / log(1_001)
      #expect(abs(try place(value, axis) - expected) < 6, "\(value)")
    }
  }

  @Test func `a tick stands below the value it names`() throws {
    var plot = marker(
      100, x: Axis("", scale: .log1p, range: 0...1_000, ticks: nil, hasGrid: false),
      y: Axis("", range: 0...1_000, padding: 0, ticks: [], hasGrid: false))
    plot.series = [Series(.bars([[100, 900]], width: 4, Color(0xD55E00)))]
    let png = try DecodedPNG(plot.png(scale: 4))
    let x = Int(try #require(png.center(of: 0xD55E00)).x)
    let bottom = (0..<png.height).last { png[x, $0] == 0xD55E00 } ?? 0
    // The tick of 100 is four points long, its unnamed neighbours two.
    let dark = (x - 60...x + 60).filter { png[$0, bottom + 14] & 0xFF < 0xB0 }
    #expect(!dark.isEmpty && dark.allSatisfy { abs($0 - x) <= 3 }, "\(dark) about \(x)")
  }

  @Test func `notes leave a corner where they would hide points`() throws {
    let axis = Axis("", range: 0...10, padding: 0, ticks: [], hasGrid: false)
    /// The pixels in the colour of a plot's points, with and without notes.
    func pixels(_ points: [SIMD2<Double>], _ notes: [String]) throws -> Int {
      let plot = Plot(
        summary: "", width: 300, height: 300, x: axis, y: axis,
        series: [Series(.points(points, PointStyle(Color(0xD55E00), radius: 6)))], notes: notes)
      return try DecodedPNG(plot.png(scale: 2)).pixels.count { $0 == 0xD55E00 }
    }
    let notes = ["n = 50", "r = 0.313", "y = 0.396 x + 5.4"]
    for free in [SIMD2(0.5, 9.5), [9.5, 0.5], [9.5, 9.5], [0.5, 0.5]] {
      let corners = [SIMD2(0.5, 9.5), [9.5, 0.5], [9.5, 9.5], [0.5, 0.5]].filter { $0 != free }
      #expect(try pixels(corners, notes) == pixels(corners, []), "\(free) is free")
    }
    #expect(try pixels([[0.5, 9.5]], []) > 10)
  }

  @Test func `the line of identity runs from corner to corner`() throws {
    let range = 0.0...400
    let axis = Axis("", scale: .log1p, range: range, padding: 0, ticks: [], hasGrid: false)
    let plot = Plot(
      summary: "", width: 200, height: 200, x: axis, y: axis,
      series: [Series(.identity(Stroke(Color(0xD55E00), width: 3)))], isSquare: true)
    let png = try DecodedPNG(plot.png(scale: 2))
    let line = png.pixels.indices.filter { png.pixels[$0] == 0xD55E00 }
    #expect(line.count > 500)
    let sums = line.map { $0 % png.width + $0 / png.width }
    #expect((sums.max() ?? 0) - (sums.min() ?? 0) <= 8)
  }

  @Test func `a matrix is darker where its share is larger, first row on top`() throws {
    let plot = try Plot.confusionMatrix([[9, 1], [0, 0]], classes: ["low", "high"])
    let png = try DecodedPNG(plot.png(scale: 2))
    // The darkest fill is the first cell: above and left of the middle.
    let dark = try #require(
      png.center(of: png.pixels.filter { $0 != 0x222222 && $0 & 0xFF > 0x60 }.min() ?? 0))
    #expect(dark.x < Double(png.width) / 2 && dark.y < Double(png.height) / 2)
    #expect(plot.summary.contains("9 of 10 subjects in the same class"))
  }

  /// Data that make a careless axis divide by zero or overflow.
  static let degenerate: [(String, [Double], [Double])] = [
    ("empty", [], []), ("one point", [12], [15]), ("zeros", [0, 0, 0], [0, 0, 0]),
    ("constants", [7, 7, 7], [7, 7, 7]), ("missing", [.nan, .nan], [.nan, 1]),
    ("infinite", [.infinity, 1], [2, -.infinity]),
    ("huge", [1e308, -1e308, 3], [-1e308, 1e308, 5]), ("large", [1e99, 0], [0, 1e99]),
    ("tiny", [.leastNonzeroMagnitude, 0], [0, .leastNonzeroMagnitude]),
    ("negative", [-5, -200], [3, -70]),
    ("nearly constant", [1e9, 1e9 + 1e-7], [1e9, 1e9]),
  ]

  @Test(arguments: degenerate)
  func `degenerate data give a drawing without NaN`(
    name: String, reference: [Double], computed: [Double]
  ) throws {
    let agreement = try PairedValues(quantity: "score", reference: reference, computed: computed)
    for scale in [Scale.linear, .log1p] {
      let plots = [
        Plot.scatter(
          agreement, scale: scale, regression: .init(slope: .nan, intercept: 0),
          classBounds: [1, 10, .nan, .infinity]),
        .scatter(agreement, scale: scale, regression: .init(slope: 1e90, intercept: -1e90)),
        .blandAltman(
          agreement, scale: scale,
          limits: .init(bias: .nan, lower: -.infinity, upper: reference.first ?? 0)),
        .learningCurve(
          .init(trainingLoss: reference, validationLoss: computed, pseudoDice: reference)),
        Plot(
          summary: "", x: Axis("", scale: scale), y: Axis("", scale: scale),
          series: [
            Series(.bars([[reference.first ?? 0, computed.first ?? 0]], width: 1, .blue)),
            Series(.band(x: reference, lower: computed, upper: reference, .green)),
            Series(.cells([])),
          ]),
      ]
      for plot in plots {
        let svg = try plot.svg()
        #expect(XMLParser(data: Data(svg.utf8)).parse())
        #expect(svg.firstMatch(of: /(?i)["\s,](nan|-?inf)/) == nil)
        // A coordinate far outside the picture would be the same mistake in another dress.
        for match in svg.matches(of: /[ML] (-?[0-9.]+) (-?[0-9.]+)/) {
          let (x, y) = (Double(match.1) ?? .nan, Double(match.2) ?? .nan)
          #expect(abs(x) <= 4 * plot.width && abs(y) <= 4 * plot.height, "\(match.0)")
        }
        #expect(try DecodedPNG(plot.png(scale: 1)).width == Int(plot.width))
      }
    }
  }

  @Test func `values that are missing are counted in the figure`() throws {
    let plot = try Plot.scatter(
      PairedValues(quantity: "score", reference: [1, .nan, 3], computed: [1, 2, 3]))
    #expect(plot.notes == ["n = 2", "1 with a missing value not drawn"])
    #expect(plot.summary.contains("n = 2"))
  }

  @Test func `an SVG carries its summary, escaped`() throws {
    let plot = Plot(
      summary: "a < b & \"c\"\u{0}", x: Axis("x"), y: Axis("y"), series: [])
    let svg = try plot.svg()
    #expect(svg.contains("<title>a &lt; b &amp; &quot;c&quot;\u{FFFD}</title>"))
    #expect(XMLParser(data: Data(svg.utf8)).parse())
  }

  @Test func `the same plot gives the same bytes`() throws {
    for (name, plot) in try nonEmpty(Samples.figures()) {
      #expect(try plot.png() == plot.png(), "\(name)")
      #expect(try plot.svg() == plot.svg(), "\(name)")
      let pdf = try plot.pdf()
      #expect(try pdf == plot.pdf(), "\(name)")
      #expect(pdf.starts(with: Data("%PDF".utf8)))
      #expect(pdf.range(of: Data("CreationDate".utf8)) == nil)
    }
  }

  @Test func `texts with control characters are drawn without them`() throws {
    let plot = Plot(
      title: "a\u{0}b\n", summary: "", x: Axis("\u{7}"), y: Axis(""), series: [],
      notes: ["ρ ≥ 0.9\tκ", ""])
    #expect(XMLParser(data: Data(try plot.svg().utf8)).parse())
  }

  @Test(arguments: [(0.0, 300.0), (-1, 300), (300, .nan), (.infinity, 10), (90_000, 10)])
  func `a size that cannot be drawn is an error`(width: Double, height: Double) throws {
    let plot = Plot(
      summary: "", width: width, height: height, x: Axis(""), y: Axis(""), series: [])
    let error = try #require(throws: FigureError.self) { try plot.png() }
    #expect(error.code == .size)
    #expect(throws: FigureError.self) { try plot.svg() }
    #expect(throws: FigureError.self) { try plot.pdf() }
  }

  @Test(arguments: [1, 3, 200]) func `epochs are marked at whole numbers`(count: Int) throws {
    let values = [Double](repeating: 0.01, count: count)
    for plot in [Plot.epochSeconds(values), .learningRate(values)] {
      let labels = try #require(plot.x.ticks).map(\.label)
      #expect(labels.first == "1" && labels.count <= 9)
      #expect(labels.allSatisfy { Int($0) != nil })
    }
  }

  @Test func `data that do not fit together are refused`() {
    #expect(throws: FigureError.self) {
      try PairedValues(quantity: "score", reference: [1, 2], computed: [1])
    }
    #expect(throws: FigureError.self) {
      try Plot.confusionMatrix([[1, 2]], classes: ["a", "b"])
    }
    #expect(throws: FigureError.self) {
      try Plot.confusionMatrix([[-1]], classes: ["a"])
    }
  }
}
