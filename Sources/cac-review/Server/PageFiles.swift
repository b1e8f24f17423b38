// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The files of the page.
///
/// They are in the program itself: it can be moved or copied alone, and no one can change the page
/// beside it. With a folder, they are read from there at each request, for work on the page.
struct PageFiles: Sendable {
  let folder: URL?

  private static let embedded: [String: [UInt8]] = [
    "api.js": PackageResources.api_js,
    "case.js": PackageResources.case_js,
    "dialogs.js": PackageResources.dialogs_js,
    "dom.js": PackageResources.dom_js,
    "icon.svg": PackageResources.icon_svg,
    "index.html": PackageResources.index_html,
    "keys.js": PackageResources.keys_js,
    "labels.js": PackageResources.labels_js,
    "main.js": PackageResources.main_js,
    "minimap.js": PackageResources.minimap_js,
    "outline.js": PackageResources.outline_js,
    "panel.js": PackageResources.panel_js,
    "planes.js": PackageResources.planes_js,
    "pointer.js": PackageResources.pointer_js,
    "spots.js": PackageResources.spots_js,
    "style.css": PackageResources.style_css,
    "toolbar.js": PackageResources.toolbar_js,
    "view.js": PackageResources.view_js,
    "viewer.css": PackageResources.viewer_css,
    "volume.js": PackageResources.volume_js,
    "windows.js": PackageResources.windows_js,
    "worklist.js": PackageResources.worklist_js,
  ]

  /// The names of the page's files.
  static var names: [String] { embedded.keys.sorted() }

  /// A file's bytes and kind; `nil` where the page has no such file.
  func file(_ name: String) -> (Data, String)? {
    guard let bytes = Self.embedded[name] else { return nil }
    let kinds = [
      "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
      "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
    ]
    let kind = kinds[name.split(separator: ".").last.map(String.init) ?? ""] ?? "text/plain"
    if let folder, let data = try? Data(contentsOf: folder.appendingPathComponent(name)) {
      return (data, kind)
    }
    return (Data(bytes), kind)
  }
}
