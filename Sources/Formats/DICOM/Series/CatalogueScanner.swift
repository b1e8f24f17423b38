// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// Looks through a folder for the slices of CT series.
struct CatalogueScanner {
  /// Files that are no slice of a series, in the order of their paths.
  private(set) var skipped: [SkippedFile] = []

  private let progress: ((Int) -> Void)?
  private var count = 0
  private var visited: Set<String> = []
  /// The slices of each series; in it, those that can lie in one volume.
  private var groups: [SeriesGroup: [[SliceHeader]]] = [:]
  /// The files that may be copies of each other.
  private var files: [CopyKey: [[SliceHeader]]] = [:]

  /// What copies of a file have in common with it.
  private struct CopyKey: Hashable {
    let instanceUID: String
    /// The group, where there is no identifier.
    let group: SeriesGroup?
    /// The position of the first slice, in hundredths of a millimetre.
    let origin: SIMD3<Int>
    let frameCount: Int

    init?(_ headers: [SliceHeader]) {
      guard let first = headers.first else { return nil }
      instanceUID = first.file.instanceUID
      group = instanceUID.isEmpty ? first.group : nil
      let hundredths = first.file.origin * 100
      origin = SIMD3(
        Int(hundredths.x.rounded()), Int(hundredths.y.rounded()), Int(hundredths.z.rounded()))
      frameCount = headers.count
    }
  }

  init(progress: ((Int) -> Void)?) { self.progress = progress }

  /// Looks through a folder, or at a single file.
  mutating func scan(_ url: URL) throws {
    if Folder.isFile(url) { try look(at: url) } else { try visit(url) }
  }

  private mutating func visit(_ folder: URL) throws {
    // A link to a folder above would lead around in circles.
    guard visited.insert(folder.resolvingSymlinksInPath().path).inserted else { return }
    for entry in try Folder.entries(in: folder) {
      let url = folder.appendingPathComponent(entry.name)
      switch entry.kind {
      case .folder: try visit(url)
      case .file:
        try look(at: url)
        count += 1
        progress?(count)
      case .brokenLink: skip(url, .brokenLink, "is a link to nothing; restore what it names")
      case .other: skip(url, .notAFile, "is no file")
      }
    }
  }

  private mutating func skip(
    _ url: URL, _ code: SkippedFile.Code, _ reason: String, series uid: String? = nil
  ) {
    skipped.append(SkippedFile(code: code, path: url.path, reason: reason, seriesUID: uid))
  }

  private mutating func look(at url: URL) throws {
    do {
      let headers = try HeaderReader.read(url)
      guard let key = CopyKey(headers) else { return }
      InputFiles.record(url)
      for (index, earlier) in (files[key] ?? []).enumerated() {
        switch try PixelComparison(earlier, headers) {
        case .different: continue
        case .equal, .secondIsCut:
          return skip(
            url, .copy, "is a copy of \(name(of: earlier)) (same position and pixels)",
            series: headers[0].group.uid)
        case .firstIsCut:
          // The complete file takes the place of its truncated copy.
          remove(earlier)
          files[key]?[index] = headers
          skip(
            earlier[0].file.url, .copy,
            "is a truncated copy of \(url.lastPathComponent) (same position and pixels)",
            series: headers[0].group.uid)
          for header in headers { add(header) }
          return
        }
      }
      files[key, default: []].append(headers)
      for header in headers { add(header) }
    } catch let error as NotASlice {
      skip(url, error.code, error.reason, series: error.seriesUID)
    } catch let error as DICOMError {
      // The pixels could not be compared with those of an earlier file.
      skip(url, .damaged, error.detail)
    } catch {
      skip(url, .denied, "cannot be read; check the rights")
    }
  }

  private func name(of headers: [SliceHeader]) -> String { headers[0].file.url.lastPathComponent }

  private mutating func add(_ header: SliceHeader) {
    let group = header.group
    if let i = groups[group]?.firstIndex(where: { $0.first.map(header.isAlike) == true }) {
      groups[group]?[i].append(header)
    } else {
      groups[group, default: []].append([header])
    }
  }

  private mutating func remove(_ headers: [SliceHeader]) {
    guard let group = headers.first?.group, let url = headers.first?.file.url else { return }
    groups[group] = groups[group]?.map { $0.filter { $0.file.url != url } }.filter { !$0.isEmpty }
    if groups[group]?.isEmpty == true { groups[group] = nil }
  }

  /// The series, sorted by identifier.
  var series: [DICOMSeries] {
    var parts: [String: Int] = [:]
    return groups.keys.sorted(by: SeriesGroup.precedes).flatMap { group in
      (groups[group] ?? []).flatMap { Self.acquisitions($0) }.map { headers in
        defer { parts[group.name, default: 0] += 1 }
        return DICOMSeries(group, part: parts[group.name] ?? 0, headers: headers)
      }
    }
  }

  /// Slices without a series' UID that repeat positions, parted by AcquisitionNumber where that
  /// leaves no repetition: two scans of which nothing else says that they are two.
  private static func acquisitions(_ headers: [SliceHeader]) -> [[SliceHeader]] {
    func repeats(_ headers: [SliceHeader]) -> Bool {
      Set(headers.map { Int(($0.file.position * 100).rounded()) }).count < headers.count
    }
    guard headers.first?.group.uid == nil, repeats(headers) else { return [headers] }
    let parts = Dictionary(grouping: headers) { $0.acquisitionNumber ?? "" }
    guard parts.count > 1, !parts.values.contains(where: repeats) else { return [headers] }
    return parts.sorted { $0.key < $1.key }.map(\.value)
  }
}
