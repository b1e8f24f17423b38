// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Meshes

/// A heart of its own, which an atlas may have in the place of its man's: HuBMAP's female one.
///
/// The Visible Human female's heart of the HuBMAP reference organs (CC BY 4.0, Browne 2021,
/// doi:10.48539/HBM894.FGQN.237), `VH_F_Heart.glb`, has walls without cavities, valves, vessels and
/// the coronary arteries of a left-dominant tree. No mesh is part of this project.
///
/// ```swift
/// let heart = try ReferenceHeart(BinaryGLTF(bytes, name: url.path), name: url.path)
/// let atlas = try BodyAtlas(bodyParts3D: archive, heart: heart)
/// ```
public struct ReferenceHeart: Sendable {
  /// The meshes by their names without "VHF_"; mm, x to the left, y to the back, z to the head.
  private let meshes: [String: Mesh]

  /// A heart by the meshes of a file.
  ///
  /// - Parameter name: what errors call the file.
  /// - Throws: `MeshError` with the code `.missing` where the file lacks one of the meshes.
  public init(_ file: BinaryGLTF, name: String) throws {
    var meshes: [String: Mesh] = [:]
    for (node, mesh) in file.meshes where node.hasPrefix("VHF_") {
      var mesh = mesh
      // glTF has metres, with y up and z to the front.
      mesh.vertices = mesh.vertices.map { SIMD3($0.x, -$0.z, $0.y) * 1000 }
      meshes[String(node.dropFirst(4))] = mesh.welded()
    }
    for part in Part.allCases {
      for needed in part.names where meshes[needed] == nil {
        throw MeshError(.missing, subject: name, detail: "holds no mesh called VHF_\(needed)")
      }
    }
    self.meshes = meshes
  }

  private init(meshes: [String: Mesh]) { self.meshes = meshes }

  /// What its meshes are parts of.
  enum Part: CaseIterable {
    case ventricularWalls, leftVentricle, rightVentricle, septum, papillaryMuscles
    case leftAtrium, rightAtrium, mitralValve, tricuspidValve, aorticValve, pulmonaryValve
    case ascendingAorta, pulmonaryTrunk, veins
    case leftMain, leftAnteriorDescending, diagonal, leftCircumflex, circumflexBranches, right
    case rightBranches

    /// The names of its meshes.
    var names: [String] {
      switch self {
      case .ventricularWalls:
        ["left_ventricle", "right_ventricle", "interventricular_septum"]
      case .leftVentricle: ["left_ventricle"]
      case .rightVentricle: ["right_ventricle"]
      case .septum: ["interventricular_septum"]
      case .papillaryMuscles:
        ["ant", "antlat", "med", "pos", "posmed"].map { "papillary_muscle_of_heart_\($0)" }
      case .leftAtrium: ["left_cardiac_atrium"]
      case .rightAtrium: ["right_cardiac_atrium"]
      case .mitralValve: ["mitral_valve"]
      case .tricuspidValve: ["tricuspid_valve"]
      case .aorticValve: ["aortic_valve"]
      case .pulmonaryValve: ["pulmonary_valve"]
      case .ascendingAorta: ["ascending_aorta"]
      case .pulmonaryTrunk: ["pulmonary_trunk"]
      case .veins:
        [
          "coronary_sinus", "great_cardiac_vein", "middle_cardiac_vein", "left_marginal_vein",
          "posterior_vein_of_left_ventricle", "anterior_cardiac_vein", "small_cardiac_vein",
          "oblique_vein_of_left_atrium",
        ]
      case .leftMain: ["left_coronary_artery"]
      case .leftAnteriorDescending: ["left_anterior_descending_artery"]
      case .diagonal: ["diagonal_branch_of_left_anterior_descending_artery"]
      case .leftCircumflex: ["left_circumflex_artery"]
      case .circumflexBranches:
        [
          "left_marginal_branch", "posterior_left_ventricular_branch",
          "left_posterior_descending_branch_of_circumflex_branch_of_left_coronary_artery",
        ]
      case .right: ["right_coronary_artery"]
      case .rightBranches: ["right_marginal_artery"]
      }
    }
  }

  /// The meshes of a part.
  func meshes(_ part: Part) -> [Mesh] { part.names.compactMap { meshes[$0] } }

  private func vertices(_ parts: Part...) -> [SIMD3<Float>] {
    parts.flatMap { meshes($0) }.flatMap(\.vertices)
  }

  /// The middle of the aortic valve, and the point of the left ventricle that is farthest from it.
  private var axis: (valve: SIMD3<Float>, apex: SIMD3<Float>) {
    let valve = vertices(.aorticValve)
    let middle = valve.reduce(.zero, +) / Float(max(valve.count, 1))
    let apex = vertices(.leftVentricle).max { squared($0 - middle) < squared($1 - middle) }
    return (middle, apex ?? middle)
  }

  /// The heart at another place: its axis from the aortic valve to the apex along another one, in a
  /// box of ventricles and atria of the same middle and, on average over its edges, size.
  func placed(
    from valve: SIMD3<Float>, to apex: SIMD3<Float>, low: SIMD3<Float>, high: SIMD3<Float>
  ) -> ReferenceHeart {
    let own = axis
    let turned = transformed {
      rotated($0 - own.valve, from: own.apex - own.valve, to: apex - valve)
    }
    let walls = turned.vertices(.ventricularWalls, .leftAtrium, .rightAtrium)
    let (first, last) = (
      walls.reduce(SIMD3(repeating: .infinity), pointwiseMin),
      walls.reduce(SIMD3(repeating: -.infinity), pointwiseMax)
    )
    let ratio = (high - low) / (last - first)
    // Her heart fills less of its box than his, by this its sac holds as much.
    let size = (ratio.x + ratio.y + ratio.z) / 3 * 1.07
    return turned.transformed { ($0 - (first + last) / 2) * size + (low + high) / 2 }
  }

  /// The heart turned round its middle, so that its arteries run as those of patients do.
  func asInPatients() -> ReferenceHeart {
    let walls = vertices(.ventricularWalls, .leftAtrium, .rightAtrium)
    let middle =
      (walls.reduce(SIMD3(repeating: .infinity), pointwiseMin)
        + walls.reduce(SIMD3(repeating: -.infinity), pointwiseMax)) / 2
    let turn = HeartTurn.fitting(
      [
        .leftMain: vertices(.leftMain), .right: vertices(.right),
        .leftAnteriorDescending: vertices(.leftAnteriorDescending),
        .leftCircumflex: vertices(.leftCircumflex),
      ], pivot: middle)
    return transformed(turn.heart)
  }

  private func transformed(_ map: (SIMD3<Float>) -> SIMD3<Float>) -> ReferenceHeart {
    ReferenceHeart(
      meshes: meshes.mapValues {
        Mesh(vertices: $0.vertices.map(map), triangles: $0.triangles)
      })
  }
}

/// A vector turned by the rotation that leads one direction to another by the shortest way.
private func rotated(
  _ v: SIMD3<Float>, from a: SIMD3<Float>, to b: SIMD3<Float>
) -> SIMD3<Float> {
  let (p, q) = (a / squared(a).squareRoot(), b / squared(b).squareRoot())
  func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
  let (axis, cosine) = (cross(p, q), (p * q).sum())
  let w = cross(axis, v)
  return v + w + cross(axis, w) / (1 + cosine)
}

extension Mesh {
  /// The mesh with one vertex at each place: files double those where a texture has a seam.
  func welded() -> Mesh {
    var places: [SIMD3<Float>: Int32] = [:]
    var kept: [SIMD3<Float>] = []
    let numbers = vertices.map { vertex in
      if let number = places[vertex] { return number }
      places[vertex] = Int32(kept.count)
      kept.append(vertex)
      return Int32(kept.count - 1)
    }
    return Mesh(
      vertices: kept,
      triangles: triangles.map {
        SIMD3(numbers[Int($0.x)], numbers[Int($0.y)], numbers[Int($0.z)])
      })
  }
}
