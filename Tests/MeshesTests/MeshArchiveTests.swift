// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import Meshes
import TestSupport
import Testing
import Zip

@Suite struct `An archive of meshes` {
  private func write(_ names: [String], to url: URL) throws {
    var zip = ZipWriter(compresses: true)
    for (index, name) in names.enumerated() {
      try zip.add(name, Array("v 0 0 \(index)\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".utf8))
    }
    try zip.write(to: url)
  }

  @Test func `finds meshes by the names of their files in any folder`() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("body.zip")
    try write(
      ["isa/FJ1.obj", "isa/sub/FJ2M.OBJ", "isa/list.txt", "FJ3.obj", "__MACOSX/isa/._FJ1.obj"],
      to: url)
    let archive = try MeshArchive(zip: url)
    #expect(archive.names == ["FJ1", "FJ2M", "FJ3"])
    let heights = try await archive.names.concurrentMap {
      try archive.mesh(named: $0).vertices[0].z
    }
    #expect(heights == [0, 1, 3])
    let error = #expect(throws: MeshError.self) { try archive.mesh(named: "FJ4") }
    #expect(error?.code == .missing)
    #expect(error?.description == "\(url.path): holds no file called FJ4.obj")
  }

  @Test func `names the file that cannot be read`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("body.zip")
    var zip = ZipWriter(compresses: true)
    try zip.add("a/b.obj", Array("v 0 0 0\nf 1 2 3\n".utf8))
    try zip.write(to: url)
    let error = #expect(throws: MeshError.self) { try MeshArchive(zip: url).mesh(named: "b") }
    #expect(
      error?.description
        == "\(url.path), a/b.obj: line 2: a face has the corner 3, but there is 1 vertex; is the "
        + "file cut off?")
  }

  @Test func `is refused without meshes, with two of one name, and where it is none`() throws {
    let folder = try TemporaryFolder()
    try write(["a.txt"], to: folder.file("none.zip"))
    #expect(throws: MeshError.self) { try MeshArchive(zip: folder.file("none.zip")) }
    try write(["a/x.obj", "b/x.obj"], to: folder.file("two.zip"))
    let error = #expect(throws: MeshError.self) { try MeshArchive(zip: folder.file("two.zip")) }
    #expect(error?.detail == "holds two files called x.obj")
    #expect(throws: FileError.self) { try MeshArchive(zip: folder.file("missing.zip")) }
    try StagedFile.write(Data("v 0 0 0".utf8), to: folder.file("x.obj"))
    #expect(throws: ZipError.self) { try MeshArchive(zip: folder.file("x.obj")) }
  }
}
