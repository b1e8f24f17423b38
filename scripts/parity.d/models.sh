# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Models of nnunetv2: predicted with, imported, exported, and loaded by nnunetv2 again; some minutes.

echo "parity: models of nnunetv2 2.8.1 (some minutes)"
quietly "nnunetv2 could not make its models" oracle models make "$folder/models"
grep -E '^(plain|residual)-' "$log"
build_command
for case in "$folder"/models/*; do
  model=$(echo "$case"/*__*__*)
  cac predict "$model" "$case/input" "$case/ours" --probabilities --device cpu
  cac model import "$model" "$case/in"
  cac predict "$case/in/${model##*/}" "$case/input" "$case/imported" --probabilities --device cpu
  cac model export "$case/in/${model##*/}" "$case/exported"
done
ours models "$folder/models" "the logits differ from nnunetv2's"
oracle models check "$folder/models" >"$log" || fail "nnunetv2 differs, see above"
grep -E '^(plain|residual)-|^[0-9]+ models' "$log"
