// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import NNUNet
import Text
import Workflow

/// An estimate of the disk space and memory that a preprocessing takes, made before it begins.
struct PreprocessingNeeds: Sendable {
  /// The bytes of all cases that are to be made.
  let disk: Double
  /// The bytes that the largest case takes while it is made.
  let memory: Double
  private let folder: URL

  /// The needs of cases, by their index in the data set, for the folders that lack them.
  ///
  /// They follow from the shapes in the fingerprint; without a fingerprint of this data set they
  /// are 0.
  init(
    _ raw: RawDataset, _ todo: [(index: Int, targets: [PreprocessingTarget])], in dataset: Dataset
  ) throws {
    folder = dataset.preprocessedFolder
    let file = dataset.preprocessed("dataset_fingerprint.json")
    guard Folder.isFile(file), case let fingerprint = try Fingerprint.read(from: file),
      fingerprint.shapesAfterCrop.count == raw.cases.count
    else {
      (disk, memory) = (0, 0)
      return
    }
    let channels = Double(raw.description.channelNames.count)
    var (disk, memory) = (0.0, 0.0)
    for (index, targets) in todo where !targets.isEmpty {
      let shape = fingerprint.shapesAfterCrop[index]
      let source = shape.reduce(1.0) { $0 * Double($1) }
      // As read: channels and labels in float32, labels in int16, a mask, and a cropped copy.
      var most = source * (8 * channels + 10)
      for (position, target) in targets.enumerated() {
        let voxels = target.preprocessor.voxels(
          of: shape, spacing: fingerprint.spacings[index])
        let isTwin = targets[..<position].contains {
          $0.preprocessor.configuration.spacing.suffix(2)
            == target.preprocessor.configuration.spacing.suffix(2)
            && $0.preprocessor.voxels(of: shape, spacing: fingerprint.spacings[index]) == voxels
        }
        if !isTwin { disk += voxels * (4 * channels + 1) }
        // Spline resampling works in float64, one channel at a time, from one array into another.
        let work = voxels == source ? 0 : 16 * max(source, voxels)
        most = max(most, source * (8 * channels + 10) + voxels * (4 * channels + 3) + work)
      }
      memory = max(memory, most)
    }
    (self.disk, self.memory) = (disk, memory)
  }

  /// The number of cases that may be made at once, at most `jobs`.
  ///
  /// - Throws: `WorkflowError` where the disk does not suffice for all cases, or memory for one.
  func check(jobs: Int) throws -> Int {
    if let free = Machine.freeSpace(at: folder).map({ Double($0) }), disk > free {
      throw WorkflowError(
        .notEnoughSpace,
        "\(folder.path): the cases will take \(gigabytes(disk, decimals: 2)), \(gigabytes(free, decimals: 2)) are free; free some "
          + "space or name another folder with --preprocessed")
    }
    let free = Double(Machine.availableMemory)
    guard memory > 0 else { return jobs }
    guard memory <= free else {
      throw WorkflowError(
        .notEnoughMemory,
        "\(folder.path): the largest case takes \(gigabytes(memory, decimals: 2)) of memory, \(gigabytes(free, decimals: 2)) are "
          + "free; use a machine with more, or a coarser spacing")
    }
    return min(jobs, Int(free / memory))
  }
}

extension Preprocessor {
  /// The voxels of a case of an original shape and spacing on this configuration's grid.
  fileprivate func voxels(of shape: [Int], spacing: [Double]) -> Double {
    let order = plans.transposeForward
    let turned = order.map { spacing[$0] }
    let new = Resampler.newShape(
      of: order.map { shape[$0] }, spacing: turned,
      newSpacing: configuration.targetSpacing(for: turned))
    return new.reduce(1.0) { $0 * Double($1) }
  }
}
