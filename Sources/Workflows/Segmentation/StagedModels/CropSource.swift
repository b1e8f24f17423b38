// SPDX-License-Identifier: Apache-2.0
import Atlas
import Files
package import Foundation
import Meshes
import Phantom
package import Stages
import Workflow

/// Where the crops come from that the localiser learns from.
package protocol CropSource: Sendable {
  /// What tells this source from others; a training goes on with the source that it began with.
  var digest: String { get }

  /// Gets ready to draw, which may take a while.
  ///
  /// - Parameters:
  ///   - seed: other seeds draw other crops.
  ///   - say: gets notes for the user.
  /// - Returns: a function that draws the crop of a number. It is a pure function of the number, and is
  ///   called on several threads at once.
  func crops(seed: UInt64, say: (String) -> Void) throws
    -> @Sendable (Int) throws -> LocaliserSample
}

/// Crops of synthetic subjects with the anatomy of BodyParts3D.
package struct AnatomyCrops: CropSource {
  /// The SHA-256 of the archive.
  package let digest: String
  private let archive: MeshArchive

  /// Opens an archive of meshes, and checks that it holds all that are needed.
  ///
  /// - Throws: `WorkflowError` where there is no such file or a mesh is missing, and the errors of
  ///   `MeshArchive` where it is no archive of meshes.
  package init(archive url: URL) throws {
    guard Folder.isFile(url) else {
      throw WorkflowError(
        .missing, "\(url.path): no such file; --anatomy wants \(Self.wanted)")
    }
    archive = try MeshArchive(zip: url)
    let missing = BodyAtlas.meshesMissing(in: archive)
    if let first = missing.first {
      throw WorkflowError(
        .invalid,
        "\(url.path): lacks \(first).obj"
          + (missing.count > 1 ? " and \(missing.count - 1) more of the meshes needed" : "")
          + "; --anatomy wants \(Self.wanted)")
    }
    digest = Digest.sha256(try FileBytes.read(url))
  }

  private static let wanted = "BodyParts3D's archive isa_BP3D_4.0_obj_99.zip"

  /// The design of a localiser that learns from these crops.
  package static let design = LocaliserDesign(
    spacing: Double(LocaliserCrop.Options().spacing), features: [8, 16, 32, 64],
    classes: LocaliserCrop.classNames, heatMaps: LocaliserCrop.mapNames)

  /// Makes the atlas from the meshes.
  package func crops(seed: UInt64, say: (String) -> Void) throws
    -> @Sendable (Int) throws -> LocaliserSample
  {
    say("making the atlas from the meshes")
    let atlas = try BodyAtlas(bodyParts3D: archive)
    return { number in
      let crop = LocaliserCrop(atlas: atlas, seed: seed, number: number)
      return LocaliserSample(
        extent: crop.extent, hu: crop.hu, classes: crop.classes, heatMaps: crop.heatMaps)
    }
  }
}
