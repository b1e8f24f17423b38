// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Phantom
import Workflow

extension PhantomCohort {
  /// The options that a subject's bytes depend on, kept in `phantom.json`.
  private struct Settings: Codable, Equatable {
    let seed: UInt64
    let matrix: Int
    let slices: Int?
    let scan: String
    // Absent where they are the defaults, so that the files of earlier versions still match.
    let minimumRank: Double?
    let anomalies: Bool?
    /// The SHA-256 of the archive of meshes.
    let anatomy: String?
    /// The SHA-256 of the heart that takes the place of the body's own.
    let heart: String?
    /// Which scan of the same people it is; absent for the first.
    let visit: Int?
  }

  /// Throws where the folder holds subjects that these options would make differently.
  func requireSameOptions(in folder: URL) throws {
    let settings = Settings(
      seed: options.seed, matrix: options.matrix, slices: options.slices,
      scan: options.scanProtocol.name,
      minimumRank: options.ranks.lowerBound > 0 ? options.ranks.lowerBound : nil,
      anomalies: hasAnomalies ? true : nil,
      anatomy: try anatomy.map { Digest.sha256(try FileBytes.read($0)) },
      heart: try heart.map { Digest.sha256(try FileBytes.read($0)) },
      visit: options.visit > 0 ? options.visit : nil)
    let file = folder.appendingPathComponent("phantom.json")
    let patients = folder.appendingPathComponent(patientsName)
    if Folder.isFile(file) {
      let earlier = try JSONFile.read(Settings.self, from: file)
      guard earlier == settings else {
        throw WorkflowError(
          .refused,
          "\(folder.path): holds a cohort of other options (seed \(earlier.seed), matrix "
            + "\(earlier.matrix), slices \(earlier.slices.map(String.init) ?? "default"), "
            + "\(earlier.scan), rank \(earlier.minimumRank ?? 0)"
            + "\(earlier.anomalies == true ? ", anomalies" : "")"
            + "\(earlier.anatomy == nil ? "" : ", shapes of real anatomy")"
            + "\(earlier.heart == nil ? "" : ", another heart")); name another folder")
      }
    } else if try Folder.isFolder(patients) && !Folder.names(in: patients).isEmpty {
      throw WorkflowError(
        .refused,
        "\(folder.path): holds subjects, but no phantom.json that says how they were made; "
          + "name another folder")
    }
    try JSONFile.write(settings, to: file)
  }
}
