# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# The curves of a training that was killed once, by TensorBoard's own reader.

build_command
quietly "TensorBoard reads other curves" oracle tensorboard_curves "$program"
tail -1 "$log"
