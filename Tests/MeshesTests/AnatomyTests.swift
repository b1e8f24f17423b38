// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import Meshes
import Testing
import Zip

/// Meshes of people, which lie beside the package where somebody put them.
private enum Anatomy {
  /// The folder: `CAC_ANATOMY`, or `shared/anatomy` beside the package.
  static let folder =
    ProcessInfo.processInfo.environment["CAC_ANATOMY"].map { URL(fileURLWithPath: $0) }
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/anatomy")
  static let archive = folder.appendingPathComponent("isa_BP3D_4.0_obj_99.zip")
  static let heart = folder.appendingPathComponent("VH_F_Heart.glb")

  static func isThere(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// The volumes in mm³ by the comments in the files of an archive.
  static func volumes() throws -> [String: Double] {
    let zip = try ZipReader(archive)
    var volumes: [String: Double] = [:]
    for part in try zip.parts() {
      let text = String(decoding: try zip.bytes(part).data.prefix(1500), as: UTF8.self)
      guard let match = text.firstMatch(of: #/# Volume\(cm3\): ([0-9.]+)/#),
        let volume = Double(match.1), let file = part.name.split(separator: "/").last
      else { continue }
      volumes[String(file.dropLast(4))] = volume * 1000
    }
    return volumes
  }
}

@Suite struct `Meshes of people` {
  @Test(
    .enabled(if: Anatomy.isThere(Anatomy.archive), "BodyParts3D is not in ../shared/anatomy"))
  func `of BodyParts3D fill the volumes that their files name`() async throws {
    let archive = try MeshArchive(zip: Anatomy.archive)
    let volumes = try Anatomy.volumes()
    let large = archive.names.filter { (volumes[$0] ?? 0) > 20_000 }
    let chosen = stride(from: 0, to: large.count, by: max(1, large.count / 20)).map { large[$0] }
    #expect(chosen.count >= 20)
    let ratios = try await chosen.concurrentMap { name in
      let mesh = try archive.mesh(named: name)
      let bounds = try #require(mesh.bounds)
      let size = (bounds.high - bounds.low) / 1.5
      let grid = VoxelGrid(
        origin: bounds.low, spacing: 1.5, extent: SIMD3(Int(size.x), Int(size.y), Int(size.z)) &+ 2)
      let volume = Double(mesh.voxels(on: grid).count) * 1.5 * 1.5 * 1.5
      return (name, volume / volumes[name]!)
    }
    for (name, ratio) in ratios { #expect(abs(ratio - 1) < 0.05, "\(name)") }
  }

  @Test(.enabled(if: Anatomy.isThere(Anatomy.heart), "VH_F_Heart.glb is not in ../shared/anatomy"))
  func `of the Visible Human's heart have the names of its parts`() throws {
    let heart = try BinaryGLTF(Data(contentsOf: Anatomy.heart), name: Anatomy.heart.path)
    #expect(heart.meshes.count == 51)
    let names = heart.meshes.map(\.name)
    for name in [
      "VHF_left_anterior_descending_artery", "VHF_left_circumflex_artery",
      "VHF_left_coronary_artery", "VHF_right_coronary_artery", "VHF_left_ventricle",
      "VHF_mitral_valve", "VHF_ascending_aorta",
    ] { #expect(names.contains(name)) }
    for (name, mesh) in heart.meshes {
      let bounds = try #require(mesh.bounds)
      #expect((bounds.high - bounds.low).max() < 0.4, "\(name) is not of a heart's size in metres")
    }
  }
}
