// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
import Foundation
import Learning
import NNUNet
import Text
import Volume
import Workflow

/// The raw cases of a fold as a network's scans: at most 60 in memory, of which 10 are exchanged after
/// each epoch (Lessmann 2018).
final class MethodScans {
  /// The scans in memory.
  static let kept = 60
  /// The scans that are exchanged after an epoch.
  static let exchanged = 10

  private let raw: RawDataset
  private let reader: CaseReader
  private let classes: ScanClasses
  private let order: [RawDataset.CaseFiles]
  private let validationFiles: [RawDataset.CaseFiles]
  private var loaded: [String: TrainingScan] = [:]
  /// What says where the hearts lie, where the network learns them.
  private let hearts: HeartLabels?

  /// The cases of a fold's split; makes `splits_final.json` where it is missing.
  init(_ setup: MethodSetup, seed: UInt64, device: String, learns: Bool) throws {
    hearts = learns && setup.method.needsHearts ? try HeartLabels(device: device) : nil
    let raw = try setup.dataset.raw()
    self.raw = raw
    reader = CaseReader(try raw.imageFormat)
    classes = setup.classes
    let files = Dictionary(
      raw.cases.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let split = try TrainingCases.split(setup.dataset, raw.cases.map(\.name), setup.fold)
    func cases(_ names: [String]) throws -> [RawDataset.CaseFiles] {
      try names.map { name in
        guard let found = files[name], found.label != nil else {
          throw WorkflowError(
            .missing, "\(raw.folder.path): lacks the image or the label map of \(name)")
        }
        return found
      }
    }
    var generator = KeyedGenerator(seed: seed, purpose: .weights, epoch: 2)
    order = try cases(split.train).shuffled(using: &generator)
    validationFiles = try cases(split.val.isEmpty ? split.train : split.val)
  }

  /// The cases that are segmented whole after the training.
  var validationCases: [RawDataset.CaseFiles] { validationFiles }

  /// Reads a case.
  func load(_ files: RawDataset.CaseFiles) throws -> RawCase {
    try raw.load(files, reader: reader)
  }

  /// The scans of an epoch, of which those that stay are not read again.
  ///
  /// - Throws: `WorkflowError` where none of them has calcium.
  func training(_ epoch: Int) throws -> [TrainingScan] {
    let count = min(Self.kept, order.count)
    let start = order.count > Self.kept ? epoch * Self.exchanged : 0
    let wanted = (0..<count).map { order[(start + $0) % order.count] }
    loaded = loaded.filter { name, _ in wanted.contains { $0.name == name } }
    let scans = try wanted.map { try scan($0) }
    guard scans.contains(where: { !$0.calcium.isEmpty }) else {
      throw WorkflowError(
        .invalid,
        "\(raw.folder.path): none of the \(counted(scans.count, "scan")) to learn from has a labelled "
          + "voxel")
    }
    return scans
  }

  private var validationScans: [TrainingScan]?

  /// The scans whose loss is measured after each epoch: the first ten of the validation cases.
  func validation() throws -> [TrainingScan] {
    if let validationScans { return validationScans }
    let scans = try validationFiles.prefix(10).map { try read($0) }
    validationScans = scans
    return scans
  }

  private func scan(_ files: RawDataset.CaseFiles) throws -> TrainingScan {
    if let scan = loaded[files.name] { return scan }
    let scan = try read(files)
    loaded[files.name] = scan
    return scan
  }

  private func read(_ files: RawDataset.CaseFiles) throws -> TrainingScan {
    let raw = try load(files)
    let values = raw.labels?.voxels ?? []
    let own = try values.map { value in
      if value == 0 { return UInt8(0) }
      guard let known = UInt8(exactly: value).flatMap({ classes.classOfValue[$0] }) else {
        throw WorkflowError(
          .invalid, "\(files.name): its label map holds \(value), which dataset.json does not name")
      }
      return known
    }
    let ct = raw.ct
    return TrainingScan(
      name: files.name, ct, classes: own, heart: try hearts?.marks(of: ct))
  }
}

extension RawCase {
  /// The first channel in HU; fractions are rounded and values that int16 does not hold are cut off.
  var ct: Volume<Int16> {
    channels[0].map { Int16(max(-32768, min(32767, $0.rounded()))) }
  }
}
