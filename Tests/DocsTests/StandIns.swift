// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the pages presuppose, made small: COCA's release and a study from a hospital.
enum StandIns {
  /// The commands that make them in the folder in which the pages run.
  ///
  /// `Gated_release_final` and `deidentified_nongated` are phantoms in the layout of the release;
  /// `study` is a folder of DICOM files, the scan of one of them.
  static let script = """
    set -euo pipefail
    cac phantom release --subjects 12 --matrix 64 --slices 12 --min-rank 0.8 --seed 5
    cac phantom release-nongated --subjects 3 --matrix 32 --slices 12 --protocol chest --seed 5
    mv release/Gated_release_final Gated_release_final
    mv release-nongated/deidentified_nongated deidentified_nongated
    cp -r Gated_release_final/patient/2 study
    """
}
