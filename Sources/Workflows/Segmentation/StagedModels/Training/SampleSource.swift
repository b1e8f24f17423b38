// SPDX-License-Identifier: Apache-2.0
import Phantom
package import Stages

/// Where the samples come from that a stage learns from.
package protocol SampleSource<Sample>: Sendable {
  /// One example with its truth.
  associatedtype Sample: Sendable

  /// What tells this source from others; a training goes on with the source that it began with.
  var digest: String { get }
  /// What a user has given otherwise where the digest is another one.
  var origin: String { get }

  /// Gets ready to draw, which may take a while.
  ///
  /// - Parameters:
  ///   - seed: other seeds draw other samples.
  ///   - say: gets notes for the user.
  /// - Returns: a function that draws the sample of a number. It is a pure function of the number, and is
  ///   called on several threads at once.
  func samples(seed: UInt64, say: (String) -> Void) throws -> @Sendable (Int) throws -> Sample
}

/// Crops of synthetic subjects with the anatomy of BodyParts3D: what the localiser learns from.
package struct AnatomyCrops: SampleSource {
  private let meshes: AnatomyMeshes

  /// Crops of subjects with the shapes of some meshes.
  package init(_ meshes: AnatomyMeshes) { self.meshes = meshes }

  /// The SHA-256 of the meshes, with the subjects' edition and what they do without.
  package var digest: String { meshes.digest }
  /// The archive, the hearts, what subjects do without, and the program that draws them.
  package var origin: String {
    "--anatomy archive, --heart or --without, or a program whose synthetic subjects differ"
  }

  /// The design of a localiser that learns from these crops.
  package static let design = LocaliserDesign(
    spacing: Double(LocaliserCrop.Options().spacing), features: [16, 32, 64, 96],
    classes: LocaliserCrop.classNames, heatMaps: LocaliserCrop.mapNames)

  /// Makes the atlases from the meshes; crops show one heart after the other.
  package func samples(seed: UInt64, say: (String) -> Void) throws
    -> @Sendable (Int) throws -> LocaliserSample
  {
    let atlases = try meshes.atlases(say: say)
    var options = LocaliserCrop.Options()
    options.without = meshes.without
    return { [options] number in
      let crop = LocaliserCrop(
        atlas: atlases[number % atlases.count], seed: seed, number: number, options: options)
      return LocaliserSample(
        extent: crop.extent, hu: crop.hu, classes: crop.classes, heatMaps: crop.heatMaps)
    }
  }
}

/// Candidates of a pool: what the classifier learns from.
struct PooledCandidates: SampleSource {
  let digest: String
  let origin = "--anatomy archive, --heart, localiser, --scans or --healthy"
  let pool: CandidatePool

  func samples(seed: UInt64, say: (String) -> Void) throws
    -> @Sendable (Int) throws -> ClassifierSample
  {
    let counts = zip(pool.design.classes, pool.counts).map { "\($0) \($1)" }
    say("the pool holds \(counts.joined(separator: ", "))")
    let sampler = try CandidateSampler(pool, seed: seed)
    return { sampler.sample($0) }
  }
}
