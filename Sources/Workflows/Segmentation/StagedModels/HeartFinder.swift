// SPDX-License-Identifier: Apache-2.0
package import Foundation
import Stages
import Torch
package import Volume
import Workflow

/// Finds the middle of the heart in a scan with the localiser of a model of several stages.
///
/// ```swift
/// let finder = try HeartFinder(model: DefaultModel.ofThisProcess().found(), device: "cpu")
/// let middle = try finder.centre(of: ct)  // LPS mm
/// ```
package final class HeartFinder {
  /// Which model it is.
  package let identity: ModelIdentity
  private let model: StagedModel

  /// Opens the localiser of a model.
  ///
  /// - Throws: `WorkflowError` where it is no model of several stages.
  package init(model url: URL, device name: String) throws {
    let source = try StagedModelSource(url)
    let device = try Device.available(named: name)
    identity = source.identity
    var rules = source.rules
    // One look finds a heart; the others are there for the rims of small things.
    rules.places = 1
    model = StagedModel(localiser: try source.localiser(on: device), rules: rules)
  }

  /// The middle of the box round the heart, in LPS mm.
  ///
  /// - Parameter ct: an axial CT in HU.
  /// - Throws: `WorkflowError` that says why there is no heart to be looked at.
  package func centre(of ct: Volume<Int16>) throws -> SIMD3<Double> {
    let findings = HeartFindings(try model.located(ct), ct)
    if let refusal = findings.refusal { throw WorkflowError(.invalid, refusal) }
    guard let region = findings.region else {
      throw WorkflowError(.invalid, "no heart was found; give --center scan for its middle")
    }
    let middle = (SIMD3<Double>(region.low) + SIMD3<Double>(region.high)) / 2
    return ct.geometry.position(ofVoxel: middle)
  }
}
