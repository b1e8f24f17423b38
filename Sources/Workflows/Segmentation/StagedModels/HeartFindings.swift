// SPDX-License-Identifier: Apache-2.0
import Stages
import Text
import Volume

/// What the localiser's maps tell of the heart, and of the scan within it.
package struct HeartFindings: Sendable {
  /// The volume of the heart in its sac, in mL: the largest connected piece, without the great vessels.
  package let volume: Double
  /// The volume of lung in mL; `nil` where the localiser does not look for any.
  let lung: Double?
  /// The height of the scan in mm.
  private let height: Double
  /// The area of the heart in the lowest and in the highest slice, as a share of its largest.
  let ends: (low: Double, high: Double)
  /// The share of the heart that lies at the sides of the images.
  let side: Double
  /// The median HU of blood in the chambers and the aorta; `nil` where too little was found.
  package let blood: Double?
  /// The number of voxels in the sac as bright as metal.
  let metalVoxels: Int
  /// The distance from the left ostium to the apex and between the ostia, in mm.
  ///
  /// `nil` where one of them was not found; the right ostium is the hardest.
  let apexDistance: Double?
  let ostiaDistance: Double?
  /// Whether the localiser looks for these landmarks at all.
  let hasLandmarks: Bool
  /// Where the heart lies; `nil` where none was found.
  package let region: HeartRegion?

  /// The classes of the localiser that end within a scan of the heart; the great vessels go on.
  static let heartClasses = ["sac", "ventricles", "atria"]
  private static let lungClass = "lung"
  private static let bloodClasses = ["ventricles", "atria", "aorta"]

  /// The findings of the localiser's maps of a scan.
  init(_ maps: ScanMaps, _ ct: Volume<Int16>) {
    let shape = maps.scan.extent
    height = Double(shape[0]) * maps.scan.spacing
    let millilitres = maps.scan.spacing * maps.scan.spacing * maps.scan.spacing / 1000
    lung = Self.lung(maps, shape).map { Double($0) * millilitres }
    let sac = maps.probability(of: StagedModel.sacClasses)
    let pieces = ConnectedComponents(
      of: sac.map { $0 > 0.5 ? 1 : 0 }, shape: shape, connectivity: .faces)
    let largest = pieces.sizes.indices.max { pieces.sizes[$0] < pieces.sizes[$1] }
    let heart = maps.probability(of: Self.heartClasses)
    let piece = Int32((largest ?? -1) + 1)
    let isHeart = heart.indices.map { heart[$0] > 0.5 && pieces.labels[$0] == piece && piece > 0 }
    volume = Double(isHeart.count { $0 }) * millilitres
    (ends, side) = Self.borders(isHeart, shape)
    region = HeartRegion(
      heart: isHeart,
      sac: sac.indices.map { [0, piece].contains(pieces.labels[$0]) ? sac[$0] : 0 },
      maps, ct.extent)
    blood = Self.blood(maps, shape)
    var metal = 0
    let (nx, ny) = (ct.extent.columns, ct.extent.rows)
    for (i, hu) in ct.voxels.enumerated() where hu >= ScanLimits.metal {
      let (x, y, z) = (Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
      if maps.value(sac, x: x, y: y, z: z) > 0.5 { metal += 1 }
    }
    metalVoxels = metal
    let names = ["left ostium", "right ostium", "apex"]
    hasLandmarks = names.allSatisfy { maps.heatMap($0) != nil }
    let places = names.map { Self.place(of: $0, maps, in: sac) }
    func distance(_ a: Int, _ b: Int) -> Double? {
      guard let first = places[a], let second = places[b] else { return nil }
      let step = (first - second) * maps.scan.spacing
      return (step * step).sum().squareRoot()
    }
    apexDistance = distance(0, 2)
    ostiaDistance = distance(0, 1)
  }

  /// Why the scan cannot be scored, in one sentence; `nil` where it can.
  package var refusal: String? {
    let scans = "the model scores scans of the whole heart, others need a mask"
    if let lung, lung < ScanLimits.leastLung {
      return "no chest was found (\(readable(lung, 0)) mL of lung, at least "
        + "\(readable(ScanLimits.leastLung, 0)) mL lie round a heart); \(scans)"
    }
    if volume < ScanLimits.leastHeart {
      return "no heart was found (\(readable(volume, 0)) mL of at least "
        + "\(readable(ScanLimits.leastHeart, 0)) mL); \(scans)"
    }
    if height < ScanLimits.leastHeight, min(ends.low, ends.high) > ScanLimits.cutOff {
      return "no whole heart was found (\(readable(volume, 0)) mL, cut off by the lowest and the "
        + "highest slice); \(scans)"
    }
    let end = max(ends.low, ends.high)
    guard volume < ScanLimits.heart.lowerBound, end > ScanLimits.cutOff else { return nil }
    return "no whole heart was found (\(readable(volume, 0)) mL, cut off by the "
      + "\(end == ends.low ? "lowest" : "highest") slice); \(scans)"
  }

  /// Why the score is to be doubted, one sentence each with its summary.
  package var doubts: [Doubt] {
    var doubts: [Doubt] = []
    if !ScanLimits.heart.contains(volume) {
      doubts.append(
        Doubt(
          "the heart found has \(readable(volume, 0)) mL, outside "
            + "\(readable(ScanLimits.heart.lowerBound, 0)) to "
            + "\(readable(ScanLimits.heart.upperBound, 0)) mL",
          "the heart found is too small or too large"))
    }
    for (share, place) in [(ends.low, "lowest"), (ends.high, "highest")]
    where share > ScanLimits.cutOff {
      doubts.append(
        Doubt(
          "the heart is cut off: in the \(place) slice it has \(readable(share * 100, 0)) % of its "
            + "largest area", "the heart is cut off by the end of the scan"))
    }
    if side > ScanLimits.side {
      doubts.append(
        Doubt(
          "the heart is cut off: \(readable(side * 100, 0)) % of it lie at the sides of the images",
          "the heart is cut off by the sides of the images"))
    }
    if hasLandmarks { doubts += landmarkDoubts }
    if let blood, blood > ScanLimits.blood {
      doubts.append(
        Doubt(
          "contrast agent: blood of \(readable(blood, 0)) HU; scores hold for scans without",
          "contrast agent; scores hold for scans without"))
    }
    if metalVoxels > 0 {
      doubts.append(
        Doubt(
          "metal in the heart: \(counted(metalVoxels, "voxel")) of \(ScanLimits.metal) HU or more",
          "metal in the heart"))
    }
    return doubts
  }

  private var landmarkDoubts: [Doubt] {
    guard let apexDistance else {
      return [Doubt("the left ostium or the apex of the heart was not found")]
    }
    var doubts: [Doubt] = []
    if !ScanLimits.apexDistance.contains(apexDistance) {
      doubts.append(
        Doubt(
          "the heart is out of proportion: \(readable(apexDistance, 0)) mm from the left ostium to "
            + "the apex", "the heart is out of proportion"))
    }
    if let ostiaDistance, ostiaDistance > ScanLimits.ostiaDistance {
      doubts.append(
        Doubt(
          "the heart is out of proportion: \(readable(ostiaDistance, 0)) mm between the ostia",
          "the heart is out of proportion"))
    }
    return doubts
  }

  /// How large a part of the heart lies at the ends and at the sides of the coarse grid.
  private static func borders(
    _ isHeart: [Bool], _ shape: [Int]
  ) -> (ends: (low: Double, high: Double), side: Double) {
    let (nz, ny, nx) = (shape[0], shape[1], shape[2])
    var areas = Array(repeating: 0, count: nz)
    var atSide = 0
    for (i, isIn) in isHeart.enumerated() where isIn {
      let (x, y) = (i % nx, i / nx % ny)
      areas[i / (nx * ny)] += 1
      if x == 0 || x == nx - 1 || y == 0 || y == ny - 1 { atSide += 1 }
    }
    guard let largest = areas.max(), largest > 0 else { return ((0, 0), 0) }
    func share(_ z: Int) -> Double { Double(areas[z]) / Double(largest) }
    return ((share(0), share(nz - 1)), Double(atSide) / Double(areas.reduce(0, +)))
  }

  /// The median HU of coarse voxels that are blood with all their neighbours; `nil` below 4 mL.
  private static func blood(_ maps: ScanMaps, _ shape: [Int]) -> Double? {
    let chance = maps.probability(of: bloodClasses)
    let values = interior(chance, shape) { $0 > 0.9 }.map { maps.scan.hu[$0] }
    let voxel = maps.scan.spacing * maps.scan.spacing * maps.scan.spacing
    guard Double(values.count) * voxel >= 4000 else { return nil }
    return Double(values.sorted()[values.count / 2])
  }

  /// The number of voxels that are lung to the localiser and by their HU, with all their neighbours; `nil`
  /// without such a class.
  ///
  /// HU alone would take foam and blankets for lung, the localiser alone air.
  private static func lung(_ maps: ScanMaps, _ shape: [Int]) -> Int? {
    guard maps.hasClass(lungClass) else { return nil }
    let chance = maps.probability(of: [lungClass])
    let hu = maps.scan.hu
    let both = hu.indices.map {
      chance[$0] > 0.5 && ScanLimits.lung.contains(hu[$0]) ? 1 : 0 as Float
    }
    return interior(both, shape) { $0 > 0 }.count
  }

  /// The voxels for which something holds as for all six neighbours.
  private static func interior(
    _ values: [Float], _ shape: [Int], where holds: (Float) -> Bool
  ) -> [Int] {
    let (nz, ny, nx) = (shape[0], shape[1], shape[2])
    let steps = [0, 1, -1, nx, -nx, ny * nx, -ny * nx]
    var inside: [Int] = []
    for z in 1..<max(1, nz - 1) {
      for y in 1..<max(1, ny - 1) {
        for x in 1..<max(1, nx - 1) {
          let i = (z * ny + y) * nx + x
          if steps.allSatisfy({ holds(values[i + $0]) }) {
            inside.append(i)
          }
        }
      }
    }
    return inside
  }

  /// The coarse voxel (x, y, z) of the sac where a landmark's heat map is highest; `nil` where it is
  /// low.
  private static func place(of name: String, _ maps: ScanMaps, in sac: [Float]) -> SIMD3<Double>? {
    guard let map = maps.heatMap(name),
      let i = map.indices.filter({ sac[$0] > 0.5 }).max(by: { map[$0] < map[$1] }),
      map[i] > ScanLimits.landmark
    else { return nil }
    let (ny, nx) = (maps.scan.extent[1], maps.scan.extent[2])
    return SIMD3(Double(i % nx), Double(i / nx % ny), Double(i / (nx * ny)))
  }
}

/// Why a score is to be doubted, as a sentence.
package struct Doubt: Hashable, Sendable {
  /// The sentence with the scan's figures.
  package let text: String
  /// The sentence without them, which other scans share.
  package let summary: String

  /// A doubt; the summary says the same without figures.
  package init(_ text: String, _ summary: String? = nil) {
    self.text = text
    self.summary = summary ?? text
  }
}
