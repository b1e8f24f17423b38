// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@Suite struct `Connected components` {
  /// The neighbours of each element of a shape.
  private func neighbours(
    _ shape: [Int], _ connectivity: ConnectedComponents.Connectivity
  ) -> [[Int]] {
    let shape = shape.count == 2 ? [1] + shape : shape
    func position(_ i: Int) -> [Int] {
      [i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]]
    }
    let indices = 0..<shape.reduce(1, *)
    return indices.map { a in
      indices.filter { b in
        let distances = zip(position(a), position(b)).map { abs($0 - $1) }
        return connectivity == .full
          ? distances.allSatisfy { $0 <= 1 } : distances.reduce(0, +) == 1
      }
    }
  }

  /// Component numbers by repeated merging of neighbours, for comparison.
  private func merged(_ values: [UInt8], _ neighbours: [[Int]]) -> [Int32] {
    // Each element takes the smallest index that reaches it.
    var lowest = Array(values.indices)
    var changed = true
    while changed {
      changed = false
      for a in values.indices where values[a] != 0 {
        for b in neighbours[a] where values[b] == values[a] && lowest[b] < lowest[a] {
          (lowest[a], changed) = (lowest[b], true)
        }
      }
    }
    let firsts = values.indices.filter { values[$0] != 0 && lowest[$0] == $0 }
    return values.indices.map { i in
      values[i] == 0 ? 0 : Int32((firsts.firstIndex(of: lowest[i]) ?? -1) + 1)
    }
  }

  @Test(arguments: [ConnectedComponents.Connectivity.faces, .full])
  func `are those of merging, for every 3 × 3 pattern of two labels`(
    connectivity: ConnectedComponents.Connectivity
  ) {
    let table = neighbours([3, 3], connectivity)
    for pattern in 0..<19_683 {
      var rest = pattern
      let values = (0..<9).map { _ in
        defer { rest /= 3 }
        return UInt8(rest % 3)
      }
      let found = ConnectedComponents(of: values, shape: [3, 3], connectivity: connectivity)
      if found.labels != merged(values, table) {
        Issue.record("pattern \(values): \(found.labels)")
      }
    }
  }

  @Test(arguments: [ConnectedComponents.Connectivity.faces, .full])
  func `are those of merging, for every 2 × 2 × 3 pattern`(
    connectivity: ConnectedComponents.Connectivity
  ) {
    let table = neighbours([2, 2, 3], connectivity)
    for pattern in 0..<4096 {
      let values = (0..<12).map { UInt8(pattern >> $0 & 1) }
      let found = ConnectedComponents(of: values, shape: [2, 2, 3], connectivity: connectivity)
      if found.labels != merged(values, table) {
        Issue.record("pattern \(values): \(found.labels)")
      }
    }
  }

  @Test func `come in the order of their first element, with their sizes and elements`() {
    let mask: [UInt8] = [
      1, 0, 0, 1,
      0, 1, 0, 0,
    ]
    let components = ConnectedComponents(of: mask, shape: [2, 4])
    #expect(components.labels == [1, 0, 0, 2, 0, 1, 0, 0])
    #expect(components.sizes == [2, 1])
    #expect(components.count == 2)
    #expect(components.elements == [[0, 5], [3]])
    let faces = ConnectedComponents(shape: [2, 4], connectivity: .faces) { mask[$0] == 1 }
    #expect(faces.elements == [[0], [3], [5]])
  }

  @Test func `touch at corners in space too, and cross slices over faces`() {
    var mask = [UInt8](repeating: 0, count: 27)
    for i in [0, 13, 26] { mask[i] = 1 }
    #expect(ConnectedComponents(of: mask, shape: [3, 3, 3]).elements == [[0, 13, 26]])
    #expect(ConnectedComponents(of: mask, shape: [3, 3, 3], connectivity: .faces).count == 3)
    mask[4] = 1
    #expect(
      ConnectedComponents(of: mask, shape: [3, 3, 3], connectivity: .faces).elements
        == [[0], [4, 13], [26]])
  }

  @Test func `are none of an empty mask and of no elements`() {
    #expect(ConnectedComponents(of: [0, 0, 0], shape: [1, 3]).count == 0)
    #expect(ConnectedComponents(of: [], shape: [0, 3]).elements.isEmpty)
  }
}
