// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

extension Plot {
  /// The figure as PNG with `scale` pixels a point; 2 suits a screen, 4.17 is 300 dpi.
  public func png(scale: Double = 2) throws(FigureError) -> Data {
    Data(
      try Rendering.png(name, width: width, height: height, scale: scale) {
        PlotDrawing(self, canvas: $0).draw()
      })
  }

  /// Figures of one width as one PNG, the first on top.
  public static func png(stacking plots: [Plot], scale: Double = 2) throws(FigureError) -> Data {
    var all = Rendering.Pixels(width: 0, height: 0, values: [])
    for plot in plots {
      let part = try Rendering.pixels(
        plot.name, width: plot.width, height: plot.height, scale: scale
      ) { PlotDrawing(plot, canvas: $0).draw() }
      guard all.height == 0 || all.width == part.width else {
        throw FigureError(
          .drawing, subject: plot.name, detail: "is not as wide as the figure above it")
      }
      all.width = part.width
      all.height += part.height
      all.values += part.values
    }
    return Data(try PNGFile.encode(all, subject: plots.first?.name ?? "figure"))
  }

  /// The figure as SVG, with its summary as title for screen readers.
  ///
  /// Ids inside are the same in each figure: put it into a page as an image, not inline.
  public func svg() throws(FigureError) -> String {
    let svg = try Rendering.svg(name, width: width, height: height) {
      PlotDrawing(self, canvas: $0).draw()
    }
    guard let start = svg.range(of: "<svg "),
      let end = svg.range(of: ">", range: start.upperBound..<svg.endIndex)
    else {
      throw FigureError(.drawing, subject: name, detail: "the drawing library wrote no SVG element")
    }
    return svg.replacingCharacters(in: end, with: "><title>\(Markup.escaped(summary))</title>")
  }

  /// The figure as one page of PDF.
  public func pdf() throws(FigureError) -> Data {
    Data(
      try Rendering.pdf(name, width: width, height: height) {
        PlotDrawing(self, canvas: $0).draw()
      })
  }

  /// Writes the figure in the format that the file's ending names: png, svg or pdf.
  public func write(to url: URL) throws {
    switch url.pathExtension.lowercased() {
    case "png": try StagedFile.write(png(), to: url)
    case "svg": try StagedFile.write(svg(), to: url)
    case "pdf": try StagedFile.write(pdf(), to: url)
    default:
      throw FigureError(
        .format, subject: url.path, detail: "figures are written as .png, .svg or .pdf")
    }
  }

  /// What errors call this figure.
  private var name: String { title.isEmpty ? "figure" : title }
}
