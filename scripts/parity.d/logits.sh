# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Logits of the committed models against nnunetv2's, on as many threads.

build_command
quietly "predictions have other digits than nnunetv2's" oracle logits "$program"
tail -1 "$log"
