// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import NNUNet
import Volume

/// One data set in nnU-Net's three folders, found by number or name.
struct Dataset: Sendable {
  /// The full name, `DatasetXXX_NAME`.
  let name: String
  private let roots: Roots

  /// Finds a data set; throws where no root has it, or two names share its number.
  init(_ dataset: String, roots: Roots) throws {
    name = try RawDataset.name(of: dataset, in: [roots.raw, roots.preprocessed, roots.results])
    self.roots = roots
  }

  /// The raw data.
  var rawFolder: URL { roots.raw.appendingPathComponent(name) }
  /// The plans and preprocessed cases.
  var preprocessedFolder: URL { roots.preprocessed.appendingPathComponent(name) }
  /// The trained models and what was chosen among them.
  var resultsFolder: URL { roots.results.appendingPathComponent(name) }
  /// The model folder of a configuration.
  func modelFolder(plans: String, configuration: String) -> URL {
    roots.results.appendingPathComponent("\(name)/nnUNetTrainer__\(plans)__\(configuration)")
  }

  /// A file of the preprocessed folder.
  func preprocessed(_ file: String) -> URL { preprocessedFolder.appendingPathComponent(file) }

  /// The plans; the error says how to make them.
  func plans(named plansName: String = "nnUNetPlans") throws -> Plans {
    let file = preprocessed("\(plansName).json")
    guard Folder.isFile(file) else {
      let planner = PlannerChoice.allCases.first { $0.variant.plansName == plansName }
      let option = planner.map { $0 == .default ? "" : " --planner \($0.rawValue)" } ?? ""
      throw WorkflowError("\(file.path): no plans; run: cac plan \(name)\(option)")
    }
    return try Plans.read(from: file)
  }

  /// The raw data set; an error where its files are of a kind that is not read.
  func raw() throws -> RawDataset {
    let raw = try RawDataset(folder: rawFolder)
    let ending = raw.description.fileEnding
    guard [".nii.gz", ".nii"].contains(ending.lowercased()) else {
      throw WorkflowError(
        "\(rawFolder.path)/dataset.json: \"file_ending\" is \"\(ending)\", but only .nii.gz and .nii "
          + "are read; convert images and labels, in 2D to files of two dimensions")
    }
    return raw
  }

  /// Reads an image or a label map of the data set.
  static let reader: VolumeReader = { url in
    let volume = try NIfTIFile.read(url, as: Float.self)
    guard try NIfTIFile.header(of: url).isPlane else { return volume }
    // nnU-Net sets planes 999 times their pixel apart, so that nothing mixes them.
    let g = volume.geometry
    let spacing = SIMD3(g.spacing.x, g.spacing.y, 999 * max(g.spacing.x, g.spacing.y))
    return Volume(
      geometry: Geometry(
        extent: g.extent, spacing: spacing, origin: g.origin, direction: g.direction),
      voxels: volume.voxels)
  }
}
