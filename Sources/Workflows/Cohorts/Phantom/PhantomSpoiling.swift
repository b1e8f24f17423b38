// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import DICOM
import Files
import Foundation
import Phantom
import Volume

extension PhantomAnomaly {
  /// A subject that an anomaly can be planted in, and its slices with annotated calcium.
  struct Base: Sendable {
    let subject: PhantomSubject
    let key: String
    let annotated: [Int]

    /// The subject, or `nil` unless it has calcium on three slices, some of them in the upper half,
    /// and slices without calcium between its first and its last slice.
    init?(_ subject: PhantomSubject, key: String) {
      self.subject = subject
      self.key = key
      let slices = subject.ct.extent.slices
      annotated = (0..<slices).filter { subject.labels.slice($0).contains { $0 != 0 } }
      guard annotated.count >= 3, let top = annotated.last, top >= (slices + 1) / 2,
        top < slices - 1, annotated.count < slices - 2
      else { return nil }
    }
  }

  /// The files of a subject with this anomaly.
  func files(of base: Base, annotate: (Volume<UInt8>, Volume<Int16>) throws -> Annotation) throws
    -> PhantomFiles
  {
    let (ct, labels) = (base.subject.ct, base.subject.labels)
    let folder = PhantomFiles.seriesFolder(base.subject.acquisition)
    let annotation = try annotate(labels, ct)
    var files = PhantomFiles(base.subject, annotation: annotation, folder: folder, key: base.key)
    let slices = ct.extent.slices
    let middle = base.annotated[base.annotated.count / 2 - 1]
    switch self {
    case .annotationWithoutDICOM:
      files.series = []
    case .finerAnnotation:
      files.annotation = try annotate(labels.halvedSlices, ct.halvedSlices)
    case .finerSeries:
      files.annotation = try annotate(labels.halvedSlices, ct.halvedSlices)
      files.series[0].ct = ct.halvedSlices
      files.series[0].slices = Array(0..<2 * slices)
      files.series[0].acquisition.sliceThickness = ct.geometry.spacing.z / 2
    case .oddStep:
      let step = ct.geometry.spacing.z - 0.05
      files.annotation = try annotate(labels.restacked(step), ct.restacked(step))
      files.series[0].ct = ct.restacked(step)
    case .doubledPosition:
      files.series[0].doubled = middle
      for i in annotation.images.indices where annotation.images[i].index ?? 0 > middle {
        files.annotation?.images[i].index? += 1
      }
    case .indexInOneSeries:
      // The other series begins three slices higher, so that an index in it means another slice.
      files.addSeries(ct.map(Self.otherNoise), slices: Array(3..<slices))
    case .identicalPositions:
      files.addSeries(ct.map(Self.otherNoise), slices: Array(0..<slices))
    case .unknownNames:
      files.annotation = Self.renamed(annotation)
    case .metal:
      files.series[0].ct = ct.withRod()
    case .twoFolders:
      var other = files.series[0]
      files.series[0].slices = Array(slices / 2..<slices)
      other.slices = Array(0..<slices / 2)
      other.folder += "_2"
      files.series.append(other)
    case .unusualVoltage:
      files.series[0].acquisition.kilovolts = 80
    case .emptyFile:
      let free = (1..<slices - 1).first { !base.annotated.contains($0) } ?? 1
      let name = files.series[0].fileName(slice: free)
      files.spoil = {
        try StagedFile.write(Data(), to: $0.appendingPathComponent("\(folder)/\(name)"))
      }
    case .truncatedFile:
      let name = files.series[0].fileName(slice: 1)
      files.spoil = { patient in
        let file = patient.appendingPathComponent("\(folder)/\(name)")
        let whole = try FileBytes.read(file)
        try StagedFile.write(whole.prefix(whole.count - ct.extent.columns), to: file)
      }
    case .outsideScan:
      let top = base.annotated.last ?? slices
      files.series[0].slices = Array(0..<top)
    case .missingEnding:
      files.series[0].ending = ""
    case .noise:
      files.series[0].folder = "Pro Gated CS 3.0 I30f 3 70%"
      files.spoil = { patient in
        for name in [".DS_Store", "Pro Gated CS 3.0 I30f 3 70%/._IM0001.dcm"] {
          try StagedFile.write("\u{0}\u{0}\u{0}\u{1}Bud1", to: patient.appendingPathComponent(name))
        }
      }
    }
    return files
  }

  /// Another reconstruction of the same heart: other HU, the same place.
  private static let otherNoise: @Sendable (Int16) -> Int16 = { hu in
    (-900..<2900).contains(hu) ? hu + 7 : hu
  }

  /// Three regions that are no artery: two with calcium, one that was never measured.
  private static func renamed(_ annotation: Annotation) -> Annotation {
    var annotation = annotation
    var names = ["Unnamed", "555614876"]
    for i in annotation.images.indices {
      for j in annotation.images[i].regions.indices where annotation.images[i].regions[j].isUsable {
        if let name = names.popLast() { annotation.images[i].regions[j].name = name }
      }
    }
    let last = annotation.images.count - 1
    if var region = annotation.images[last].regions.first(where: \.isUsable) {
      region.name = "1"
      region.points = Array(region.points.prefix(2))
      region.positions = Array(region.positions.prefix(2))
      (region.area, region.min, region.max, region.mean) = (0, 0, 0, 0)
      (region.deviation, region.total, region.length) = (0, 0, 0)
      region.indexInImage = annotation.images[last].regions.count
      annotation.images[last].regions.append(region)
    }
    return annotation
  }
}

extension PhantomFiles {
  /// A further series beside the first, in the same folder.
  fileprivate mutating func addSeries(_ ct: Volume<Int16>, slices: [Int]) {
    var other = series[0]
    other.ct = ct
    other.slices = slices
    other.seriesNumber += 1
    other.firstFile += 1000
    series.append(other)
  }
}

extension Volume {
  /// The same scan with twice the slices at half the distance, each slice twice.
  fileprivate var halvedSlices: Volume {
    var geometry = geometry
    geometry.extent.slices *= 2
    geometry.spacing.z /= 2
    let doubled = (0..<extent.slices).flatMap { Array(slice($0)) + Array(slice($0)) }
    return Volume(geometry: geometry, voxels: doubled)
  }

  /// The same slices at another distance, in mm.
  fileprivate func restacked(_ step: Double) -> Volume {
    var geometry = geometry
    geometry.spacing.z = step
    return Volume(geometry: geometry, voxels: voxels)
  }
}

extension Volume where Element == Int16 {
  /// With a rod of metal through a corner of the field of view, away from the heart.
  fileprivate func withRod() -> Volume {
    var result = self
    let (row, column) = (extent.rows / 16, extent.columns / 16)
    for z in 0..<extent.slices {
      for y in row...row + 1 {
        for x in column...column + 1 { result[z, y, x] = 3071 }
      }
    }
    return result
  }
}
