# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# risks of drawn people against the packages pyprevent, ascvd and cvd_risk
build_command
oracle risk draw "$folder/people.csv" "${PARITY_SEED:-$RANDOM}"
cac risk "$folder/people.csv" --csv "$folder/risk.csv"
oracle risk compare "$folder/people.csv" "$folder/risk.csv"
