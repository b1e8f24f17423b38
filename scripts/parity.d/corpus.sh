# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# DICOM files of pydicom's and other packages' tests, read by pydicom and SimpleITK.

oracle corpus make "$folder/corpus" ${short:+short}
ours corpus "$folder/corpus" "the files of other packages could not be read"
oracle corpus check "$folder/corpus"
