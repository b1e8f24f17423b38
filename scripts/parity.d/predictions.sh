# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Cascades, regions, several channels, many labels and ensembles against nnunetv2.

quietly "nnunetv2 could not predict" oracle predictions make "$folder/predictions"
build_command
for case in "$folder"/predictions/*; do
  models=("$case"/*__*__*)
  predict() { cac predict "${models[0]}" "$case/input" "$case/$1" --probabilities --device cpu "${@:2}"; }
  predict ours
  if [ -d "$case/previous" ]; then
    predict given --previous-stage "$case/previous"
    cac ensemble "$case/previous" "$case/ours" "$case/averaged" --probabilities
  fi
done
oracle predictions check "$folder/predictions" >"$log" || fail "nnunetv2 predicts otherwise, see above"
grep -E '^(cascade|regions|many)|^[0-9]+ predictions' "$log"
