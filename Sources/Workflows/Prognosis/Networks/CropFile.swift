// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import RiskNetworks
import Torch

/// The crops that are kept beside the output, so that a run that was stopped goes on.
///
/// A file is named by a digest of all that its crop was made of, never by the subject; a changed scan,
/// mask or option has another file. Values are stored in half precision, and used so from the first run on.
struct CropFile {
  private let url: URL
  private let count: Int
  private static let name = "crop"

  /// The file of a crop.
  ///
  /// - Parameters:
  ///   - key: a text of all that the crop is made of.
  ///   - folder: the folder of all crops.
  ///   - crop: the cube.
  init(_ key: String, in folder: URL, _ crop: HeartCrop) {
    url = folder.appendingPathComponent("\(Digest.sha256(key).prefix(32)).safetensors")
    count = HeartCrop.channels * crop.edge * crop.edge * crop.edge
  }

  /// The kept crop; `nil` where there is none, or it is broken.
  func read() -> [Float]? {
    guard Folder.isFile(url), let file = try? Safetensors(contentsOf: url),
      let values = try? file.tensors[Self.name]?.floats(), values.count == count
    else { return nil }
    return values
  }

  /// Keeps a crop, and returns it as it will be read.
  func write(_ values: [Float]) throws -> [Float] {
    let stored = try Tensor(values).to(.float16)
    try Safetensors(tensors: [Self.name: stored]).write(to: url)
    return try stored.floats()
  }
}
