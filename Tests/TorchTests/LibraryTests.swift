// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@testable import Torch

@Suite struct `The library is looked for` {
  @Test func `where the variable says and nowhere else`() throws {
    let search = LibrarySearch(
      environment: ["CAC_TORCH_LIBRARY": "/nowhere/x.so"],
      executable: URL(fileURLWithPath: "/opt/cac/bin/cac"),
      currentFolder: URL(fileURLWithPath: "/home"))
    #expect(search.candidates == ["/nowhere/x.so"])
    let error = try #require(throws: TorchError.self) { try search.found() }
    #expect(error.code == .library && error.subject == "/nowhere/x.so")
    #expect(error.detail.contains("CAC_TORCH_LIBRARY") && error.detail.contains("scripts/setup"))
  }

  @Test func `beside the executable, in lib and upward`() throws {
    let search = LibrarySearch(
      environment: ["CAC_TORCH_LIBRARY": ""],
      executable: URL(fileURLWithPath: "/nowhere/cac/bin/cac"),
      currentFolder: URL(fileURLWithPath: "/nowhere/home/me"))
    #expect(
      search.candidates == [
        "/nowhere/cac/bin/libcac-torch.so", "/nowhere/cac/lib/cac/libcac-torch.so",
        "/nowhere/cac/bin/.libtorch/libcac-torch.so", "/nowhere/cac/.libtorch/libcac-torch.so",
        "/nowhere/.libtorch/libcac-torch.so", "/.libtorch/libcac-torch.so",
        "/nowhere/home/me/.libtorch/libcac-torch.so", "/nowhere/home/.libtorch/libcac-torch.so",
      ])
    let error = try #require(throws: TorchError.self) { try search.found() }
    for path in search.candidates { #expect(error.detail.contains(path)) }
    #expect(error.detail.contains("run scripts/setup"))
  }

  @Test func `and the first that is there is taken`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("", to: folder.file("lib/cac/libcac-torch.so"))
    try StagedFile.write("", to: folder.file(".libtorch/libcac-torch.so"))
    let search = LibrarySearch(
      environment: [:], executable: folder.file("bin/cac"), currentFolder: folder.url)
    #expect(try search.found().hasSuffix("/lib/cac/libcac-torch.so"))
  }

  @Test func `and a file that is no library is named`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("libcac-torch.so")
    try StagedFile.write("not a library", to: file)
    let search = LibrarySearch(
      environment: ["CAC_TORCH_LIBRARY": file.path], executable: nil, currentFolder: folder.url)
    let error = try #require(throws: TorchError.self) { try Library.open(search) }
    #expect(error.subject == file.path && error.detail.hasPrefix("cannot be used: "))
  }

  @Test func `and a library of something else is refused`() throws {
    let search = LibrarySearch(
      environment: ["CAC_TORCH_LIBRARY": "libm.so.6"], executable: nil,
      currentFolder: URL(fileURLWithPath: "/"))
    let folders = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib64", "/lib64"]
    let path = folders.map { "\($0)/\(search.candidates[0])" }.first {
      FileManager.default.fileExists(atPath: $0)
    }
    let other = LibrarySearch(
      environment: ["CAC_TORCH_LIBRARY": try #require(path)], executable: nil,
      currentFolder: URL(fileURLWithPath: "/"))
    let error = try #require(throws: TorchError.self) { try Library.open(other) }
    #expect(error.detail.contains("does not export ct_table"))
  }

  @Test func `and a process without it gets one sentence, then works on`() async {
    await #expect(processExitsWith: .success) {
      setenv("CAC_TORCH_LIBRARY", "/nowhere/libcac-torch.so", 1)
      for _ in 0..<2 {
        do {
          _ = try Tensor.zeros([2])
          exit(3)
        } catch let error as TorchError {
          let text = error.description
          guard error.code == .library, text.hasPrefix("/nowhere/libcac-torch.so: no such file"),
            !text.contains("\n")
          else { exit(4) }
        } catch { exit(5) }
      }
      exit(0)
    }
  }

  #if os(Linux)
    @Test func `only when something is computed`() async {
      await #expect(processExitsWith: .success) {
        func isLoaded() throws -> Bool {
          try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).contains("libtorch_cpu")
        }
        _ = try Device(name: "cuda:1")
        guard try !isLoaded() else { exit(3) }
        _ = try TorchRuntime.version()
        guard try isLoaded() else { exit(4) }
        exit(0)
      }
    }
  #endif
}

@Suite struct `The library` {
  @Test func `says its version and takes a number of threads`() throws {
    #expect(try TorchRuntime.version().hasPrefix("2."))
    let before = try TorchRuntime.threads()
    #expect(throws: TorchError.self) { try TorchRuntime.setThreads(0) }
    #expect(throws: TorchError.self) { try TorchRuntime.setThreads(.max) }
    #expect(try TorchRuntime.threads() == before)
  }
}

@Suite struct `A device` {
  @Test(arguments: ["cpu", "cuda:0", "cuda:7", "mps"])
  func `has a name that finds it`(name: String) throws {
    #expect(try Device(name: name).description == name)
  }

  @Test(arguments: [
    "", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1234", "cuda:+1", "CPU", "cuda:１",
  ])
  func `with an unknown name is an error that lists the known ones`(name: String) throws {
    let error = try #require(throws: TorchError.self) { try Device(name: name) }
    #expect(error.code == .device && error.detail == "use cpu, cuda, cuda:1 or mps")
  }

  @Test func `that is not there is an error, not a fall-back`() throws {
    #expect(Device.cpu.isAvailable)
    #expect(!Device.cuda(99).isAvailable && !Device.cuda(-1).isAvailable)
    for device in [Device.cuda(99), .cuda(-1), .mps] where !device.isAvailable {
      let error = try #require(throws: TorchError.self) { try Tensor.zeros([1], on: device) }
      #expect(error.code == .device)
      #expect(throws: TorchError.self) { try Tensor.zeros([1]).to(device) }
    }
  }
}
