// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
package import Studies
package import Workflow

/// Preprocesses the training cases of a data set for configurations of a plan.
package enum DatasetPreprocessing {
  /// Crops, normalises, resamples and stores every case; returns a sentence for each configuration.
  ///
  /// A case whose file is there already, was made by the same settings and is newer than its images
  /// is kept, so an interrupted run goes on where it stopped. Of several parts this is one: every
  /// case of its number plus multiples of theirs.
  package static func run(
    dataset: String, plans plansName: String = "nnUNetPlans", configurations: [String],
    roots: Roots, jobs: Int, part: CasePart = .all, progress: @escaping ProgressHandler
  ) async throws -> [String] {
    let place = try Dataset(dataset, roots: roots)
    let raw = try place.raw()
    try raw.verifyFiles()
    let reader = CaseReader(try raw.imageReader)
    let plans = try place.plans(named: plansName)
    let targets = try targets(
      configurations, of: plans, labels: raw.description.labels, in: place)
    var locks: [FolderLock] = []
    if part.count > 1 {
      for target in targets { try target.openShared() }
    } else {
      locks = try targets.map { try $0.open() }
    }
    let todo = part.of(Array(raw.cases.indices)).map { index in
      let files = raw.cases[index]
      return (index: index, files: files, open: targets.filter { !$0.holds(files) })
    }
    let width = try PreprocessingNeeds(raw, todo.map { ($0.index, $0.open) }, in: place)
      .check(jobs: jobs)
    let counter = ProgressCounter(
      "preprocess \(targets.flatMap(\.names).joined(separator: " "))", total: todo.count,
      handler: progress)
    defer { withExtendedLifetime(locks) {} }
    _ = try await todo.concurrentMap(width: width) { _, files, open in
      try Task.checkCancellation()
      if !open.isEmpty {
        try Preprocessor.preprocess(
          raw.load(files, reader: reader), by: open.map(\.preprocessor)
        ) { index, made, twin in
          try open[index].store(made, of: files, sameAs: twin.map { open[$0] })
        }
      }
      try copyLabels(of: files, into: place, ending: raw.description.fileEnding)
      await counter.advance(files.name)
    }
    for target in targets { try target.removeOthers(than: Set(raw.cases.map(\.name))) }
    return targets.flatMap { target in
      target.names.map {
        "\(counted(todo.count, "case")) for \($0) in \(target.folder.url.path)"
          + (width < min(jobs, todo.count) ? " (\(width) at once, for want of memory)" : "")
      }
    }
  }

  /// The folders of the configurations, each once.
  private static func targets(
    _ names: [String], of plans: Plans, labels: LabelScheme, in place: Dataset
  ) throws -> [PreprocessingTarget] {
    var targets: [PreprocessingTarget] = []
    for name in names where !targets.contains(where: { $0.names.contains(name) }) {
      let preprocessor = try Preprocessor(plans: plans, configuration: name, labels: labels)
      let recipe = try preprocessor.recipe
      let folder = CaseFolder(place.preprocessed(preprocessor.configuration.dataIdentifier))
      if let i = targets.firstIndex(where: { $0.folder == folder }) {
        guard targets[i].recipe == recipe else {
          throw WorkflowError(
            "\(plans.plansName): \(targets[i].names[0]) and \(name) would put different cases into "
              + "\(folder.url.path); give one of them another \"data_identifier\"")
        }
        targets[i].names.append(name)
      } else {
        targets.append(
          .init(names: [name], preprocessor: preprocessor, folder: folder, recipe: recipe))
      }
    }
    return targets
  }

  /// Copies a case's label map as nnU-Net does for its evaluation: only where it is newer.
  private static func copyLabels(
    of files: RawDataset.CaseFiles, into place: Dataset, ending: String
  ) throws {
    guard let label = files.label else { return }
    let copy = place.preprocessed("gt_segmentations/\(files.name)\(ending)")
    if let there = FileState(copy), let given = FileState(label), there.modified >= given.modified {
      return
    }
    // First what lies beside a label map, which is looked at above.
    for file in LabelFile.files(of: label).reversed() {
      let name = files.name + (file == label ? ending : ".json")
      try StagedFile.write(
        JSONFile.contents(of: file), to: place.preprocessed("gt_segmentations/\(name)"))
    }
  }
}

/// One folder of preprocessed cases and what makes them.
struct PreprocessingTarget: Sendable {
  /// The configurations that read the folder.
  var names: [String]
  let preprocessor: Preprocessor
  let folder: CaseFolder
  /// The settings that decide what a case becomes.
  let recipe: JSON

  /// The file beside the cases that holds the settings.
  static let recipeName = "recipe.json"

  private var recipeFile: URL { folder.url.appendingPathComponent(Self.recipeName) }

  /// Makes the folder ready: takes the right to write, removes what an interrupted run left and,
  /// where other settings made them, all cases.
  func open() throws -> FolderLock {
    try Folder.create(folder.url)
    let lock = try FolderLock(folder.url)
    try lock.removeStaged(in: folder.url)
    try removeOutdated()
    return lock
  }

  /// Makes the folder ready for one of several processes that share its cases; they take turns here,
  /// and what another one left half-written may be its work.
  func openShared() throws {
    try Folder.create(folder.url)
    let lock = try FolderLock.waiting(for: folder.url)
    try withExtendedLifetime(lock) { try removeOutdated() }
  }

  private func removeOutdated() throws {
    guard Folder.isFile(recipeFile), (try? JSON.read(from: recipeFile)) == recipe else {
      // The recipe goes first: without it nobody takes the cases for current ones.
      try Folder.remove(recipeFile)
      for name in try folder.names() { try Folder.remove(folder.file(of: name)) }
      try StagedFile.write(recipe.text, to: recipeFile)
      return
    }
  }

  /// Whether a case is there and newer than all files that it is made from.
  func holds(_ files: RawDataset.CaseFiles) -> Bool {
    guard let made = FileState(folder.file(of: files.name))?.modified else { return false }
    return (files.channels + [files.label].compactMap(\.self)).allSatisfy {
      FileState($0).map { $0.modified < made } ?? true
    }
  }

  /// Stores a case, or gives the one of another folder that is the same a second name here.
  func store(
    _ made: PreprocessedCase?, of files: RawDataset.CaseFiles, sameAs twin: PreprocessingTarget?
  ) throws {
    if let made {
      try folder.write(made)
    } else if let twin {
      let (there, here) = (twin.folder.file(of: files.name), folder.file(of: files.name))
      if !StagedFile.link(there, to: here) {
        try StagedFile.write(Data(contentsOf: there, options: .mappedIfSafe), to: here)
      }
    }
  }

  /// Removes cases that the raw data set no longer has.
  func removeOthers(than known: Set<String>) throws {
    for stale in try folder.names() where !known.contains(stale) {
      try Folder.remove(folder.file(of: stale))
    }
  }
}
