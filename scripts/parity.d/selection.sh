# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Post-processing and the choice of a configuration against nnunetv2; a minute.

sets=60 trees=20
[ -z "$short" ] || { sets=15; trees=6; }
quietly "nnunetv2 could not choose" oracle selection "$folder/selection" $sets $trees
ours selection "$folder/selection" "post-processing or the best configuration differ from nnunetv2's"
echo "parity: $sets folders and $trees trees of models, chosen as nnunetv2 does"
