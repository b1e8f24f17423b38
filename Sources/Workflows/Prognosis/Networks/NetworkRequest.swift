// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import RiskNetworks

/// Which networks learn from a cohort's scans and table, and how.
package struct NetworkRequest: Sendable {
  /// Where the middle of a crop lies.
  package enum Centre: String, CaseIterable, Sendable {
    /// The middle of the heart, as the default model's localiser sees it.
    case heart
    /// The middle of the scan.
    case scan
  }

  /// A folder or a cohort of scans, named as the table's subjects.
  package var images: URL
  /// The folder of the label maps of the calcium, named in the same way.
  package var masks: URL
  /// The networks.
  package var kinds = RiskNetworkKind.usual
  /// What they learn to foretell.
  package var loss = RiskLoss.cox
  /// How often each subject is seen.
  package var epochs = 20
  /// The subjects of a step.
  package var batchSize = 16
  /// The largest learning rate.
  package var rate = 5e-3
  /// The number of trainings with weights and batches of their own, for each network and part.
  package var seeds = 3
  /// The edge of a voxel of the crops in mm.
  package var edge = 4.0
  /// The edge of the crops in mm.
  package var size = 160.0
  /// Where the middle of a crop lies.
  package var centre = Centre.heart
  /// The device that networks are computed on.
  package var device = "cpu"
  /// The trainings at once, each on one thread, so that their bits depend on no number of cores.
  package var jobs = 1
  /// The folder for crops, checkpoints and results.
  package var folder: URL

  /// A request with the defaults.
  package init(images: URL, masks: URL, folder: URL) {
    (self.images, self.masks, self.folder) = (images, masks, folder)
  }

  /// The cube that is cut out of a scan.
  var crop: HeartCrop { HeartCrop(spacing: edge, edge: Int((size / edge).rounded())) }
}
