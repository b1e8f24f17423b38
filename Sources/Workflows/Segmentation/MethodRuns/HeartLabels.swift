// SPDX-License-Identifier: Apache-2.0
import Stages
import Torch
import Volume
import Workflow

/// Where the hearts of a training lie, by the localiser of the default model, since data sets of calcium
/// do not label hearts.
struct HeartLabels {
  /// The share of a voxel from which on it is of the heart.
  private static let least: Float = 0.5

  private let model: StagedModel

  /// Opens the default model's localiser.
  ///
  /// - Throws: `WorkflowError` where there is no default model.
  init(device name: String) throws {
    let source = try StagedModelSource(DefaultModel.ofThisProcess().found())
    let device = try Device.available(named: name)
    var rules = source.rules
    // One look finds a heart; the others are there for the rims of small things.
    rules.places = 1
    model = StagedModel(localiser: try source.localiser(on: device), rules: rules)
  }

  /// Whether each voxel of a CT is of the heart in its sac; `nil` where no heart was found.
  func marks(of ct: Volume<Int16>) throws -> [Bool]? {
    guard let region = HeartFindings(try model.located(ct), ct).region else { return nil }
    var marks = [Bool](repeating: false, count: ct.voxels.count)
    let (extent, low, high) = (ct.extent, region.low, region.high)
    for z in low.z...high.z {
      for y in low.y...high.y {
        let row = (z * extent.rows + y) * extent.columns
        for x in low.x...high.x { marks[row + x] = region.share(x, y, z) > Self.least }
      }
    }
    return marks
  }
}
