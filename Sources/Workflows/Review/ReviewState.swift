// SPDX-License-Identifier: Apache-2.0
import Volume

/// One action with what the trail says of it.
package struct ReviewEntry: Codable, Hashable, Sendable {
  /// The action.
  package let action: ReviewAction
  /// When, in UTC, as ISO 8601 writes it.
  package let time: String
  /// The reader.
  package let user: String
  /// Why; needed once the reading is signed.
  package let reason: String?

  /// An action of a reader at a time.
  package init(_ action: ReviewAction, time: String, user: String, reason: String? = nil) {
    self.action = action
    self.time = time
    self.user = user
    self.reason = reason
  }
}

/// A reader's signature under one version of a reading.
package struct Signature: Codable, Hashable, Sendable {
  /// The number of the signed version, from 1.
  package let version: Int
  /// The name as it was signed.
  package let name: String
  /// What the signature means, for example "read by me".
  package let meaning: String
  /// When, in UTC.
  package let time: String
}

/// What one reader thinks of one scan: the replay of the reader's actions.
///
/// A value without files, clocks or randomness, so that the same actions give the same state
/// anywhere.
///
/// ```swift
/// var state = ReviewState()
/// try state.apply(entry, groups: groups) { proposals[$0] }
/// let lesions = state.lesions
/// ```
package struct ReviewState: Sendable, Hashable {
  /// The lesions by number.
  package private(set) var lesions: [Int: ReviewLesion] = [:]
  /// The number of actions that were applied.
  package private(set) var version = 0
  /// What the reader says of the scan.
  package private(set) var quality: [ReviewAction.QualityNote] = []
  /// The reader's note.
  package private(set) var note = ""
  /// All signatures, the oldest first.
  package private(set) var signatures: [Signature] = []
  /// Whether nothing has changed since the last signature.
  package private(set) var isSigned = false
  /// Where proposals came from, the first first.
  package private(set) var sources: [String] = []
  /// What the models said of the scan.
  package private(set) var doubts: [String] = []
  private var seen: Set<Int> = []
  private var next = 1
  private var past: [[Int: ReviewLesion]] = []
  private var future: [[Int: ReviewLesion]] = []

  /// The reading before the first action.
  package init() {}

  /// Whether there is something to take back.
  package var canUndo: Bool { !past.isEmpty }
  /// Whether there is something to make again.
  package var canRedo: Bool { !future.isEmpty }

  /// Whether the reader looked at a lesion: stepped to it, or did something to it.
  package func isSeen(_ id: Int) -> Bool { seen.contains(id) }

  /// The lesions that others proposed and the reader has not looked at, by number.
  package var unseen: [Int] {
    lesions.values.filter { $0.origin != .reader && !seen.contains($0.id) && !$0.isLocked }
      .map(\.id).sorted()
  }

  /// The lesion that holds a voxel.
  package func lesion(line: Int, column: Int) -> ReviewLesion? {
    lesions.values.first { $0.voxels.contains(line: line, column: column) }
  }

  /// Applies an action, or throws and changes nothing.
  ///
  /// - Parameters:
  ///   - groups: the bright groups of the scan.
  ///   - proposal: looks a proposal up by its SHA-256.
  /// - Throws: `ReviewError` where the action cannot be taken.
  package mutating func apply(
    _ entry: ReviewEntry, groups: CandidateGroups, proposal: (String) throws -> Proposal
  ) throws {
    if isSigned, entry.action.changesReading, entry.reason?.isEmpty ?? true {
      throw ReviewError(
        .reason, "the reading is signed; say why it is changed, and it becomes a new version")
    }
    var copy = self
    try copy.perform(entry, groups, proposal)
    copy.version += 1
    if entry.action.changesReading { copy.isSigned = false }
    self = copy
  }

  private mutating func perform(
    _ entry: ReviewEntry, _ groups: CandidateGroups, _ proposal: (String) throws -> Proposal
  ) throws {
    switch entry.action {
    case .propose(let sha): lay(try proposal(sha))
    case .undo:
      guard let before = past.popLast() else {
        throw ReviewError(.nothing, "there is nothing to undo")
      }
      future.append(lesions)
      lesions = before
    case .redo:
      guard let after = future.popLast() else {
        throw ReviewError(.nothing, "there is nothing to redo")
      }
      past.append(lesions)
      lesions = after
    case .see(let id):
      _ = try existing(id)
      seen.insert(id)
    case .assess(let quality, let text):
      guard text.count <= 2000 else {
        throw ReviewError(.nothing, "the note has \(text.count) characters; 2,000 are the most")
      }
      self.quality = ReviewAction.QualityNote.allCases.filter(quality.contains)
      note = text
    case .sign(let name, let meaning): try sign(name, meaning, at: entry.time)
    case .pick, .label, .cut, .lasso, .lock, .accept:
      let before = lesions
      try change(entry.action, groups)
      past.append(before)
      future = []
    }
  }

  private mutating func change(_ action: ReviewAction, _ groups: CandidateGroups) throws {
    switch action {
    case .pick(let voxel, let scope, let label): try pick(voxel, scope, label, groups)
    case .label(let id, let label): try set(label, of: existing(id))
    case .cut(let id, let plane, let from, let to):
      try cut(existing(id), plane, from, to, rows: groups.extent.rows)
    case .lasso(let plane, let slices, let polygon, let label):
      try lasso(plane, slices, polygon, label, groups)
    case .lock(let id, let isLocked):
      var lesion = try existing(id)
      guard lesion.isLocked != isLocked else {
        throw ReviewError(
          .nothing, "lesion \(id) is \(isLocked ? "locked already" : "not locked")")
      }
      lesion.isLocked = isLocked
      put(lesion)
    case .accept(let label):
      let open = lesions.values.filter { $0.label == label && !$0.isLocked }
      guard !open.isEmpty else {
        throw ReviewError(.nothing, "there is no open lesion of \(label.word) to accept")
      }
      for var lesion in open {
        lesion.isLocked = true
        put(lesion)
      }
    case .propose, .undo, .redo, .see, .assess, .sign: break
    }
  }

  // MARK: Proposals

  /// Adds what is proposed where no lesion is yet, in every state that undo leads back to, too.
  private mutating func lay(_ proposal: Proposal) {
    sources.append(proposal.source)
    doubts += proposal.doubts.filter { !doubts.contains($0) }
    for part in proposal.parts {
      let id = next
      func add(to lesions: inout [Int: ReviewLesion]) {
        let free = lesions.values.reduce(part.voxels) { $0.subtracting($1.voxels) }
        // What is there already for the most part is no new suggestion.
        guard !free.isEmpty, 2 * free.count > part.voxels.count else { return }
        lesions[id] = ReviewLesion(
          id: id, voxels: free, label: part.label, origin: proposal.origin, proposed: part.label,
          remark: part.remark, chance: part.chance, isLocked: part.isSettled ?? false)
      }
      add(to: &lesions)
      for i in past.indices { add(to: &past[i]) }
      for i in future.indices { add(to: &future[i]) }
      next += 1
    }
  }

  // MARK: Clicks

  private mutating func pick(
    _ voxel: [Int], _ scope: ReviewAction.PickScope, _ label: ReviewLabel,
    _ groups: CandidateGroups
  ) throws {
    guard groups.contains(voxel) else {
      throw ReviewError(.nothing, "the click lies outside the scan")
    }
    guard let group = groups.group(at: voxel) else {
      throw ReviewError(
        .nothing, "nothing is taken: the voxel is below \(groups.threshold) HU")
    }
    let (line, rows) = (groups.line(of: voxel), groups.extent.rows)
    func part(of voxels: VoxelSet) -> VoxelSet {
      var voxels = voxels
      if scope == .slice {
        let slice =
          Int32(
            truncatingIfNeeded: voxel[2] * rows)..<Int32(
            truncatingIfNeeded: (voxel[2] + 1) * rows)
        voxels = VoxelSet(voxels.runs.filter { slice.contains($0.line) })
      }
      return voxels.parts(rows: rows, isPlanar: scope == .slice)
        .first { $0.contains(line: line, column: voxel[0]) } ?? VoxelSet()
    }
    guard var lesion = lesion(line: line, column: voxel[0]) else {
      let free = lesions.values.reduce(group) { $0.subtracting($1.voxels) }
      create(part(of: free), label)
      return
    }
    let taken = scope == .slice ? part(of: lesion.voxels) : lesion.voxels
    if taken == lesion.voxels {
      try set(label, of: lesion)
    } else {
      try requireOpen(lesion)
      lesion.voxels = lesion.voxels.subtracting(taken)
      put(lesion)
      create(taken, label)
    }
  }

  private mutating func set(_ label: ReviewLabel?, of lesion: ReviewLesion) throws {
    try requireOpen(lesion)
    guard label != lesion.label || label != nil && !seen.contains(lesion.id) else {
      let word = label?.word ?? "struck out"
      throw ReviewError(.nothing, "lesion \(lesion.id) is \(word) already")
    }
    guard label != nil || lesion.origin != .reader else {
      lesions[lesion.id] = nil
      return
    }
    var lesion = lesion
    lesion.label = label
    put(lesion)
  }

  private mutating func cut(
    _ lesion: ReviewLesion, _ plane: ReviewAction.Plane, _ from: [Double], _ to: [Double],
    rows: Int
  ) throws {
    try requireOpen(lesion)
    guard from.count == 2, to.count == 2, (from + to).allSatisfy({ $0.isFinite && abs($0) < 1e6 }),
      from != to
    else { throw ReviewError(.nothing, "a cut needs two points of the plane") }
    let side = lesion.voxels.filter { line, column in
      let (slice, row) = line.quotientAndRemainder(dividingBy: rows)
      let (u, v) = plane.point(column, row, slice)
      return (to[0] - from[0]) * (v - from[1]) - (to[1] - from[1]) * (u - from[0]) >= 0
    }
    let rest = lesion.voxels.subtracting(side)
    guard !side.isEmpty, !rest.isEmpty else {
      throw ReviewError(.nothing, "the line does not pass through lesion \(lesion.id)")
    }
    var kept = lesion
    kept.voxels = side.count > rest.count ? side : rest
    put(kept)
    let id = next
    next += 1
    put(
      ReviewLesion(
        id: id, voxels: side.count > rest.count ? rest : side, label: lesion.label,
        origin: lesion.origin, proposed: lesion.proposed, remark: lesion.remark,
        chance: lesion.chance))
  }

  private mutating func lasso(
    _ plane: ReviewAction.Plane, _ slices: [Int], _ polygon: [[Double]], _ label: ReviewLabel?,
    _ groups: CandidateGroups
  ) throws {
    guard let lasso = Lasso(plane, slices: slices, polygon: polygon, in: groups.extent) else {
      throw ReviewError(
        .nothing, "a lasso needs 3 to 2,000 points of the plane, and a first and last slice")
    }
    var taken = lasso.voxels(of: groups)
    for lesion in lesions.values where lesion.isLocked {
      taken = taken.subtracting(lesion.voxels)
    }
    guard !taken.isEmpty else {
      throw ReviewError(
        .nothing, "nothing in the lasso reaches \(groups.threshold) HU and is open to change")
    }
    var changed = false
    for var lesion in lesions.values {
      let rest = lesion.voxels.subtracting(taken)
      guard rest != lesion.voxels else { continue }
      changed = true
      lesion.voxels = rest
      if rest.isEmpty { lesions[lesion.id] = nil } else { put(lesion) }
    }
    if let label {
      create(taken, label)
    } else if !changed {
      throw ReviewError(.nothing, "nothing in the lasso is marked")
    }
  }

  // MARK: Signing

  private mutating func sign(_ name: String, _ meaning: String, at time: String) throws {
    let named = !name.allSatisfy(\.isWhitespace) && name.count <= 100
    guard named, !meaning.allSatisfy(\.isWhitespace), meaning.count <= 200 else {
      throw ReviewError(
        .unsigned, "a signature needs a name of at most 100 characters and its meaning")
    }
    let waiting = unseen
    guard waiting.isEmpty else {
      let shown = waiting.prefix(5).map(String.init).joined(separator: ", ")
      throw ReviewError(
        .unsigned,
        "\(waiting.count == 1 ? "lesion" : "\(waiting.count) lesions:") \(shown)"
          + "\(waiting.count > 5 ? " and others" : "") not looked at yet; step through with N")
    }
    signatures.append(
      Signature(version: signatures.count + 1, name: name, meaning: meaning, time: time))
    isSigned = true
  }

  // MARK: Lesions

  private func existing(_ id: Int) throws -> ReviewLesion {
    guard let lesion = lesions[id] else {
      throw ReviewError(.nothing, "there is no lesion \(id) any more")
    }
    return lesion
  }

  private func requireOpen(_ lesion: ReviewLesion) throws {
    guard !lesion.isLocked else {
      throw ReviewError(.locked, "lesion \(lesion.id) is locked; unlock it first (L)")
    }
  }

  private mutating func put(_ lesion: ReviewLesion) {
    lesions[lesion.id] = lesion
    seen.insert(lesion.id)
  }

  private mutating func create(_ voxels: VoxelSet, _ label: ReviewLabel) {
    put(ReviewLesion(id: next, voxels: voxels, label: label, origin: .reader))
    next += 1
  }
}
