// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation
import Volume

/// Scans a subject made of an atlas, slice by slice.
struct BodyScan: Sendable {
  let scene: BodyScene
  let scanner: BodyScanner
  private let map: BodyMap
  private let shade: SmoothField
  private let motion: HeartMotion
  private let hardening: BeamHardening
  private let table: ScannerTable
  /// Like `map`, beyond the field of view too.
  private let wideMap: BodyMap
  /// Where metal throws streaks, in the patient, and how strong they are.
  private let streaks: [(place: Point, strength: Float)]

  init(scene: BodyScene, scanner: BodyScanner) {
    self.scene = scene
    self.scanner = scanner
    let extent = scanner.geometry.extent
    let size = Point(
      Float(extent.columns) * Float(scanner.geometry.spacing.x),
      Float(extent.rows) * Float(scanner.geometry.spacing.y),
      Float(extent.slices) * Float(scanner.geometry.spacing.z))
    let margin = Point(0, 0, Float(scanner.acquisition.thickness))
    map = BodyMap(
      scene.pose, over: Box(low: scanner.corner - margin, high: scanner.corner + size + margin))
    var random = KeyedRandom(
      seed: scene.seed, subject: scene.subject, purpose: .acquisition, index: 1)
    shade = SmoothField(step: 60, deviation: 1, &random)
    motion = HeartMotion(
      scanner: scanner, radius: 85 * scene.pose.localScale(atAtlas: scene.atlas.heartCentre),
      isStill: scene.without.contains(.motion), seed: scene.seed, subject: scene.subject)
    hardening = BeamHardening(
      isGated: scanner.isGated, isAbsent: scene.without.contains(.shading),
      trunkWidth: scanner.trunkWidth, seed: scene.seed,
      subject: scene.subject)
    table = ScannerTable(below: scene, &random)
    wideMap = BodyMap(scene.pose, over: hardening.box(like: scanner), step: 16)
    streaks = scene.streaks.map { (scene.pose.patientPoint(ofAtlas: $0.place), $0.strength) }
  }

  /// One slice; it depends on nothing but the subject, the settings and the slice's number.
  func render(slice: Int) -> RenderedSlice {
    let geometry = scanner.geometry
    let (columns, rows) = (geometry.extent.columns, geometry.extent.rows)
    let pixel = Float(geometry.spacing.x)
    var (image, calcium) = planes(slice: slice)
    let z = height(ofSlice: slice)
    image.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<rows {
        table.add(
          to: UnsafeMutableBufferPointer(rebasing: pixels[y * columns..<(y + 1) * columns]),
          from: scanner.corner.x, pixel: pixel, y: scanner.corner.y + Float(y) * pixel)
      }
    }
    motion.apply(
      to: &image, &calcium, columns: columns, rows: rows, pixel: pixel,
      start: Point(scanner.corner.x, scanner.corner.y, z))
    blur(&image)
    for i in calcium.indices { blur(&calcium[i].1) }
    addStreaks(to: &image, slice: slice)
    let area = Double(pixel * pixel)
    let owners = Ownership(calcium, count: columns * rows)
    let ideal = owners.scores(
      image: image, columns: columns, pixelArea: area, increment: scanner.acquisition.increment)
    let stored = store(image, slice: slice)
    let labels = owners.annotation(image: stored, columns: columns, pixelArea: area)
    return RenderedSlice(ct: stored, labels: labels, ideal: ideal)
  }

  /// The tissues of a slice averaged over its thickness, and what each artery's calcium adds.
  private func planes(slice: Int) -> (image: [Float], calcium: [(Artery, [Float])]) {
    let geometry = scanner.geometry
    let (columns, rows) = (geometry.extent.columns, geometry.extent.rows)
    let pixel = Float(geometry.spacing.x)
    let thickness = Float(scanner.acquisition.thickness)
    let count = min(max(Int((thickness / 1.1).rounded(.up)), 2), 5)
    let z = height(ofSlice: slice)
    var image = Array(repeating: Float(0), count: columns * rows)
    var calcium: [(Artery, [Float])] = []
    var places = Array(repeating: Point.zero, count: columns)
    let sampler = FineSampler(scene: scene, edge: max(pixel, 0.6))
    let share = 1 / Float(count)
    let offset = motion.offset(atHeight: z)
    for k in 0..<count {
      let height = z + thickness * ((Float(k) + 0.5) * share - 0.5)
      let moved = offset + scanner.path[k % scanner.path.count]
      for y in 0..<rows {
        let start = Point(scanner.corner.x, scanner.corner.y + Float(y) * pixel, height)
        map.row(from: start, step: pixel, into: &places)
        if moved != .zero {
          for x in places.indices { places[x] = displaced(places[x], by: moved) }
        }
        sampler.add(places, share: share, to: &image, at: y * columns, &calcium)
      }
    }
    return (image, calcium)
  }

  /// Moves a place in the heart, and less so what lies round it.
  @inline(__always)
  private func displaced(_ place: Point, by moved: Point) -> Point {
    let v = place - scene.atlas.heartCentre
    let r2 = dot(v, v) / (85 * 85)
    return r2 < 1 ? place + moved * ((1 - r2) * (1 - r2)) : place
  }

  /// The height of a slice's middle in the patient.
  private func height(ofSlice slice: Int) -> Float {
    scanner.corner.z + Float(scanner.geometry.spacing.z) * Float(slice)
  }

  /// The place in the atlas of a voxel of the scan, where the heart is while its slice is measured.
  func atlasPoint(ofVoxel voxel: Int) -> Point {
    let extent = scanner.geometry.extent
    let pixel = Float(scanner.geometry.spacing.x)
    let z = height(ofSlice: voxel / extent.sliceCount)
    let place = scene.pose.atlasPoint(
      of: Point(
        scanner.corner.x + Float(voxel % extent.columns) * pixel,
        scanner.corner.y + Float(voxel / extent.columns % extent.rows) * pixel, z))
    return displaced(place, by: motion.offset(atHeight: z))
  }

  // The strongest few rays of metal that the slice meets.
  private func addStreaks(to image: inout [Float], slice: Int) {
    let geometry = scanner.geometry
    let thickness = Float(scanner.acquisition.thickness)
    let frame = SliceFrame(
      columns: geometry.extent.columns, rows: geometry.extent.rows,
      pixel: Float(geometry.spacing.x), origin: [scanner.corner.x, scanner.corner.y],
      z: height(ofSlice: slice), thickness: thickness)
    let met = streaks.filter { abs($0.place.z - frame.z) < thickness / 2 + 1 }
      .sorted { $0.strength > $1.strength }
    for (number, source) in met.prefix(3).enumerated() {
      var random = KeyedRandom(
        seed: scene.seed, subject: scene.subject, purpose: .hardware,
        index: slice * 8 + number + 1)
      Streaks(&random).add(
        to: &image, frame: frame, at: [source.place.x, source.place.y],
        strength: source.strength)
    }
  }

  private func blur(_ image: inout [Float]) {
    let geometry = scanner.geometry
    let (columns, rows) = (geometry.extent.columns, geometry.extent.rows)
    let pixel = Float(geometry.spacing.x)
    let total = Float(scanner.acquisition.blur) / 2.355 / pixel
    // Sampling over the pixel's area has added a variance of 1/12 pixel².
    let sigma = max(total * total - 1 / 12, 0.01).squareRoot()
    let limit = min(columns, rows) - 1
    GaussianBlur(sigma: sigma, limit: limit).blur(&image, columns: columns, rows: rows)
    guard scanner.overshoot > 0.02 else { return }
    var wide = image
    GaussianBlur(sigma: 1.6 * sigma, limit: limit).blur(&wide, columns: columns, rows: rows)
    for i in image.indices { image[i] += scanner.overshoot * (image[i] - wide[i]) }
  }

  /// Adds shading and noise and rounds to what a 12-bit scanner stores.
  private func store(_ image: [Float], slice: Int) -> [Int16] {
    let geometry = scanner.geometry
    let (columns, rows) = (geometry.extent.columns, geometry.extent.rows)
    let pixel = Float(geometry.spacing.x)
    let noise = scanner.noise.slice(slice, columns: columns, rows: rows, pixel: pixel) {
      KeyedRandom(seed: scene.seed, subject: scene.subject, purpose: .noise, index: $0 + 1)
    }
    let z = height(ofSlice: slice)
    var stored = Array(repeating: Int16(0), count: columns * rows)
    // Shading and the noise's strength change slowly: every few pixels are enough.
    let step = min(8, max(1, Int(3 / pixel)))
    let bands = hardening.shade(of: scene, map: wideMap, height: z, slice: slice)
    var shades = Array(repeating: Float(0), count: columns / step + 2)
    for y in 0..<rows {
      let v = scanner.corner.y + Float(y) * pixel
      if y % step == 0 {
        for i in shades.indices {
          let u = scanner.corner.x + Float(i * step) * pixel
          shades[i] = scanner.shading * shade.value(at: [u, v, z]).x + bands.value(at: [u, v])
        }
      }
      for x in 0..<columns {
        let u = scanner.corner.x + Float(x) * pixel + 22
        let w = v - 20
        let scale = 0.78 + 0.32 * max(0, 1 - (u * u / (150 * 150) + w * w / (100 * 100)))
        let i = y * columns + x
        let value = image[i] + (image[i] > -850 ? shades[x / step] : 0) + noise[i] * scale
        stored[i] = Int16(clamped(value.rounded(), -1024, 3071))
      }
    }
    return stored
  }
}
