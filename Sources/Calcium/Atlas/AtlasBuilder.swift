// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Meshes

extension BodyAtlas {
  /// The atlas of the man of BodyParts3D.
  ///
  /// - Parameters:
  ///   - heart: another heart, which takes the place of his; nil for his own.
  ///   - spacing: the edge of a voxel in mm; 1.5 shows what a CT of 3 mm slices shows.
  /// - Throws: an error of the archive where it lacks a mesh or cannot be read.
  public init(
    bodyParts3D archive: MeshArchive, heart: ReferenceHeart? = nil, spacing: Float = 1.5
  ) throws {
    var builder = try AtlasBuilder(archive, spacing: spacing)
    if let heart { builder.graft(heart) }
    try builder.paintTrunk()
    try builder.paintChest()
    try builder.paintHeart()
    self = builder.finished()
  }
}

extension BodyAtlas {
  /// The names of the meshes that the atlas is made of and an archive lacks.
  public static func meshesMissing(in archive: MeshArchive) -> [String] {
    let there = Set(archive.names)
    return BodyParts3D.allCases.flatMap(\.files).filter { !there.contains($0) }
  }
}

/// Paints meshes into one label map, from the outside to the inside, and fills what has no mesh.
///
/// The archive has no skin, no lungs, no fat, no pericardium, no diaphragm and no intercostal muscles:
/// they are what lies between the meshes.
struct AtlasBuilder {
  let grid: VoxelGrid
  private var tissues: [UInt8]
  private var voxels: [BodyParts3D: [Int32]]
  private var sac: VoxelSet
  private var outsideDistances: [UInt8] = []
  private var finder = CourseFinder()
  /// The coronary arteries in the order in which their courses are found: trunks first.
  private var vessels: [(artery: Artery, isTrunk: Bool, mesh: Mesh)]

  init(_ archive: MeshArchive, spacing: Float) throws {
    // From the upper abdomen to the lower neck; the arms are left out.
    let low = SIMD3<Float>(-192, -252, 1020)
    let high = SIMD3<Float>(192, 48, 1400)
    let cells = ((high - low) / spacing).rounded(.up)
    let grid = VoxelGrid(
      origin: low, spacing: spacing, extent: SIMD3(Int(cells.x), Int(cells.y), Int(cells.z)))
    self.grid = grid
    tissues = Array(repeating: Tissue.outside.rawValue, count: grid.count)
    sac = VoxelSet(grid)
    var meshes: [BodyParts3D: [(name: String, mesh: Mesh)]] = [:]
    for part in BodyParts3D.allCases {
      meshes[part] = try part.files.map { ($0, try archive.mesh(named: $0)) }
    }
    let turn = Self.turn(of: meshes)
    var vessels: [(artery: Artery, isTrunk: Bool, mesh: Mesh)] = []
    var voxels: [BodyParts3D: [Int32]] = [:]
    for part in BodyParts3D.allCases {
      let turned = (meshes[part] ?? []).map { (name: $0.name, mesh: turn.mesh($0.mesh, of: part)) }
      if let artery = Self.arteries[part] {
        vessels += turned.compactMap { name, mesh in
          let isTrunk = Self.trunks.contains(name)
          // The left main has no branches of its own.
          return isTrunk || artery != .leftMain ? (artery, isTrunk, mesh) : nil
        }
      } else {
        voxels[part] = turned.flatMap { $0.mesh.voxels(on: grid) }
      }
    }
    self.voxels = voxels
    // Each course begins at the aorta or on one that is there already.
    let order: [Artery] = [.leftMain, .right, .leftAnteriorDescending, .leftCircumflex]
    let branched: [Artery] = [.leftAnteriorDescending, .leftCircumflex, .right]
    self.vessels =
      order.flatMap { artery in vessels.filter { $0.artery == artery && $0.isTrunk } }
      + branched.flatMap { artery in vessels.filter { $0.artery == artery && !$0.isTrunk } }
  }

  /// The parts whose courses are found, rather than their voxels.
  private static let arteries: [BodyParts3D: Artery] = [
    .leftMain: .leftMain, .leftAnteriorDescending: .leftAnteriorDescending,
    .leftCircumflex: .leftCircumflex, .right: .right,
  ]
  /// The meshes of the trunks.
  private static let trunks: Set = ["FJ2737", "FJ2631", "FJ2649", "FJ2723"]

  /// How the heart is turned, so that its arteries run as those of patients do.
  private static func turn(of meshes: [BodyParts3D: [(name: String, mesh: Mesh)]]) -> HeartTurn {
    var box: (low: SIMD3<Float>, high: SIMD3<Float>)?
    for part in [BodyParts3D.myocardium, .atrialWalls] {
      for (_, mesh) in meshes[part] ?? [] {
        guard let own = mesh.bounds else { continue }
        box = box.map { (pointwiseMin($0.low, own.low), pointwiseMax($0.high, own.high)) } ?? own
      }
    }
    var points: [Artery: [SIMD3<Float>]] = [:]
    for (part, artery) in arteries {
      points[artery] = (meshes[part] ?? []).filter { trunks.contains($0.name) }
        .flatMap(\.mesh.vertices)
    }
    return .fitting(points, pivot: box.map { ($0.low + $0.high) / 2 } ?? .zero)
  }

  /// Puts another heart in the place of the body's own.
  mutating func graft(_ heart: ReferenceHeart) {
    let (low, high) = heartBox
    let own = heartAxis
    let placed = heart.placed(from: own.valve, to: own.apex, low: low, high: high)
    let graft = HeartGraft(heart: placed.asInPatients(), grid: grid)
    let parts = graft.parts(
      aorta: voxels[.aorta] ?? [], pulmonaryArteries: voxels[.pulmonaryArteries] ?? [])
    voxels.merge(parts) { $1 }
    vessels = graft.vessels
  }

  /// The box of the ventricles' and the atria's walls.
  private var heartBox: (low: SIMD3<Float>, high: SIMD3<Float>) {
    var low = SIMD3<Float>(repeating: .infinity)
    var high = -low
    for part in [BodyParts3D.myocardium, .atrialWalls] {
      for i in voxels[part] ?? [] {
        let p = grid.position(ofVoxel: Int(i))
        low = pointwiseMin(low, p)
        high = pointwiseMax(high, p)
      }
    }
    return (low, high)
  }

  /// The middle of the aortic valve, and the apex: what of the left ventricle is farthest from it.
  private var heartAxis: (valve: SIMD3<Float>, apex: SIMD3<Float>) {
    let valve = (voxels[.aorticRoot] ?? []).map { grid.position(ofVoxel: Int($0)) }
    let middle = valve.reduce(.zero, +) / Float(max(valve.count, 1))
    let apex = (voxels[.leftVentricle] ?? []).map { grid.position(ofVoxel: Int($0)) }
      .max { squared($0 - middle) < squared($1 - middle) }
    return (middle, apex ?? middle)
  }

  private func set(_ parts: BodyParts3D...) -> VoxelSet {
    var set = VoxelSet(grid)
    for part in parts { for i in voxels[part] ?? [] { set.bits[Int(i)] = 1 } }
    return set
  }

  private mutating func paint(_ set: VoxelSet, _ tissue: Tissue) {
    for i in tissues.indices where set.bits[i] != 0 { tissues[i] = tissue.rawValue }
  }

  private mutating func paint(_ part: BodyParts3D, _ tissue: Tissue) {
    for i in voxels[part] ?? [] { tissues[Int(i)] = tissue.rawValue }
  }

  /// The wall of the trunk, and what lies below the diaphragm.
  mutating func paintTrunk() throws {
    let skeleton = set(.ribs, .sternum, .costalCartilages, .vertebrae)
    let cage = skeleton.dilated(20).filledPlanes().eroded(20)
    var body = set(
      .ribs, .sternum, .costalCartilages, .vertebrae, .shoulders, .muscles, .liver, .stomach,
      .spleen, .kidneys, .bowel)
    body.formUnion(cage)
    body = body.closed(15).filledPlanes()
    outsideDistances = body.distances().map { UInt8(min($0, 255)) }
    paint(body, .muscle)
    // Between the muscles there is fat; close to the ribs there is muscle.
    var gaps = body
    gaps.subtract(skeleton.dilated(6))
    gaps.subtract(set(.muscles, .shoulders))
    // What lies deeper than the wall, not higher than the diaphragm, is filled by organs that have no
    // mesh.
    let organs = set(.liver, .stomach, .spleen)
    let top = organs.bits.lastIndex { $0 != 0 } ?? 0
    let depths = body.complement.distances()
    var deep = gaps
    for i in deep.bits.indices where depths[i] < 18 || i > top { deep.bits[i] = 0 }
    paint(gaps, .wallFat)
    paint(deep, .abdominalFat)
    var inside = cage.eroded(7.5)
    inside.subtract(skeleton)
    inside.subtract(set(.muscles))
    let isAbove = aboveDiaphragm(organs)
    var chest = inside
    var belly = inside
    for i in inside.bits.indices where inside.bits[i] != 0 {
      if isAbove[i] { belly.bits[i] = 0 } else { chest.bits[i] = 0 }
    }
    paint(chest, .lung)
    paint(belly, .abdominalFat)
    for (part, tissue) in [
      (BodyParts3D.muscles, Tissue.muscle), (.bowel, .bowel), (.kidneys, .kidney),
      (.spleen, .spleen), (.stomach, .stomach), (.liver, .liver), (.discs, .disc),
    ] { paint(part, tissue) }
    // A diaphragm of one voxel lies over the organs.
    for i in tissues.indices where tissues[i] == Tissue.lung.rawValue {
      let below = i - grid.extent.x * grid.extent.y
      if below >= 0, tissues[below] == Tissue.abdominalFat.rawValue, !isAbove[below] {
        tissues[i] = Tissue.muscle.rawValue
      }
    }
    for part in [BodyParts3D.ribs, .sternum, .vertebrae, .shoulders] {
      let bone = set(part)
      let depth = bone.complement.distances()
      for i in tissues.indices where bone.bits[i] != 0 {
        tissues[i] = (depth[i] > 1.6 ? Tissue.cancellousBone : .corticalBone).rawValue
      }
    }
    paint(.costalCartilages, .cartilage)
  }

  /// Whether a voxel lies above the dome over the abdominal organs.
  ///
  /// Beside the organs the dome falls with a slope, so that the lung reaches down between them and
  /// the ribs.
  private func aboveDiaphragm(_ organs: VoxelSet) -> [Bool] {
    let (nx, ny, nz) = (grid.extent.x, grid.extent.y, grid.extent.z)
    var heights = Array(repeating: Float(-1), count: nx * ny)
    for z in 0..<nz {
      for i in 0..<nx * ny where organs.bits[z * nx * ny + i] != 0 { heights[i] = Float(z) }
    }
    let slope: Float = 1.6
    let reach = Int(45 / grid.spacing)
    var dome = heights
    for y in 0..<ny {
      for x in 0..<nx where heights[y * nx + x] >= 0 {
        let height = heights[y * nx + x]
        for v in max(0, y - reach)...min(ny - 1, y + reach) {
          for u in max(0, x - reach)...min(nx - 1, x + reach) {
            let d = Float((u - x) * (u - x) + (v - y) * (v - y)).squareRoot()
            dome[v * nx + u] = max(dome[v * nx + u], height - slope * d)
          }
        }
      }
    }
    return (0..<grid.count).map { i in Float(i / (nx * ny)) > dome[i % (nx * ny)] + 1 }
  }

  /// What lies between the lungs, but for the heart.
  mutating func paintChest() throws {
    let isCavity = { (value: UInt8) in value == Tissue.lung.rawValue }
    let lungs = VoxelSet(grid) { isCavity(tissues[$0]) }
    for part in [BodyParts3D.pulmonaryArteries, .pulmonaryVeins] {
      for i in voxels[part] ?? [] where lungs.bits[Int(i)] != 0 {
        tissues[Int(i)] = Tissue.pulmonaryVessel.rawValue
      }
    }
    var middle = set(
      .leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium, .myocardium, .atrialWalls,
      .aorta, .pulmonaryTrunk, .veins, .oesophagus, .thymus, .sternum)
    middle.formUnion(set(.vertebrae))
    // The airways' trunk only: its branches lie in the lungs.
    let airways = set(.airways)
    var trunk = airways.eroded(2).dilated(4)
    trunk.formIntersection(airways.dilated(1.6))
    middle.formUnion(trunk)
    var mediastinum = middle.closed(13)
    mediastinum.formIntersection(lungs)
    paint(mediastinum, .mediastinalFat)
    // The heart rests on the diaphragm: no lung lies between it and the organs below.
    var floor = set(.leftVentricle, .rightVentricle, .rightAtrium, .myocardium, .liver, .stomach)
    floor = floor.closed(14)
    floor.formIntersection(lungs)
    paint(floor, .mediastinalFat)
    for part in [BodyParts3D.pulmonaryArteries, .pulmonaryVeins] {
      for i in voxels[part] ?? [] where mediastinum.bits[Int(i)] != 0 {
        tissues[Int(i)] = Tissue.pulmonaryVessel.rawValue
      }
    }
    paint(.thymus, .thymus)
    paint(.oesophagus, .oesophagus)
    var wall = trunk
    wall.formIntersection(VoxelSet(grid) { tissues[$0] != Tissue.lung.rawValue })
    paint(wall, .muscle)
    paint(airways.eroded(1), .airway)
    paint(.veins, .vein)
    paint(.pulmonaryTrunk, .pulmonaryTrunk)
    paint(.aorta, .aorta)
  }

  /// The heart with its arteries, and the sac round it.
  mutating func paintHeart() throws {
    findCourses()
    let vesselPoints = finder.points
    var heart = set(
      .leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium, .myocardium, .atrialWalls,
      .coronaryVeins, .mitralValve)
    for point in vesselPoints { if let i = grid.index(at: point) { heart.bits[i] = 1 } }
    var whole = heart.closed(9).dilated(2)
    // The sac holds no lung vessel, no bone and nothing below the diaphragm.
    let kept: Set<UInt8> = Set(
      [
        Tissue.lung, .mediastinalFat, .pulmonaryVessel, .thymus, .vein, .aorta, .pulmonaryTrunk,
        .abdominalFat, .wallFat, .muscle,
      ].map(\.rawValue))
    for i in whole.bits.indices where whole.bits[i] != 0 && heart.bits[i] == 0 {
      if !kept.contains(tissues[i]) { whole.bits[i] = 0 }
    }
    sac = whole
    let fat: Set<UInt8> = Set(
      [Tissue.lung, .mediastinalFat, .thymus, .abdominalFat, .wallFat, .muscle].map(\.rawValue))
    for i in tissues.indices where whole.bits[i] != 0 && fat.contains(tissues[i]) {
      tissues[i] = Tissue.epicardialFat.rawValue
    }
    for (part, tissue) in [
      (BodyParts3D.atrialWalls, Tissue.atrialWall), (.myocardium, .myocardium),
      (.rightAtrium, .rightAtrium), (.leftAtrium, .leftAtrium),
      (.rightVentricle, .rightVentricle), (.leftVentricle, .leftVentricle),
      (.aorta, .aorta), (.aorticRoot, .aorticValve), (.mitralValve, .mitralValve),
      (.coronaryVeins, .coronaryVein),
    ] { paint(part, tissue) }
    for course in finder.courses {
      for (point, radius) in zip(course.points, course.radii) {
        for i in grid.indices(within: max(radius, 0.8 * grid.spacing), of: point) {
          tissues[i] = Tissue.coronaryArtery.rawValue
        }
      }
    }
  }

  private mutating func findCourses() {
    let root = (voxels[.aorta] ?? []) + (voxels[.aorticRoot] ?? [])
    let aorta = root.map { grid.position(ofVoxel: Int($0)) }.filter { $0.z < 1275 && $0.y < -95 }
    for (artery, isTrunk, mesh) in vessels {
      let parents: Artery? =
        switch artery {
        case .leftMain: nil
        case .right where isTrunk: nil
        case .leftAnteriorDescending, .leftCircumflex: isTrunk ? .leftMain : artery
        default: artery
        }
      let from = parents.map { parent in
        finder.courses.filter { $0.artery == parent }.flatMap(\.points)
      }
      finder.add(mesh, artery: artery, isTrunk: isTrunk, from: from ?? aorta)
    }
  }

  func finished() -> BodyAtlas {
    var distances: [Artery: [UInt8]] = [:]
    for artery in Artery.allCases {
      var course = VoxelSet(grid)
      for branch in finder.courses where branch.artery == artery {
        let points = branch.points[branch.sites]
        for (a, b) in zip(points, points.dropFirst()) {
          for t in [Float(0), 0.5, 1] {
            if let i = grid.index(at: a + (b - a) * t) { course.bits[i] = 1 }
          }
        }
      }
      distances[artery] = course.distances().map { UInt8(min($0 * 10, 255)) }
    }
    let (low, high) = heartBox
    let (middle, apex) = heartAxis
    func start(_ artery: Artery) -> SIMD3<Float> {
      finder.courses.first { $0.artery == artery && $0.isTrunk }?.points[0] ?? middle
    }
    return BodyAtlas(
      grid: grid, tissues: tissues, isUniform: uniform(), sac: sac.bits,
      sacDistances: sac.distances().map { UInt8(min($0 * 4, 255)) },
      outsideDistances: outsideDistances,
      arteryDistances: distances, courses: finder.courses, heartCentre: (low + high) / 2,
      landmarks: [
        "left ostium": start(.leftMain), "right ostium": start(.right), "apex": apex,
      ],
      calcificationSites: sites(valve: middle))
  }

  /// Where eight voxels that share a corner are of one tissue.
  private func uniform() -> [UInt8] {
    let (nx, ny, nz) = (grid.extent.x, grid.extent.y, grid.extent.z)
    let steps = [1, nx, nx + 1, nx * ny, nx * ny + 1, nx * ny + nx, nx * ny + nx + 1]
    var result = Array(repeating: UInt8(0), count: tissues.count)
    for z in 0..<nz - 1 {
      for y in 0..<ny - 1 {
        for x in 0..<nx - 1 {
          let i = (z * ny + y) * nx + x
          if steps.allSatisfy({ tissues[i + $0] == tissues[i] }) { result[i] = 1 }
        }
      }
    }
    return result
  }

  private func sites(valve: SIMD3<Float>) -> [CalcificationSite: [Int32]] {
    let (nx, ny, _) = (grid.extent.x, grid.extent.y, grid.extent.z)
    func isBorder(_ i: Int) -> Bool {
      [1, -1, nx, -nx, nx * ny, -nx * ny].contains { step in
        let j = i + step
        return j >= 0 && j < tissues.count && tissues[j] != tissues[i]
      }
    }
    var sites: [CalcificationSite: [Int32]] = [:]
    func add(_ site: CalcificationSite, _ i: Int) { sites[site, default: []].append(Int32(i)) }
    for i in tissues.indices {
      switch Tissue(rawValue: tissues[i]) {
      case .aorta where isBorder(i):
        let p = grid.position(ofVoxel: i)
        let isRoot = p.y < -95 && p.z < 1285
        add(isRoot ? .ascendingAorta : p.z > 1282 ? .aorticArch : .descendingAorta, i)
      case .aorticValve: add(.aorticValve, i)
      case .mitralValve where isBorder(i):
        // The ring lies where a leaflet meets the wall.
        if [1, -1, nx, -nx, nx * ny, -nx * ny].contains(where: {
          let value = tissues[min(max(i + $0, 0), tissues.count - 1)]
          return value == Tissue.myocardium.rawValue || value == Tissue.atrialWall.rawValue
        }) {
          add(.mitralRing, i)
        }
      case .cartilage where isBorder(i): add(.cartilage, i)
      case .airway where isBorder(i): add(.airway, i)
      case .mediastinalFat:
        let p = grid.position(ofVoxel: i)
        if p.z > 1240, p.z < 1300, p.y > -125, abs(p.x - 10) < 45 { add(.node, i) }
      case .epicardialFat where isBorder(i) && sac.bits[min(i + 1, sac.bits.count - 1)] == 0:
        add(.pericardium, i)
      case .myocardium: add(.myocardium, i)
      default: break
      }
    }
    return sites
  }
}
