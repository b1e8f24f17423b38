# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Trainings that begin in nnunetv2 or in the command and go on in the other program.

if [ -n "$short" ]; then
  echo "parity: PARITY_SHORT leaves resumed trainings out"
else
  build_command
  OMP_NUM_THREADS=1 oracle resume "$program" 2>"$log" || {
    tail -5 "$log" >&2
    fail "a training did not go on in the other program as it should"
  }
fi
