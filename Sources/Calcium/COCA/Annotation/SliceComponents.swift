// SPDX-License-Identifier: Apache-2.0
import Volume

/// A pixel of a slice.
struct Pixel: Hashable {
  var row: Int
  var column: Int
}

/// Connected pixels of one label that one contour can stand for.
struct SliceComponent {
  var label: UInt8
  /// In the order of rows and columns.
  var pixels: [Pixel]

  /// The components of one slice, in the order of their first pixels.
  ///
  /// Only pixels of at least `threshold` count. A contour fills the holes of its component, and the
  /// threshold empties them again; a component around a hole that reaches the threshold (another
  /// artery's pixel, say) is therefore cut at the hole, so that every contour gives back exactly
  /// its pixels.
  static func all(
    labels: UnsafeBufferPointer<UInt8>, ct: UnsafeBufferPointer<Int16>, rows: Int, columns: Int,
    threshold: Int16
  ) -> [SliceComponent] {
    guard labels.contains(where: { $0 != 0 }) else { return [] }
    let values = (0..<rows * columns).map { ct[$0] >= threshold ? labels[$0] : 0 }
    var result: [SliceComponent] = []
    for component in ConnectedComponents(of: values, shape: [rows, columns]).elements {
      let label = values[component[0]]
      // Parts are split at their holes until no part has a hole as large as the threshold.
      var pending = [
        component.map { Pixel(row: $0 / columns, column: $0 % columns) }
      ]
      while let next = pending.popLast() {
        let hole = Bitmap(next).holes.first { ct[$0.row * columns + $0.column] >= threshold }
        if let hole {
          for half in [
            next.filter { $0.column < hole.column }, next.filter { $0.column >= hole.column },
          ] {
            pending += Bitmap(half).components
          }
        } else {
          result.append(SliceComponent(label: label, pixels: next.sorted(by: rowMajor)))
        }
      }
    }
    return result.sorted { rowMajor($0.pixels[0], $1.pixels[0]) }
  }
}

private func rowMajor(_ a: Pixel, _ b: Pixel) -> Bool { (a.row, a.column) < (b.row, b.column) }

/// A set of pixels in its bounding box, with a margin of one pixel around it.
struct Bitmap {
  private let top: Int
  private let left: Int
  private let height: Int
  private let width: Int
  private var cells: [Bool]
  private let first: Pixel?

  init(_ pixels: [Pixel]) {
    let rows = pixels.lazy.map(\.row)
    let columns = pixels.lazy.map(\.column)
    top = (rows.min() ?? 0) - 1
    left = (columns.min() ?? 0) - 1
    height = (rows.max() ?? 0) - top + 2
    width = (columns.max() ?? 0) - left + 2
    cells = [Bool](repeating: false, count: height * width)
    first = pixels.min(by: rowMajor)
    for pixel in pixels { cells[(pixel.row - top) * width + pixel.column - left] = true }
  }

  private func isSet(_ row: Int, _ column: Int) -> Bool {
    let (y, x) = (row - top, column - left)
    return y >= 0 && x >= 0 && y < height && x < width && cells[y * width + x]
  }

  private func pixel(_ cell: Int) -> Pixel {
    Pixel(row: cell / width + top, column: cell % width + left)
  }

  /// The background pixels that are enclosed, by row and column.
  ///
  /// Background is connected over edges only, as a contour that passes between two pixels that touch
  /// at a corner takes it.
  var holes: [Pixel] {
    var outside = cells
    var open = [0]
    outside[0] = true
    while let cell = open.popLast() {
      let (y, x) = cell.quotientAndRemainder(dividingBy: width)
      for (dy, dx) in [(-1, 0), (0, 1), (1, 0), (0, -1)] {
        guard y + dy >= 0, y + dy < height, x + dx >= 0, x + dx < width else { continue }
        let neighbour = (y + dy) * width + x + dx
        if !outside[neighbour] {
          outside[neighbour] = true
          open.append(neighbour)
        }
      }
    }
    return outside.indices.filter { !outside[$0] }.map(pixel)
  }

  /// The parts that are connected over edges or corners.
  var components: [[Pixel]] {
    ConnectedComponents(shape: [height, width]) { cells[$0] }.elements.map { $0.map(pixel) }
  }

  /// The outer contour, clockwise as the image is seen, as (column, row).
  ///
  /// It has one vertex on each line from a pixel of the set to a neighbour outside (over an edge),
  /// 1/255 of a pixel before that neighbour's centre: the contour at level 1 of an image that is 255
  /// inside and 0 outside (marching squares, Lorensen & Cline 1987, in two dimensions). Between
  /// pixels that touch at a corner it keeps them together, so a set that is connected over corners
  /// has one contour, and no pixel centre lies inside but those of the set and of its holes.
  var contour: [SIMD2<Double>] {
    guard let first else { return [] }
    // Up, right, down, left; the next direction is the way along the edge.
    let steps = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    var points: [SIMD2<Double>] = []
    var (x, y, side) = (first.column, first.row, 0)
    repeat {
      let out = steps[side]
      points.append(
        SIMD2(
          Double(x + out.0) - Double(out.0) / 255, Double(y + out.1) - Double(out.1) / 255))
      let along = steps[(side + 1) % 4]
      if isSet(y + along.1 + out.1, x + along.0 + out.0) {
        x += along.0 + out.0
        y += along.1 + out.1
        side = (side + 3) % 4
      } else if isSet(y + along.1, x + along.0) {
        x += along.0
        y += along.1
      } else {
        side = (side + 1) % 4
      }
    } while (x, y, side) != (first.column, first.row, 0)
    return points
  }
}
