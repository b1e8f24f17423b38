// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import NNUNet
package import Studies
import Text
package import Workflow

/// Preprocesses the training cases of a data set for configurations of a plan.
package enum DatasetPreprocessing {
  /// Crops, normalises, resamples and stores every case; returns a sentence for each configuration.
  ///
  /// A case whose file was made by the same settings and is newer than its images is kept, so an
  /// interrupted run resumes where it stopped. Where several machines share the work, this run
  /// makes the cases of `part`.
  ///
  /// - Throws: `WorkflowError` where memory or disk do not suffice, or two configurations would
  ///   write different cases into one folder.
  package static func run(
    dataset: String, plans plansName: String = Plans.defaultName, configurations: [String],
    roots: Roots, jobs: Int, part: CasePart = .all, progress: @escaping ProgressHandler
  ) async throws -> [String] {
    let dataset = try Dataset(dataset, roots: roots)
    let raw = try dataset.raw()
    try raw.verifyFiles()
    let reader = CaseReader(try raw.imageFormat)
    let plans = try dataset.plans(named: plansName)
    let targets = try targets(
      configurations, of: plans, labels: raw.description.labels, in: dataset)
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
    let width = try PreprocessingNeeds(raw, todo.map { ($0.index, $0.open) }, in: dataset)
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
        ) { index, made, other in
          try open[index].store(made, of: files, sameAs: other.map { open[$0] })
        }
      }
      try copyLabels(of: files, into: dataset, ending: raw.description.fileEnding)
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
    _ names: [String], of plans: Plans, labels: LabelScheme, in dataset: Dataset
  ) throws -> [PreprocessingTarget] {
    var targets: [PreprocessingTarget] = []
    for name in names where !targets.contains(where: { $0.names.contains(name) }) {
      let preprocessor = try Preprocessor(plans: plans, configuration: name, labels: labels)
      let recipe = try preprocessor.recipe
      let folder = CaseFolder(dataset.preprocessed(preprocessor.configuration.dataIdentifier))
      if let i = targets.firstIndex(where: { $0.folder == folder }) {
        guard targets[i].recipe == recipe else {
          throw WorkflowError(
            .refused,
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
    of files: RawDataset.CaseFiles, into dataset: Dataset, ending: String
  ) throws {
    guard let label = files.label else { return }
    let copy = dataset.preprocessed("gt_segmentations/\(files.name)\(ending)")
    if let existing = FileState(copy), let given = FileState(label),
      existing.modified >= given.modified
    {
      return
    }
    // A stack's spacing file is copied first: the age of the label map alone is checked above.
    for file in LabelFile.files(of: label).reversed() {
      let name = files.name + (file == label ? ending : ".json")
      try StagedFile.write(
        FileBytes.read(file), to: dataset.preprocessed("gt_segmentations/\(name)"))
    }
  }
}

/// One folder of preprocessed cases, and the preprocessor that makes them.
struct PreprocessingTarget: Sendable {
  /// The configurations that read the folder.
  var names: [String]
  /// The preprocessor.
  let preprocessor: Preprocessor
  /// The folder.
  let folder: CaseFolder
  /// The settings that decide what a case becomes.
  let recipe: JSON

  /// The file beside the cases that holds the settings.
  static let recipeName = "recipe.json"

  private var recipeFile: URL { folder.url.appendingPathComponent(Self.recipeName) }

  /// Makes the folder ready: locks it, removes unfinished files of an interrupted run and, where
  /// other settings made them, all cases.
  func open() throws -> FolderLock {
    try Folder.create(folder.url)
    let lock = try FolderLock(folder.url)
    try lock.removeStaged(in: folder.url)
    try removeOutdated()
    return lock
  }

  /// Makes the folder ready for one of several processes that share its cases.
  ///
  /// They take turns here. Unfinished files stay, because another process may be writing them.
  func openShared() throws {
    try Folder.create(folder.url)
    let lock = try FolderLock.waiting(for: folder.url)
    try withExtendedLifetime(lock) { try removeOutdated() }
  }

  private func removeOutdated() throws {
    guard Folder.isFile(recipeFile), (try? JSON.read(from: recipeFile)) == recipe else {
      // The recipe is removed first: without it no run takes the cases for current ones.
      try Folder.remove(recipeFile)
      for name in try folder.names() { try Folder.remove(folder.file(of: name)) }
      try StagedFile.write(recipe.text, to: recipeFile)
      return
    }
  }

  /// Whether a case exists and is newer than all files that it is made from.
  func holds(_ files: RawDataset.CaseFiles) -> Bool {
    guard let made = FileState(folder.file(of: files.name))?.modified else { return false }
    return (files.channels + [files.label].compactMap(\.self)).allSatisfy {
      FileState($0).map { $0.modified < made } ?? true
    }
  }

  /// Stores a case, or links the equal case of another folder (`other`) into this one.
  func store(
    _ made: PreprocessedCase?, of files: RawDataset.CaseFiles, sameAs other: PreprocessingTarget?
  ) throws {
    if let made {
      try folder.write(made)
    } else if let other {
      let (source, link) = (other.folder.file(of: files.name), folder.file(of: files.name))
      if !StagedFile.link(source, to: link) {
        try StagedFile.write(Data(contentsOf: source, options: .mappedIfSafe), to: link)
      }
    }
  }

  /// Removes cases that the raw data set no longer has.
  func removeOthers(than current: Set<String>) throws {
    for stale in try folder.names() where !current.contains(stale) {
      try Folder.remove(folder.file(of: stale))
    }
  }
}
