// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Meshes
import Testing

@testable import Atlas

@Suite struct `Courses of vessels` {
  /// A tube of a radius along x, open at both ends, in pieces that share no vertices.
  private func tube(radius: Float, pieces: Int) -> Mesh {
    var mesh = Mesh(vertices: [], triangles: [])
    for piece in 0..<pieces {
      let first = Int32(mesh.vertices.count)
      for ring in 0..<10 {
        for k in 0..<8 {
          let turn = Float(k) / 8 * 2 * .pi
          mesh.vertices.append(
            [
              Float(piece * 10 + ring) + 0.2 * Float(piece), radius * cosf(turn),
              radius * sinf(turn),
            ])
        }
      }
      for ring in Int32(0)..<9 {
        for k in Int32(0)..<8 {
          let (a, b) = (first + ring * 8 + k, first + ring * 8 + (k + 1) % 8)
          mesh.triangles += [[a, b, a + 8], [b, b + 8, a + 8]]
        }
      }
    }
    return mesh
  }

  @Test(arguments: [1, 3])
  func `run along the middle of a tube from the end at the parent`(pieces: Int) throws {
    var finder = CourseFinder()
    let length = Float(pieces * 10 - 1) + 0.2 * Float(pieces - 1)
    finder.add(
      tube(radius: 1.4, pieces: pieces), artery: .right, isTrunk: true, from: [[length + 3, 0, 0]])
    let course = try #require(finder.courses.first)
    #expect(course.points[0].x > length - 2)
    #expect(course.points[course.points.count - 1].x < 2)
    #expect(abs(course.length - length) < 3)
    for point in course.points.dropFirst().dropLast() {
      #expect(abs(point.y) < 0.8 && abs(point.z) < 0.8)
    }
    for radius in course.radii.dropFirst().dropLast() { #expect(abs(radius - 1.4) < 0.5) }
  }

  @Test func `of a branch begin at its parent's distance from the aorta`() throws {
    var finder = CourseFinder()
    finder.add(tube(radius: 1, pieces: 2), artery: .right, isTrunk: true, from: [[-2, 0, 0]])
    var branch = tube(radius: 0.8, pieces: 1)
    branch.vertices = branch.vertices.map { [12 + $0.y, $0.x + 1, $0.z] }
    finder.add(branch, artery: .right, isTrunk: false, from: finder.points)
    let course = try #require(finder.courses.last)
    #expect(!course.isTrunk)
    #expect(abs(course.distances[0] - 12) < 3)
  }
}
