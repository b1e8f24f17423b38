// SPDX-License-Identifier: Apache-2.0
package import Volume

/// The connected components of a mask, whatever its labels: what an evaluation calls its lesions.
///
/// Voxels are connected over faces, edges or corners. Attenuation plays no part.
package struct MaskComponents: Sendable {
  /// The runs of voxels of one label along x, in array order.
  package let runs: [Run]
  /// The number of voxels of each component, in the order of their first voxels.
  package let voxels: [Int]
  /// The number of voxels of each component by label.
  package let labels: [[UInt8: Int]]
  /// The number of slices that hold any.
  package let slices: Int
  private let components: Components

  /// The number of components.
  package var count: Int { voxels.count }

  /// Finds the components of a mask; throws `.geometry` for a grid that is too large.
  package init(_ mask: Volume<UInt8>) throws(AgatstonError) {
    let blank = Volume<Int16>(geometry: mask.geometry, repeating: 0)
    let all = try Runs(ct: blank, mask: mask, threshold: .min, highestLabel: 255)
    components = try Components(all, connectivity: .twentySix)
    runs = all.runs
    var voxels = [Int](repeating: 0, count: components.count)
    var labels = [[UInt8: Int]](repeating: [:], count: components.count)
    for (run, component) in zip(all.runs, components.ofRun) {
      voxels[Int(component)] += run.count
      labels[Int(component)][run.label, default: 0] += run.count
    }
    self.voxels = voxels
    self.labels = labels
    slices = Set(all.runs.map { all.slice(of: $0) }).count
  }

  /// The component of a run, both as indices.
  package func component(ofRun run: Int) -> Int { Int(components.ofRun[run]) }

  /// The highest value in each component, and at least 0; `values` lie on the mask's grid.
  package func peaks(of values: Volume<Float>) -> [Float] {
    var peaks = [Float](repeating: 0, count: count)
    for (index, run) in runs.enumerated() {
      let component = component(ofRun: index)
      let line = Int(run.line) * values.extent.columns
      for voxel in line + Int(run.start)..<line + Int(run.end) {
        peaks[component] = max(peaks[component], values.voxels[voxel])
      }
    }
    return peaks
  }
}
