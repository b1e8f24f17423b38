// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation
import Meshes
import Testing

/// BodyParts3D's archive, which lies beside the package where somebody put it.
enum Archive {
  private static let folder =
    ProcessInfo.processInfo.environment["CAC_ANATOMY"].map { URL(fileURLWithPath: $0) }
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/anatomy")
  static let url = folder.appendingPathComponent("isa_BP3D_4.0_obj_99.zip")
  /// HuBMAP's female reference heart.
  static let heart = folder.appendingPathComponent("VH_F_Heart.glb")
  static var isThere: Bool { FileManager.default.fileExists(atPath: url.path) }
  static var hasHeart: Bool { isThere && FileManager.default.fileExists(atPath: heart.path) }
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

  @Test(.enabled(if: Archive.hasHeart, "VH_F_Heart.glb is not in ../shared/anatomy"))
  func `takes another heart, whose chambers are whole and whose arteries begin at the aorta`()
    throws
  {
    let archive = try MeshArchive(zip: Archive.url)
    let heart = try ReferenceHeart(
      BinaryGLTF(Data(contentsOf: Archive.heart), name: "heart"), name: "heart")
    let his = try BodyAtlas(bodyParts3D: archive, spacing: 3)
    let hers = try BodyAtlas(bodyParts3D: archive, heart: heart, spacing: 3)
    func millilitres(_ tissues: [UInt8], _ tissue: Tissue) -> Double {
      Double(tissues.count { $0 == tissue.rawValue }) * 27 / 1000
    }
    // Her walls are thick and her cavities small; the body round them is his.
    for cavity in [Tissue.leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium] {
      #expect((25...150).contains(millilitres(hers.tissues, cavity)), "\(cavity)")
    }
    #expect((120...320).contains(millilitres(hers.tissues, .myocardium)))
    let sacs = (hers.sac.count { $0 != 0 }, his.sac.count { $0 != 0 })
    #expect((0.8...1.25).contains(Double(sacs.0) / Double(sacs.1)))
    #expect(
      abs(millilitres(hers.tissues, .liver) / millilitres(his.tissues, .liver) - 1) < 0.05)
    let shift = hers.heartCentre - his.heartCentre
    #expect((shift * shift).sum() < 15 * 15)
    for artery in Artery.allCases {
      let trunk = try #require(hers.courses.first { $0.artery == artery && $0.isTrunk })
      #expect(trunk.length > 10)
      // In the sac, and another course than his.
      let inside = trunk.points.count { point in
        hers.grid.index(at: point).map { hers.sac[$0] != 0 } ?? false
      }
      #expect(inside * 10 >= trunk.points.count * 9, "\(artery)")
    }
    // Both ostia lie on the aorta.
    for name in ["left ostium", "right ostium"] {
      let ostium = try #require(hers.landmarks[name])
      let near = hers.tissues.indices.contains { i in
        let v = hers.grid.position(ofVoxel: i) - ostium
        return (v * v).sum() < 64
          && [Tissue.aorta.rawValue, Tissue.aorticValve.rawValue].contains(hers.tissues[i])
      }
      #expect(near, "\(name)")
    }
    for site in CalcificationSite.allCases {
      #expect(hers.calcificationSites[site]?.isEmpty == false, "\(site)")
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
