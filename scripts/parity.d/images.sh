# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# NIfTI and DICOM files that are written here, read by nibabel, SimpleITK and pydicom.

ours images "$folder/images" "the files could not be written"
oracle written_images "$folder/images"
oracle dicom_encodings "$folder/images"
