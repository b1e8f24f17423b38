// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Volume

/// Which plaques of a reference mask a predicted mask finds, and which it makes up.
///
/// A lesion is a connected component of a mask over faces, edges or corners, whatever its labels. A
/// reference lesion is found, and a predicted one right, where they share a voxel: plaques are a few
/// voxels large, so that a share of overlap would ask for the outline, not for the finding.
public struct LesionMatch: Hashable, Codable, Sendable {
  /// A lesion of one of the masks.
  public struct Lesion: Hashable, Codable, Sendable {
    /// Its volume in mm³, by voxels.
    public let volume: Double
    /// The lesions of the other mask that it shares voxels with, as indices of their list.
    public let partners: [Int]

    /// The highest probability of calcium in it, from 0 to 1; `nil` where none is known.
    public let probability: Double?

    /// The label of most of its voxels, the lower of two; `nil` where none is known.
    public let label: UInt8?
    /// The label that the other mask gives to most of the voxels they share, the lower of two;
    /// `nil` where they share none.
    public let sharedLabel: UInt8?

    private enum CodingKeys: String, CodingKey {
      case volume, partners, probability, label
      case sharedLabel = "shared_label"
    }

    /// A lesion with its partners.
    public init(
      volume: Double, partners: [Int], probability: Double? = nil, label: UInt8? = nil,
      sharedLabel: UInt8? = nil
    ) {
      self.volume = volume
      self.partners = partners
      self.probability = probability
      self.label = label
      self.sharedLabel = sharedLabel
    }
  }

  /// The reference's lesions, in array order of their first voxels.
  public let reference: [Lesion]
  /// The predicted lesions.
  public let predicted: [Lesion]
  /// The voxels in both masks.
  public let sharedVoxels: Int
  /// The voxels of the reference mask.
  public let referenceVoxels: Int
  /// The voxels of the predicted mask.
  public let predictedVoxels: Int
  /// The slices of the masks.
  public let slices: Int
  /// The slices in which the reference has calcium.
  public let slicesWithReference: Int

  private enum CodingKeys: String, CodingKey {
    case reference, predicted, slices
    case sharedVoxels = "shared_voxels"
    case referenceVoxels = "reference_voxels"
    case predictedVoxels = "predicted_voxels"
    case slicesWithReference = "slices_with_reference"
  }

  /// Dice's coefficient of the masks; `nil` where both are empty.
  public var dice: Double? {
    let sum = referenceVoxels + predictedVoxels
    return sum == 0 ? nil : Double(2 * sharedVoxels) / Double(sum)
  }

  /// Compares two masks of one scan; `probability` is the model's for calcium, voxel by voxel.
  ///
  /// Throws `GeometryError` where their grids differ, `AgatstonError` for a grid that is too large.
  public init(
    reference: Volume<UInt8>, prediction: Volume<UInt8>, probability: Volume<Float>? = nil
  ) throws {
    try prediction.requireSameGrid(as: reference, subject: "predicted and reference mask")
    try probability?.requireSameGrid(as: prediction, subject: "probabilities and predicted mask")
    let (a, b) = (try MaskComponents(reference), try MaskComponents(prediction))
    var shared = 0
    var partners = (
      [Set<Int>](repeating: [], count: a.count), [Set<Int>](repeating: [], count: b.count)
    )
    var labels = (
      [LabelCounts](repeating: [:], count: a.count), [LabelCounts](repeating: [:], count: b.count)
    )
    var first = 0
    for (i, run) in a.runs.enumerated() {
      while first < b.runs.count,
        (b.runs[first].line, b.runs[first].end) <= (run.line, run.start)
      { first += 1 }
      // A long run of b may meet the next run of a, too, so `first` stays at the first that may.
      var k = first
      while k < b.runs.count, b.runs[k].line == run.line, b.runs[k].start < run.end {
        let (lesion, partner) = (a.component(ofRun: i), b.component(ofRun: k))
        let voxels = Int(min(run.end, b.runs[k].end) - max(run.start, b.runs[k].start))
        shared += voxels
        partners.0[lesion].insert(partner)
        partners.1[partner].insert(lesion)
        labels.0[lesion][b.runs[k].label, default: 0] += voxels
        labels.1[partner][run.label, default: 0] += voxels
        k += 1
      }
    }
    let voxel = reference.geometry.voxelVolume
    func lesions(
      _ mask: MaskComponents, _ partners: [Set<Int>], _ shared: [LabelCounts],
      _ peaks: [Float]? = nil
    ) -> [Lesion] {
      partners.indices.map { i in
        Lesion(
          volume: Double(mask.voxels[i]) * voxel, partners: partners[i].sorted(),
          probability: peaks.map { Double($0[i]) }, label: mask.labels[i].most,
          sharedLabel: shared[i].most)
      }
    }
    self.reference = lesions(a, partners.0, labels.0)
    predicted = lesions(b, partners.1, labels.1, probability.map(b.peaks(of:)))
    sharedVoxels = shared
    referenceVoxels = a.voxels.reduce(0, +)
    predictedVoxels = b.voxels.reduce(0, +)
    slices = reference.extent.slices
    slicesWithReference = a.slices
  }
}

/// Voxels by label.
private typealias LabelCounts = [UInt8: Int]

extension LabelCounts {
  /// The label with the most voxels, the lower of two.
  fileprivate var most: UInt8? {
    self.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}
