# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Results as DICOM objects by dcmqi, highdicom, dciodvfy, PixelMed, dcm2niix and Orthanc.

needed=()
for entry in "dcmtk dsrdump" "dicom3tools dciodvfy" "dcm2niix dcm2niix" "iproute2 ip" \
  "default-jre-headless java"; do
  read -r package command <<<"$entry"
  command -v "$command" >/dev/null || needed+=("$package")
done
[ -e /usr/share/java/pixelmed.jar ] || needed+=(libpixelmed-java)
if [ -z "$short" ]; then
  command -v Orthanc >/dev/null || [ -x /usr/sbin/Orthanc ] || needed+=(orthanc)
  ls /usr/share/orthanc/plugins/libOrthancDicomWeb.so* >/dev/null 2>&1 || needed+=(orthanc-dicomweb)
fi
if [ ${#needed[@]} -gt 0 ]; then
  install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
  [ "$(id -u)" = 0 ] || install=(sudo -n "${install[@]}")
  quietly "apt-get could not install ${needed[*]}" "${install[@]}" "${needed[@]}"
fi
build_command
oracle dicom_out "$program" "$folder/dicom-out" ${short:+short} || fail "a peer differs, see above"
