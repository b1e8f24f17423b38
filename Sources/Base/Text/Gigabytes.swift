// SPDX-License-Identifier: Apache-2.0

/// A number of bytes in gigabytes (10⁹ bytes), to a tenth, or to a thousandth below 0.1 GB: "2.5 GB".
package func gigabytes(_ bytes: Double) -> String {
  bytes < 1e8 ? "\((bytes / 1e6).rounded() / 1e3) GB" : "\((bytes / 1e8).rounded() / 10) GB"
}

/// A number of bytes in gigabytes (10⁹ bytes) with a fixed number of decimals: "2.50 GB".
package func gigabytes(_ bytes: Double, decimals: Int) -> String {
  readable(bytes / 1e9, decimals) + " GB"
}
