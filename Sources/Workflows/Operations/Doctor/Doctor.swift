// SPDX-License-Identifier: Apache-2.0
import Concurrency
import DICOM
import DICOMObjects
import Files
import Foundation
import Images
import Segmentation
import Text
import Torch
package import Workflow

/// A check of what this installation runs on: libraries, devices, rights and disk space.
///
/// ```swift
/// let checkup = Doctor.examine(roots: Roots())
/// print(checkup.table)
/// ```
package struct Doctor: Sendable, Codable {
  /// The result of one check.
  package struct Finding: Sendable, Codable {
    /// What was checked.
    package let subject: String
    /// Whether it is as it should be.
    package let isFine: Bool
    /// The result and, where it is not fine, how to mend it.
    package let detail: String
  }

  /// The results of all checks.
  package let findings: [Finding]

  /// Whether everything is fine.
  package var isHealthy: Bool { findings.allSatisfy(\.isFine) }

  /// Checks libraries, devices, and rights and space in nnU-Net's folders.
  package static func examine(roots: Roots) -> Doctor {
    var findings = [
      Finding(subject: "cac", isFine: true, detail: "version \(RunRecord.version)"),
      Finding(
        subject: "machine", isFine: true,
        detail: "\(counted(Machine.processorCount, "core")), \(Machine.memory >> 30) GiB of memory"),
    ]
    do {
      findings.append(Finding(subject: "GDCM", isFine: true, detail: try GDCM.version()))
    } catch {
      findings.append(Finding(subject: "GDCM", isFine: false, detail: error.detail))
    }
    do {
      findings.append(Finding(subject: "DCMTK", isFine: true, detail: try DCMTK.version()))
    } catch {
      findings.append(Finding(subject: "DCMTK", isFine: false, detail: error.detail))
    }
    do {
      findings.append(Finding(subject: "ITK", isFine: true, detail: try ImageFile.version()))
    } catch {
      findings.append(Finding(subject: "ITK", isFine: false, detail: error.detail))
    }
    do {
      findings.append(
        Finding(
          subject: "libtorch", isFine: true,
          detail: "\(try TorchRuntime.version()), \(counted(try TorchRuntime.threads(), "thread"))")
      )
      let count = (try? Device.cudaCount()) ?? 0
      findings.append(
        Finding(
          subject: "devices", isFine: true,
          detail: count > 0 ? "cpu, \(count) × cuda" : "cpu (no CUDA device)"))
    } catch {
      findings.append(Finding(subject: "libtorch", isFine: false, detail: "\(error)"))
    }
    findings.append(defaultModel)
    for (name, folder) in [
      ("raw data", roots.raw), ("preprocessed", roots.preprocessed), ("results", roots.results),
    ] {
      findings.append(examine(name, folder))
    }
    return Doctor(findings: findings)
  }

  /// Which model `cac score` takes unless told otherwise, and whether its list can be read.
  private static var defaultModel: Finding {
    let subject = "default model"
    do {
      let url = try DefaultModel.ofThisProcess().found()
      let source = try StagedModelSource(url)
      let size = FileState(url).map { ", \(readable(Double($0.size) / 1e6)) MB" } ?? ""
      return Finding(
        subject: subject, isFine: true,
        detail: "\(source.identity), \(source.stageNames.joined(separator: " and "))\(size), "
          + url.path)
    } catch {
      return Finding(subject: subject, isFine: false, detail: "\(error)")
    }
  }

  /// Checks that a folder, or the nearest existing folder above it, can be written and has space.
  private static func examine(_ name: String, _ folder: URL) -> Finding {
    var existing = folder.standardizedFileURL
    while !Folder.isFolder(existing), existing.path != "/" {
      existing = existing.deletingLastPathComponent()
    }
    let location = Folder.isFolder(folder) ? folder.path : "\(folder.path) (not there yet)"
    guard access(existing.path, W_OK) == 0 else {
      return Finding(
        subject: name, isFine: false,
        detail: "\(location): no right to write in \(existing.path); choose another folder")
    }
    guard let free = Machine.freeSpace(at: existing) else {
      return Finding(subject: name, isFine: true, detail: location)
    }
    return Finding(
      subject: name, isFine: free > 1 << 30,
      detail: "\(location), \(free >> 30) GiB free"
        + (free > 1 << 30 ? "" : "; less than 1 GiB is not enough"))
  }

  /// The findings for a terminal.
  package var table: String {
    let width = findings.map(\.subject.count).max() ?? 0
    return findings.map {
      "\($0.isFine ? "ok " : "BAD") \($0.subject.padded(to: width))  \($0.detail)"
    }.joined(separator: "\n")
  }

  /// The findings as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(self), as: UTF8.self) }
  }
}
