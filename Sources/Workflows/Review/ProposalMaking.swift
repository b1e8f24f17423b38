// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import Segmentation
package import Volume
import Studies
import Workflow

extension Proposal {
  /// The lesions of a mask on the scan's grid: its values are arteries (1 LM, 2 LAD, 3 LCX, 4 RCA)
  /// where one of them is above 1, or where the caller knows so; else calcium of no named artery.
  ///
  /// Only voxels that reach the threshold are taken, as in scoring.
  ///
  /// - Throws: `GeometryError` for another grid, `WorkflowError` for a value that is no artery.
  package init(
    mask: Volume<UInt8>, of subject: ReviewCase, labels: MaskLabels?, origin: LesionOrigin,
    source: String, findings: StagedFindings? = nil
  ) throws {
    let ct = subject.scan.ct
    try mask.requireSameGrid(as: ct, subject: "mask and CT")
    let highest = mask.voxels.max() ?? 0
    let areArteries = labels.map { $0 == .arteries } ?? (highest > 1)
    guard !areArteries || highest <= 4 else {
      throw WorkflowError(
        .invalid,
        "the mask holds \(highest), which is no artery (1 LM, 2 LAD, 3 LCX, 4 RCA); "
          + "--labels calcium takes any value but 0 for calcium")
    }
    var indices: [UInt8: [Int]] = [:]
    for (i, value) in mask.voxels.enumerated()
    where value != 0 && ct.voxels[i] >= subject.groups.threshold {
      indices[areArteries ? value : 5, default: []].append(i)
    }
    let columns = ct.extent.columns
    var parts: [Part] = []
    for (value, voxels) in indices.sorted(by: { $0.key < $1.key }) {
      for set in VoxelSet(indices: voxels, columns: columns)
        .parts(rows: ct.extent.rows, isPlanar: false)
      {
        parts.append(Part(voxels: set, label: ReviewLabel(rawValue: value)))
      }
    }
    self.init(origin: origin, parts: parts, source: source)
    if let findings { add(findings, columns: columns) }
  }

  /// What a model of several stages made of a scan: its mask, with the chances of its candidates, and
  /// what it saw beside the arteries or could not decide.
  private mutating func add(_ findings: StagedFindings, columns: Int) {
    doubts = findings.heart.doubts.map(\.text)
    for candidate in findings.candidates {
      let voxels = VoxelSet(indices: candidate.voxels.sorted(), columns: columns)
      switch candidate.decision {
      case .coronary:
        for i in parts.indices where parts[i].chance == nil {
          if parts[i].voxels.overlap(voxels) > 0 { parts[i].chance = candidate.chance }
        }
      case .beside(let site):
        parts.append(
          Part(
            voxels: voxels, label: site == .aorta ? .aorta : .aorticValve,
            chance: candidate.chance,
            remark: site == .valve ? "the model says valve, aortic or mitral" : nil))
      case .nothing:
        if let chance = candidate.chance, ScanLimits.undecided.contains(chance) {
          parts.append(
            Part(voxels: voxels, label: nil, chance: chance, remark: "the model is undecided"))
        }
      }
    }
  }
}
