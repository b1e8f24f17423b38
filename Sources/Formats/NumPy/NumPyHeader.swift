// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The header of NumPy's format NPY: what the numbers that follow are, and in which shape.
struct NumPyHeader {
  /// The kind of the numbers: "<f4" is single precision, the lowest byte first.
  let kind: String
  /// The number of elements along each axis.
  let shape: [Int]
  /// Whether the first axis is the fastest, as in Fortran.
  let isFortranOrder: Bool

  /// How every file begins.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest text that is read, in bytes.
  static let longestText = 65_536

  init(kind: String, shape: [Int], isFortranOrder: Bool = false) {
    self.kind = kind
    self.shape = shape
    self.isFortranOrder = isFortranOrder
  }

  /// The header that a text describes, a dictionary of Python, or `nil` where it is none.
  init?(text: String) {
    guard let kind = text.firstMatch(of: #/'descr': *'([^']*)'/#)?.1,
      let order = text.firstMatch(of: #/'fortran_order': *(True|False)/#)?.1,
      let axes = text.firstMatch(of: #/'shape': *\(([0-9, ]*)\)/#)?.1
    else { return nil }
    self.kind = String(kind)
    isFortranOrder = order == "True"
    shape = axes.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
  }

  /// The bytes of the format 1.0, filled up to a multiple of 64.
  var bytes: [UInt8] {
    let axes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let order = isFortranOrder ? "True" : "False"
    var text = "{'descr': '\(kind)', 'fortran_order': \(order), 'shape': (\(axes)), }"
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    let count = text.utf8.count
    return Self.magic + [1, 0, UInt8(count & 0xff), UInt8(count >> 8)] + text.utf8
  }
}
