# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# A Slurm of one node runs a whole training, one fold of it killed (scripts/stress/slurm).

if [ -n "$short" ]; then
  echo "parity: PARITY_SHORT leaves Slurm out"
else
  scripts/stress/slurm
fi
