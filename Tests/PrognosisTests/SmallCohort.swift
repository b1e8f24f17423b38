// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIfTI
import Random
import TestSupport
import Volume

/// A cohort of small scans whose masks show more or less calcium, and its table.
struct SmallCohort {
  let folder: TemporaryFolder
  let count: Int

  /// Writes scans, masks and the table.
  init(_ count: Int = 24, events: Bool = true) throws {
    folder = try TemporaryFolder()
    self.count = count
    var random = SplitMix64(seed: 8)
    func unit() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }
    let grid = Self.grid
    for name in ["scans", "masks"] {
      try FileManager.default.createDirectory(
        at: folder.file(name), withIntermediateDirectories: true)
    }
    var table = "id,age,statin,agatston,years,event\n"
    for i in 0..<count {
      var mask = Volume<UInt8>(geometry: grid, repeating: 0)
      let calcium = i % 3
      for k in 0..<calcium { mask[6, 6, 5 + k] = 1 }
      let ct = Volume(
        geometry: grid,
        voxels: (0..<grid.extent.count).map { _ in Int16(40 + 60 * (unit() - 0.5)) })
      try NIfTIFile.write(ct, to: folder.file("scans/p\(i).nii.gz"))
      try NIfTIFile.write(mask, to: folder.file("masks/p\(i).nii.gz"))
      let time = -log(unit()) * 4
      table += "p\(i),\(45 + Int(30 * unit())),\(i % 2),\(100 * calcium),\(min(time, 9) + 0.01),"
      table += "\(events && time < 9 ? 1 : 0)\n"
    }
    try Data(table.utf8).write(to: folder.file("table.csv"))
  }

  static var grid: Geometry {
    Geometry(
      extent: Extent(slices: 13, rows: 13, columns: 13), spacing: [8, 8, 8], origin: [-48, -48, 0])
  }
}
