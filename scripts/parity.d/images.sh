# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# NIfTI and DICOM files of the tests, read by nibabel, SimpleITK and pydicom.

CAC_PARITY_DIR=$folder/images \
  swift_tests 'NIfTITests|DICOMTests' "the tests that write the files failed"
oracle written_images "$folder/images"
oracle dicom_encodings "$folder/images"
