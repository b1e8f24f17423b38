# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Preparations and trainings that are killed at random moments (scripts/stress).

scripts/stress/kill-prepare
scripts/stress/kill-train
