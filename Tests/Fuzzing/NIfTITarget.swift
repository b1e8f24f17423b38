// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Foundation
import NIfTI
import Volume

extension FuzzTarget {
  func runNIfTI(_ bytes: Data, in folder: URL) throws -> Outcome {
    let outcome = try readAll(bytes, at: folder.appendingPathComponent("image.nii"))
    // A mutated header hardly ever survives inside a compressed stream, so it is put into one here.
    guard bytes.count < 4096, !bytes.starts(with: [0x1F, 0x8B]) else { return outcome }
    let packed = try readAll(gzip(bytes), at: folder.appendingPathComponent("image.nii.gz"))
    if case .value = outcome {
      try FuzzFault.require(packed == .value, "a file is read, but not compressed: \(packed)")
    }
    return outcome
  }

  private func readAll(_ bytes: Data, at url: URL) throws -> Outcome {
    try bytes.write(to: url)
    do {
      try FuzzFault.require(try NIfTIFile.header(of: url).geometry)
    } catch { return .refusal(try FuzzFault.sentence(of: error)) }
    let outcomes = [
      try read(url, as: Int16.self), try read(url, as: UInt8.self), try read(url, as: Float.self),
    ]
    return outcomes.first { $0 == .value } ?? outcomes[2]
  }

  private func read<Element: NIfTIElement & Equatable>(
    _ url: URL, as type: Element.Type
  ) throws -> Outcome {
    let volume: Volume<Element>
    do { volume = try NIfTIFile.read(url, as: type) } catch {
      return .refusal(try FuzzFault.sentence(of: error))
    }
    try FuzzFault.require(volume.voxels.count == volume.extent.count, "voxels are missing")
    // What was read can be written, where a header in single precision can hold its place.
    let copy = url.deletingLastPathComponent().appendingPathComponent("copy.nii")
    do { try NIfTIFile.write(volume, to: copy) } catch {
      _ = try FuzzFault.sentence(of: error)
      return .value
    }
    let again = try NIfTIFile.read(copy, as: type)
    let isSame = zip(again.voxels, volume.voxels).allSatisfy { $0 == $1 || $0 != $0 }
    try FuzzFault.require(isSame, "voxels change when they are written")
    return .value
  }

  private func gzip(_ bytes: Data) -> Data {
    var out = Data(count: cnifti_gzip_bound(bytes.count, 1))
    let size = out.withUnsafeMutableBytes { out in
      bytes.withUnsafeBytes { cnifti_gzip($0.baseAddress, $0.count, 1, out.baseAddress, out.count) }
    }
    return out.prefix(size)
  }
}
