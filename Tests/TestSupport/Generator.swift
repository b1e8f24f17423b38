// SPDX-License-Identifier: Apache-2.0

/// Test data are drawn by the project's own generator, so every test that imports `TestSupport` has
/// `SplitMix64`.
@_exported import Random
