// SPDX-License-Identifier: Apache-2.0

extension PlotLayout {
  /// The ground of the notes: in the plot's corner, or in the one where they hide the fewest points.
  func notesBox(_ canvas: Canvas) -> Rectangle {
    let width = plot.notes.map { canvas.width(of: $0, size: Size.note) }.max() ?? 0
    let height = Size.note * Size.noteLeading * Double(plot.notes.count)
    func box(_ corner: Plot.Corner) -> Rectangle {
      let isLeft = corner == .topLeft || corner == .bottomLeft
      let isTop = corner == .topLeft || corner == .topRight
      return Rectangle(
        x: isLeft ? frame.x + 4 : frame.maxX - 12 - width,
        y: isTop ? frame.y + 5 : frame.maxY - 11 - height, width: width + 8, height: height + 4)
    }
    // Along the line of identity, to the upper right, there are points nearly always.
    let corners = [plot.corner, .topLeft, .bottomRight, .topRight, .bottomLeft].map(box)
    let hidden = corners.map(points(under:))
    return corners[hidden.firstIndex(of: hidden.min() ?? 0) ?? 0]
  }

  /// How many points a box hides, whole or in part.
  private func points(under box: Rectangle) -> Int {
    let wide = box.inset(by: -Size.overhang)
    return plot.series.reduce(0) { sum, series in
      guard case .points(let points, _) = series.mark else { return sum }
      return sum
        + points.count { value in
          guard value.x.isDrawable, value.y.isDrawable else { return false }
          let position = point(value, onRight: series.isOnRight)
          return (wide.x...wide.maxX).contains(position.x)
            && (wide.y...wide.maxY).contains(position.y)
        }
    }
  }
}
