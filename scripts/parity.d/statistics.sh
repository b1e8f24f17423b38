# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Every statistic, and whole evaluations, against SciPy, scikit-learn and statsmodels.

seed=(${PARITY_SEED:+"$PARITY_SEED"})
oracle paired_statistics make "$folder/statistics" "${seed[@]}"
ours statistics "$folder/statistics" "the statistics could not be computed"
oracle paired_statistics check "$folder/statistics"

# What the command makes of whole cohorts, tables and masks.
oracle evaluation make "$folder/evaluation" "${seed[@]}"
build_command
for cohort in "$folder"/evaluation/*; do
  mapfile -t arguments <"$cohort/arguments"
  quietly "cac evaluate failed on ${cohort##*/}" "$program" evaluate "$cohort/a.csv" "$cohort/b.csv" \
    --bootstrap 200 --seed 11 --out "$cohort/out" "${arguments[@]}"
done
oracle evaluation check "$folder/evaluation"
