// SPDX-License-Identifier: Apache-2.0

/// How a gradient passes an activation on its way back to the image.
public enum GradientRule: String, Sendable, CaseIterable {
  /// As it is: multiplied by 1 where the activation's input is positive, else by the slope.
  case usual
  /// As `usual`, and only what is positive then (Springenberg 2015, section 3.4).
  ///
  /// nnU-Net's activation keeps a slope of 0.01 below 0, so this is an adaptation: for a slope of 0 it
  /// is the published rule.
  case guided
  /// Whatever the activation's input, only what is positive (Zeiler and Fergus 2014, section 2.1).
  case deconvolution
}
