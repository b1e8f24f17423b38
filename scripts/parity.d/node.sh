# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# The DICOM node with Orthanc, DICOMweb, TLS with DCMTK; in the long form under load and faults.

needed=()
for entry in "dcmtk storescu" "iproute2 ip" "openssl openssl"; do
  read -r package command <<<"$entry"
  command -v "$command" >/dev/null || needed+=("$package")
done
[ -x /usr/sbin/Orthanc ] || needed+=(orthanc)
ls /usr/share/orthanc/plugins/libOrthancDicomWeb.so* >/dev/null 2>&1 || needed+=(orthanc-dicomweb)
if [ ${#needed[@]} -gt 0 ]; then
  install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
  [ "$(id -u)" = 0 ] || install=(sudo -n "${install[@]}")
  quietly "apt-get could not install ${needed[*]}" "${install[@]}" "${needed[@]}"
fi
build_command
[ -n "${CAC:-}" ] || quietly "the node could not be built; run make build" swift build --product cac-node
oracle node "$program" "$folder/node" ${short:+short} || fail "the node fails, see above"
[ -n "$short" ] || CAC=$program .venv/bin/python scripts/stress/node all || fail "the node fails under load, see above"
