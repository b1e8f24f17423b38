// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Workflow

/// What a preprocessing will take of disk and memory, told before it begins.
struct PreprocessingNeeds: Sendable {
  /// The bytes of all cases that are to be made.
  let disk: Double
  /// The bytes that the largest case takes while it is made.
  let memory: Double
  private let place: URL

  /// The needs of cases, by their place in the data set, for the folders that lack them; from the
  /// shapes of the fingerprint where it is of this data set, else nothing is known.
  init(
    _ raw: RawDataset, _ todo: [(index: Int, targets: [PreprocessingTarget])], in dataset: Dataset
  ) throws {
    place = dataset.preprocessedFolder
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
      // As read: numbers and labels in float32, labels in two bytes, a mask, and a second time cropped.
      var most = source * (8 * channels + 10)
      for (place, target) in targets.enumerated() {
        let voxels = target.preprocessor.voxels(
          of: shape, spacing: fingerprint.spacings[index])
        let isTwin = targets[..<place].contains {
          $0.preprocessor.configuration.spacing.suffix(2)
            == target.preprocessor.configuration.spacing.suffix(2)
            && $0.preprocessor.voxels(of: shape, spacing: fingerprint.spacings[index]) == voxels
        }
        if !isTwin { disk += voxels * (4 * channels + 1) }
        // Splines work in float64, one channel at a time, between two arrays.
        let work = voxels == source ? 0 : 16 * max(source, voxels)
        most = max(most, source * (8 * channels + 10) + voxels * (4 * channels + 3) + work)
      }
      memory = max(memory, most)
    }
    (self.disk, self.memory) = (disk, memory)
  }

  /// How many cases may be made at once, at most `jobs`; throws where the disk does not suffice for
  /// all or the memory for one.
  func check(jobs: Int) throws -> Int {
    func gigabytes(_ bytes: Double) -> String { decimal(bytes / 1e9, 2) + " GB" }
    if let free = Machine.freeSpace(at: place), disk > free {
      throw WorkflowError(
        "\(place.path): the cases will take \(gigabytes(disk)), \(gigabytes(free)) are free; free some "
          + "space or name another folder with --preprocessed")
    }
    let free = Double(Machine.availableMemory)
    guard memory > 0 else { return jobs }
    guard memory <= free else {
      throw WorkflowError(
        "\(place.path): the largest case takes \(gigabytes(memory)) of memory, \(gigabytes(free)) are "
          + "free; use a machine with more, or a coarser spacing")
    }
    // The work stays the same with fewer at once.
    return min(jobs, Int(free / memory))
  }
}

extension Preprocessor {
  /// The voxels of a case of an original shape and spacing on this configuration's grid.
  fileprivate func voxels(of shape: [Int], spacing: [Double]) -> Double {
    let order = plans.transposeForward
    let own = order.map { spacing[$0] }
    let new = Resampler.newShape(
      of: order.map { shape[$0] }, spacing: own, newSpacing: targetSpacing(for: own))
    return new.reduce(1.0) { $0 * Double($1) }
  }
}
