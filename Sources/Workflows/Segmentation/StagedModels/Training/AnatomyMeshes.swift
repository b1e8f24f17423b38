// SPDX-License-Identifier: Apache-2.0
import Atlas
import Files
package import Foundation
import Meshes
package import Phantom
import Workflow

/// BodyParts3D's archive of meshes, and other hearts for its body: where all synthetic subjects of a
/// training get their shapes from.
package struct AnatomyMeshes: Sendable {
  /// The SHA-256 of the archive and of the other hearts' files, with the edition of the subjects drawn
  /// from them and what they do without.
  package var digest: String {
    (["\(files) edition \(TrainingSubject.edition)"] + without.map(\.rawValue).sorted())
      .joined(separator: " without ")
  }
  /// What makes subjects look like patients, and is left out.
  package var without: Set<Realism> = []
  private let files: String
  private let archive: MeshArchive
  private let hearts: [ReferenceHeart]

  private static let wanted = "BodyParts3D's archive isa_BP3D_4.0_obj_99.zip"

  /// Opens an archive of meshes, and checks that it holds all that are needed.
  ///
  /// - Parameters:
  ///   - url: BodyParts3D's archive.
  ///   - hearts: files of HuBMAP's reference hearts, which other subjects have in its heart's place.
  /// - Throws: `WorkflowError` where there is no such file, it is no archive of meshes, or a mesh is
  ///   missing.
  package init(archive url: URL, hearts: [URL] = []) throws {
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
    self.hearts = try hearts.map { url in
      guard Folder.isFile(url) else {
        throw WorkflowError(.missing, "\(url.path): no such file; --heart wants VH_F_Heart.glb")
      }
      return try ReferenceHeart(BinaryGLTF(FileBytes.read(url), name: url.path), name: url.path)
    }
    let digests = try ([url] + hearts).map { Digest.sha256(try FileBytes.read($0)) }
    files = digests.count == 1 ? digests[0] : Digest.sha256(digests.joined(separator: " "))
  }

  /// Makes the atlases from the meshes, one for each heart, the archive's own first; each takes some
  /// seconds.
  func atlases(say: (String) -> Void) throws -> [BodyAtlas] {
    say("making the atlas from the meshes")
    return try [BodyAtlas(bodyParts3D: archive)]
      + hearts.map { try BodyAtlas(bodyParts3D: archive, heart: $0) }
  }
}
