// SPDX-License-Identifier: Apache-2.0

extension Proposal {
  /// What two signed readings of a scan say, for the one who decides where they differ.
  ///
  /// Voxels with one label in both are settled. All others are parts without a label, connected in
  /// three dimensions, with a remark on what each reader says of them.
  package init(
    comparing first: ReviewState, _ second: ReviewState, names: (String, String), rows: Int
  ) {
    func sets(_ state: ReviewState) -> [ReviewLabel: VoxelSet] {
      var sets: [ReviewLabel: VoxelSet] = [:]
      for lesion in state.lesions.values {
        guard let label = lesion.label else { continue }
        sets[label] = (sets[label] ?? VoxelSet()).union(lesion.voxels)
      }
      return sets
    }
    let (a, b) = (sets(first), sets(second))
    var parts: [Part] = []
    func add(_ voxels: VoxelSet, _ label: ReviewLabel?, _ remark: String?, settled: Bool) {
      for part in voxels.parts(rows: rows, isPlanar: false) {
        parts.append(Part(voxels: part, label: label, remark: remark, isSettled: settled))
      }
    }
    let everyA = a.values.reduce(VoxelSet()) { $0.union($1) }
    let everyB = b.values.reduce(VoxelSet()) { $0.union($1) }
    for label in ReviewLabel.allCases {
      let mine = a[label] ?? VoxelSet()
      for other in ReviewLabel.allCases {
        guard let theirs = b[other] else { continue }
        let both = mine.subtracting(mine.subtracting(theirs))
        let agree = label == other
        add(
          both, agree ? label : nil,
          agree ? "both readers" : "\(names.0): \(label.word) · \(names.1): \(other.word)",
          settled: agree)
      }
      add(
        mine.subtracting(everyB), nil, "\(names.0): \(label.word) · \(names.1): nothing",
        settled: false)
      add(
        (b[label] ?? VoxelSet()).subtracting(everyA), nil,
        "\(names.0): nothing · \(names.1): \(label.word)", settled: false)
    }
    self.init(
      origin: .readings, parts: parts, source: "the readings of \(names.0) and \(names.1)")
  }
}
