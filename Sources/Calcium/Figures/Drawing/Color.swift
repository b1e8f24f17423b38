// SPDX-License-Identifier: Apache-2.0
import Foundation

/// An opaque colour of the sRGB space, eight bits a channel.
public struct Color: Hashable, Sendable {
  /// The red channel.
  public let red: UInt8
  /// The green channel.
  public let green: UInt8
  /// The blue channel.
  public let blue: UInt8

  /// A colour from 0xRRGGBB; higher bits are ignored.
  public init(_ hex: UInt32) {
    red = UInt8(truncatingIfNeeded: hex >> 16)
    green = UInt8(truncatingIfNeeded: hex >> 8)
    blue = UInt8(truncatingIfNeeded: hex)
  }

  /// A grey of one level.
  public init(grey level: UInt8) {
    red = level
    green = level
    blue = level
  }

  /// The blue of the palette that the colour-blind tell apart.
  ///
  /// Okabe and Ito, "Color Universal Design", 2008, as are the five colours that follow.
  public static let blue = Color(0x0072B2)
  /// The vermilion of Okabe and Ito.
  public static let vermilion = Color(0xD55E00)
  /// The bluish green of Okabe and Ito.
  public static let green = Color(0x009E73)
  /// The orange of Okabe and Ito.
  public static let orange = Color(0xE69F00)
  /// The reddish purple of Okabe and Ito.
  public static let purple = Color(0xCC79A7)
  /// The sky blue of Okabe and Ito.
  public static let skyBlue = Color(0x56B4E9)
  /// White.
  public static let white = Color(0xFFFFFF)
  /// The near black of text.
  public static let ink = Color(0x222222)
  /// The grey of secondary text and axes; 5.7 : 1 against white.
  public static let slate = Color(0x666666)
  /// The grey of grid lines.
  public static let mist = Color(0xE4E4E4)

  /// The band round a bias: darker than that of limits, so that both are told apart in grey.
  public static let biasTint = Color(0xB9D7EA)
  /// The band round a limit of agreement.
  public static let limitTint = Color(0xFBEADF)

  /// The relative luminance, 0 for black and 1 for white (WCAG 2.2, "relative luminance").
  public var luminance: Double {
    func linear(_ channel: UInt8) -> Double {
      let c = Double(channel) / 255
      return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast with another colour, from 1 to 21 (WCAG 2.2, "contrast ratio").
  public func contrast(with other: Color) -> Double {
    let (a, b) = (luminance, other.luminance)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// The colour at a fraction of the way to another; the fraction is held within 0…1.
  public func mixed(with other: Color, _ fraction: Double) -> Color {
    let f = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
    func mix(_ a: UInt8, _ b: UInt8) -> UInt32 {
      UInt32((Double(a) + (Double(b) - Double(a)) * f).rounded())
    }
    return Color(
      mix(red, other.red) << 16 | mix(green, other.green) << 8 | mix(blue, other.blue))
  }

  /// Near black, white or black: the first that reads on this colour with a contrast of 4.5.
  ///
  /// Where near black and white both fall short, black reaches 4.58 at least.
  public var readableInk: Color {
    [.ink, .white].first { contrast(with: $0) >= 4.5 } ?? Color(grey: 0)
  }
}
