// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Figures
import Volume

extension Overlay {
  /// The text below a slice, counted from 0; with the arteries of both masks where they tell them.
  package func caption(slice z: Int, tellsArteries: Bool) -> String {
    let name = "slice \(z + 1)"
    guard tellsArteries else { return name }
    func arteries(_ mask: Volume<UInt8>?) -> String {
      let labels = Set(mask?.slice(z) ?? [])
      let found = Artery.allCases.filter { labels.contains($0.rawValue) }.map(\.abbreviation)
      return found.isEmpty ? "none" : found.joined(separator: ", ")
    }
    return "\(name): reference \(arteries(reference)); prediction \(arteries(prediction))"
  }
}
