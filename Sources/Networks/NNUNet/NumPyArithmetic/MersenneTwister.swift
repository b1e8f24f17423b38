// SPDX-License-Identifier: Apache-2.0

/// The MT19937 generator, drawing as NumPy's legacy `RandomState` does.
///
/// The generator is that of Matsumoto and Nishimura (1998), seeded by one integer. nnU-Net draws
/// samples, folds and class locations from it, so that equal seeds give exactly nnU-Net's numbers.
public struct MersenneTwister: Sendable {
  private var state: [UInt32]
  private var block = [UInt32](repeating: 0, count: 624)
  private var position = 624

  /// A generator seeded by one integer, as `init_genrand` of the reference code.
  public init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: 624)
    for i in 1..<624 {
      let previous = state[i - 1]
      state[i] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(i)
    }
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if position == 624 { refill() }
    defer { position += 1 }
    return block[position]
  }

  /// Computes the next 624 outputs; the loops are split so that they can be vectorised.
  private mutating func refill() {
    state.withUnsafeMutableBufferPointer { s in
      func twist(_ a: UInt32, _ b: UInt32, _ far: UInt32) -> UInt32 {
        let y = (a & 0x8000_0000) | (b & 0x7FFF_FFFF)
        return far ^ (y >> 1) ^ (0 &- (y & 1)) & 0x9908_B0DF
      }
      for i in 0..<227 { s[i] = twist(s[i], s[i + 1], s[i + 397]) }
      for i in 227..<623 { s[i] = twist(s[i], s[i + 1], s[i - 227]) }
      s[623] = twist(s[623], s[0], s[396])
      block.withUnsafeMutableBufferPointer { block in
        for i in 0..<624 {
          var y = s[i]
          y ^= y >> 11
          y ^= (y << 7) & 0x9D2C_5680
          y ^= (y << 15) & 0xEFC6_0000
          block[i] = y ^ (y >> 18)
        }
      }
    }
    position = 0
  }

  /// A uniform integer from 0 to `last`, by masked rejection; 0 draws nothing.
  public mutating func integer(through last: UInt32) -> UInt32 {
    if last == 0 { return 0 }
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    while true {
      let value = next32() & mask
      if value <= last { return value }
    }
  }

  /// The numbers 0 to n − 1 in random order (Fisher and Yates from the end), as `permutation(n)`.
  public mutating func permutation(_ n: Int) -> [Int32] {
    var order = (0..<Int32(n)).map { $0 }
    if n < 2 { return order }
    order.withUnsafeMutableBufferPointer { order in
      for i in stride(from: n - 1, through: 1, by: -1) {
        order.swapAt(i, Int(integer(through: UInt32(i))))
      }
    }
    return order
  }

  /// Draws from a list with replacement, as `choice(list, count, replace=True)`.
  public mutating func choice(_ list: [Float], count: Int) -> [Float] {
    precondition(!list.isEmpty, "nothing to choose from")
    let last = UInt32(list.count - 1)
    if last == 0 { return Array(repeating: list[0], count: count) }
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    return list.withUnsafeBufferPointer { list in
      [Float](unsafeUninitializedCapacity: count) { drawn, initialized in
        var filled = 0
        while filled < count {
          if position == 624 { refill() }
          block.withUnsafeBufferPointer { block in
            // Without a branch, as long as the rest of the block cannot fill too many: a rejected
            // draw is overwritten by the next one.
            let whole = min(624 - position, count - filled)
            for i in position..<position + whole {
              let value = block[i] & mask
              drawn[filled] = list[Int(min(value, last))]
              filled += value <= last ? 1 : 0
            }
            position += whole
          }
        }
        initialized = count
      }
    }
  }
}
