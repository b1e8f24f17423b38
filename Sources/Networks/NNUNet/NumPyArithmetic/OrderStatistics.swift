// SPDX-License-Identifier: Apache-2.0

/// Finds values by their rank without sorting.
enum OrderStatistics {
  /// The values that would stand at given ranks after sorting; no value may be NaN.
  ///
  /// Two histograms of sixteen bits each find them: the bits of floats order like integers, after
  /// those of negative numbers are inverted.
  static func values(of values: [Float], atRanks ranks: [Int]) -> [Float] {
    func key(_ value: Float) -> UInt32 {
      let bits = value.bitPattern
      return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    }
    var upper = [Int](repeating: 0, count: 1 << 16)
    for value in values { upper[Int(key(value) >> 16)] += 1 }
    // The upper half of the value of each rank, and its rank among the values with that upper half.
    var positions: [(bucket: Int, rank: Int)] = []
    for rank in ranks {
      var rest = rank
      var bucket = 0
      while rest >= upper[bucket] {
        rest -= upper[bucket]
        bucket += 1
      }
      positions.append((bucket, rest))
    }
    var tables = [Int](repeating: -1, count: 1 << 16)
    let buckets = Set(positions.map(\.bucket)).sorted()
    for (i, bucket) in buckets.enumerated() { tables[bucket] = i }
    var lower = [Int](repeating: 0, count: buckets.count << 16)
    for value in values {
      let k = key(value)
      let table = tables[Int(k >> 16)]
      if table >= 0 { lower[table << 16 | Int(k & 0xFFFF)] += 1 }
    }
    return positions.map { bucket, rank in
      let base = tables[bucket] << 16
      var rest = rank
      var low = 0
      while rest >= lower[base + low] {
        rest -= lower[base + low]
        low += 1
      }
      let k = UInt32(bucket) << 16 | UInt32(low)
      return Float(bitPattern: k & 0x8000_0000 == 0 ? ~k : k & 0x7FFF_FFFF)
    }
  }
}
