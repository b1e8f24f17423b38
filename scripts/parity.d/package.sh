# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# The Debian package on a bare Debian, the archive elsewhere, and the modules as another package's libraries.

if [ -n "$short" ]; then
  echo "parity: PARITY_SHORT leaves the package out"
else
  scripts/package "$folder/package"
  scripts/package-check "$folder/package"
  quietly "the command could not be built" swift build --product cac
  scripts/library-check
fi
