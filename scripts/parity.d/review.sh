# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# The review page under kills and under many readers at once (scripts/stress/review).

if [ ! -x /usr/bin/chromedriver ]; then
  run=()
  [ "$(id -u)" = 0 ] || run=(sudo -n)
  quietly "chromium-driver could not be installed" "${run[@]}" apt-get install -y \
    --no-install-recommends chromium chromium-driver
fi
quietly "cac could not be built" make -s build
scripts/stress/review kill
BROWSERS=${short:+4} scripts/stress/review crowd
