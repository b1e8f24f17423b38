// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation
import Meshes
import Testing

/// BodyParts3D's archive, which lies beside the package where somebody put it.
enum Archive {
  static let url =
    (ProcessInfo.processInfo.environment["CAC_ANATOMY"].map { URL(fileURLWithPath: $0) }
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/anatomy"))
    .appendingPathComponent("isa_BP3D_4.0_obj_99.zip")
  static var isThere: Bool { FileManager.default.fileExists(atPath: url.path) }
}

@Suite struct `The body atlas` {
  @Test(.enabled(if: Archive.isThere, "BodyParts3D is not in ../shared/anatomy"))
  func `of BodyParts3D has a heart in a sac between two lungs on a diaphragm`() throws {
    let atlas = try BodyAtlas(bodyParts3D: MeshArchive(zip: Archive.url), spacing: 3)
    let voxel = 27.0 / 1000
    func millilitres(_ tissues: Tissue...) -> Double {
      let values = Set(tissues.map(\.rawValue))
      return Double(atlas.tissues.count { values.contains($0) }) * voxel
    }
    // Lungs at rest hold 3 to 6 L, a heart with its blood 0.5 to 0.9.
    #expect((2500...7000).contains(millilitres(.lung)))
    let sac = Double(atlas.sac.count { $0 != 0 }) * voxel
    #expect((500...900).contains(sac))
    #expect((60...250).contains(millilitres(.leftVentricle)))
    #expect(millilitres(.liver) > 900)
    #expect(millilitres(.epicardialFat, .mediastinalFat) > 100)
    // The trunks' lengths as anatomists give them, and their ostia a few cm apart.
    func trunk(_ artery: Artery) -> CoronaryCourse? {
      atlas.courses.first { $0.artery == artery && $0.isTrunk }
    }
    #expect((8...25).contains(try #require(trunk(.leftMain)).length))
    #expect((90...150).contains(try #require(trunk(.leftAnteriorDescending)).length))
    #expect((40...90).contains(try #require(trunk(.leftCircumflex)).length))
    #expect((110...210).contains(try #require(trunk(.right)).length))
    let left = try #require(atlas.landmarks["left ostium"])
    let right = try #require(atlas.landmarks["right ostium"])
    let gap = ((left - right) * (left - right)).sum().squareRoot()
    #expect((10...35).contains(gap))
    // The apex points to the left, to the front and down.
    let apex = try #require(atlas.landmarks["apex"])
    #expect(apex.x > left.x && apex.y < left.y && apex.z < left.z - 30)
    for site in CalcificationSite.allCases {
      #expect(atlas.calcificationSites[site]?.isEmpty == false, "\(site)")
    }
  }

  @Test(.enabled(if: Archive.isThere, "BodyParts3D is not in ../shared/anatomy"))
  func `knows how far each voxel is from each artery`() throws {
    let atlas = try BodyAtlas(bodyParts3D: MeshArchive(zip: Archive.url), spacing: 4)
    for course in atlas.courses where course.isTrunk {
      let distances = try #require(atlas.arteryDistances[course.artery])
      for point in course.points {
        let voxel = try #require(atlas.grid.index(at: point))
        #expect(distances[voxel] <= 40)
      }
    }
    let liver = try #require(atlas.tissues.firstIndex(of: Tissue.liver.rawValue))
    #expect(atlas.arteryDistances.values.allSatisfy { $0[liver] == 255 })
  }
}
