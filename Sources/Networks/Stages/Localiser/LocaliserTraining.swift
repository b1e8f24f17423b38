// SPDX-License-Identifier: Apache-2.0
import Torch

extension Localiser: TrainableStage {
  /// The loss of a batch of crops of one extent, and its terms.
  ///
  /// - Parameters:
  ///   - batch: the crops.
  ///   - moment: not used; the localiser draws no random numbers.
  /// - Throws: `StagesError` with the code `input` where a crop does not fit the design.
  public func loss(_ batch: [LocaliserSample], at moment: StageMoment?) throws -> StageLoss {
    let target = try LocaliserTarget(batch, design, on: device)
    let (logits, heatMaps) = try split(outputs(target.hu))
    return try StageTerms.summed(objective(logits, heatMaps, target))
  }
}
