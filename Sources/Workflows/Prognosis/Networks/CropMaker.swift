// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import RiskNetworks
import Segmentation
import Studies
import Volume
import Workflow

/// Cuts the hearts out of scans.
final class CropMaker {
  private let request: NetworkRequest
  /// Opened at the first crop that is not kept; `nil` before.
  private var finder: HeartFinder?

  init(_ request: NetworkRequest) { self.request = request }

  /// The version of how crops are made, which their files' names hold.
  private static let version = 2

  /// The crop of a scan, kept or made.
  ///
  /// - Throws: `WorkflowError` for a mask on another grid and where no heart is found; the errors of the
  ///   readers.
  func crop(_ scan: Scan, mask url: URL) throws -> [Float] {
    let crop = request.crop
    let model = request.centre == .heart ? try DefaultModel.ofThisProcess().found() : nil
    let parts = [
      "version \(Self.version)", try scan.fingerprint, try Scan.fingerprint(of: url),
      "\(crop.spacing) \(crop.edge) \(HeartCrop.window)", request.centre.rawValue,
      try model.map { try Scan.fingerprint(of: $0) } ?? "",
    ]
    let file = CropFile(
      parts.joined(separator: "\n"), in: request.folder.appendingPathComponent("crops"), crop)
    if let kept = file.read() { return kept }
    let ct = try scan.load().ct
    let mask = try LabelFile.read(url).axial
    if let mismatch = mask.geometry.mismatch(with: ct.geometry, tolerance: 0.1) {
      throw WorkflowError(
        .invalid,
        "\(url.path): the mask is not on the scan's grid (\(mismatch)); make it of this scan")
    }
    return try file.write(crop.values(of: ct, mask: mask, about: centre(of: ct, model)))
  }

  private func centre(of ct: Volume<Int16>, _ model: URL?) throws -> SIMD3<Double> {
    guard let model else {
      let last = SIMD3(
        Double(ct.extent.columns - 1), Double(ct.extent.rows - 1), Double(ct.extent.slices - 1))
      return ct.geometry.position(ofVoxel: last / 2)
    }
    let finder = try self.finder ?? HeartFinder(model: model, device: request.device)
    self.finder = finder
    return try finder.centre(of: ct)
  }
}
