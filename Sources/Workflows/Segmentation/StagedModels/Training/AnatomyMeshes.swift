// SPDX-License-Identifier: Apache-2.0
import Atlas
import Files
package import Foundation
import Meshes
import Workflow

/// BodyParts3D's archive of meshes: where all synthetic subjects of a training get their shapes from.
package struct AnatomyMeshes: Sendable {
  /// The SHA-256 of the archive.
  package let digest: String
  private let archive: MeshArchive

  private static let wanted = "BodyParts3D's archive isa_BP3D_4.0_obj_99.zip"

  /// Opens an archive of meshes, and checks that it holds all that are needed.
  ///
  /// - Throws: `WorkflowError` where there is no such file, it is no archive of meshes, or a mesh is
  ///   missing.
  package init(archive url: URL) throws {
    guard Folder.isFile(url) else {
      throw WorkflowError(
        .missing, "\(url.path): no such file; --anatomy wants \(Self.wanted)")
    }
    do {
      archive = try MeshArchive(zip: url)
    } catch {
      throw WorkflowError(.invalid, "\(error); --anatomy wants \(Self.wanted)")
    }
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

  /// Makes the atlas from the meshes, which takes some seconds.
  func atlas(say: (String) -> Void) throws -> BodyAtlas {
    say("making the atlas from the meshes")
    return try BodyAtlas(bodyParts3D: archive)
  }
}
