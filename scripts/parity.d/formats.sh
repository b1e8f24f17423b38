# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Data sets in every image format through the whole command line against nnunetv2.

build_command
# The networks are small: with more threads these would wait for each other.
OMP_NUM_THREADS=1 oracle image_formats "$program" 2>"$log" || {
  tail -5 "$log" >&2
  fail "predictions in some image format differ from nnunetv2's"
}
