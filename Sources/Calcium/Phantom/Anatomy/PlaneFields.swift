// SPDX-License-Identifier: Apache-2.0

/// What a field describes; the painter lays them over each other in its own order.
enum Layer: Int, CaseIterable {
  case body, muscle, cavity, liver, spleen, stomach, gas, lung, fissure, sac, epicardium, blood
  case vessel, airway, soft, cartilage, flatBone, vertebra, canal, coarseTexture, fineTexture
}

/// The fields of one plane.
struct PlaneFields {
  let grid: PlaneGrid
  var values: [[Float]]
  /// The share of a disc, rather than of a vertebral body, in the spine at this height.
  var disc: Float = 0

  init(grid: PlaneGrid) {
    self.grid = grid
    values = Layer.allCases.map { _ in Array(repeating: PlaneGrid.far, count: grid.count) }
  }

  subscript(layer: Layer) -> [Float] {
    get { values[layer.rawValue] }
    _modify { yield &values[layer.rawValue] }
  }
}
