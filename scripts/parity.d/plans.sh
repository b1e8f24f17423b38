# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Fingerprints, plans, preprocessed cases, metrics and folds against nnunetv2; some minutes.

build_command
oracle plans "$program"
quietly "nnunetv2 could not measure the label maps" oracle metrics "$folder/metrics" 40
ours metrics "$folder/metrics" "metrics or folds differ from nnunetv2's"
