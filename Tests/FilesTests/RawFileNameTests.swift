// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct `Names that are not UTF-8` {
  /// Writes a file under a name of any bytes.
  private func write(_ name: [UInt8], in folder: URL, _ text: String) {
    let path = (Array(folder.path.utf8) + [UInt8(ascii: "/")] + name + [0]).map {
      CChar(bitPattern: $0)
    }
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
    _ = text.withCString { systemWrite(descriptor, $0, strlen($0)) }
    close(descriptor)
  }

  private func systemWrite(_ file: Int32, _ text: UnsafePointer<CChar>, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(file, text, count)
    #elseif canImport(Musl)
      Musl.write(file, text, count)
    #else
      Darwin.write(file, text, count)
    #endif
  }

  #if os(Linux)
    @Test func `are listed, told apart and opened`() throws {
      let folder = try TemporaryFolder()
      // Müller and Mäller in Latin-1, a name with U+EFFC itself, and a plain one.
      write([0x4D, 0xFC, 0x6C], in: folder.url, "ü")
      write([0x4D, 0xE4, 0x6C], in: folder.url, "ä")
      write(Array("M\u{EFFC}l".utf8), in: folder.url, "private")
      write(Array("Mül".utf8), in: folder.url, "plain")
      let names = try Folder.names(in: folder.url)
      #expect(names.count == 4 && Set(names).count == 4)
      let texts = try names.map {
        String(decoding: try FileBytes.read(folder.file($0)), as: UTF8.self)
      }
      #expect(Set(texts) == ["ü", "ä", "private", "plain"])
      #expect(Set(names.map(RawFileName.shown)).isSuperset(of: ["M%FCl", "M%E4l", "Mül"]))
      for entry in try Folder.entries(in: folder.url) { #expect(entry.kind == .file) }
    }
  #endif

  @Test func `are only those`() {
    for name in ["", "a", "ü", "日本", "e\u{301}", "👩‍⚕️"] { #expect(RawFileName.shown(name) == name) }
  }
}

@Suite struct `An input of the process` {
  @Test func `is not written over, through links either`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("scan", to: folder.file("in/ct.nii"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: folder.file("in"))
    try StagedFile.write("again", to: folder.file("in/ct.nii"))
    InputFiles.record(folder.file("in/ct.nii"))
    for path in ["in/ct.nii", "link/ct.nii", "in/../in/ct.nii"] {
      let error = #expect(throws: FileError.self) {
        try StagedFile.write("mask", to: folder.file(path))
      }
      #expect(error?.detail.contains("not written over") == true)
    }
    #expect(try String(contentsOf: folder.file("in/ct.nii"), encoding: .utf8) == "again")
    // A file that was removed is no input any more, whatever gets its number.
    try Folder.remove(folder.file("in/ct.nii"))
    try StagedFile.write("new", to: folder.file("in/ct.nii"))
    try StagedFile.write("newer", to: folder.file("in/ct.nii"))
    try StagedFile.write("mask", to: folder.file("in/other.nii"))
    #expect(InputFiles.areSame(folder.file("in"), folder.file("link")))
    #expect(!InputFiles.areSame(folder.file("in"), folder.url))
  }
}

@Suite struct `Entries of a folder` {
  @Test func `include links to nothing`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("", to: folder.file("file"))
    try Folder.create(folder.file("folder"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("broken").path, withDestinationPath: "nowhere")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("good").path, withDestinationPath: "folder")
    mkfifo(folder.file("pipe").path, 0o644)
    let kinds = try Folder.entries(in: folder.url).map(\.kind)
    #expect(kinds == [.brokenLink, .file, .folder, .folder, .other])
  }
}
