// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@Suite struct `A volume` {
  @Test func `x is the fastest axis and z the slowest`() {
    let geometry = Geometry(
      extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [1, 1, 1])
    var volume = Volume(geometry: geometry, voxels: (0..<24).map { Int16($0) })
    #expect(volume[1, 2, 3] == 23)
    #expect(volume[0, 0, 1] == 1)
    #expect(volume[0, 1, 0] == 4)
    #expect(volume[1, 0, 0] == 12)
    #expect(Array(volume.slice(1)) == (12..<24).map { Int16($0) })
    volume[1, 0, 2] = -7
    #expect(volume.voxels[14] == -7)
  }

  @Test func `a volume with too few voxels is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      let geometry = Geometry(
        extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [1, 1, 1])
      _ = Volume<UInt8>(geometry: geometry, voxels: [1, 2, 3])
    }
  }
}
