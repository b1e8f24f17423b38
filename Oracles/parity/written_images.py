# SPDX-License-Identifier: Apache-2.0
"""Images that cac-oracle wrote, as nibabel 5.4.2, SimpleITK 2.5.7 and pydicom 3.0.2 read them.

    cac-oracle images FOLDER
    python -m Oracles.parity.written_images FOLDER

Values must be equal, positions agree within the precision of the format.
"""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import SimpleITK as sitk

FAILURES = []


def check(condition, sentence):
    if not condition:
        FAILURES.append(sentence)


def corners(shape):
    n = np.array(shape[::-1]) - 1
    return np.array([[(i >> a & 1) * n[a] for a in range(3)] for i in range(8)], float)


def ours(geometry):
    """Extent (z, y, x) and the LPS positions of the corners that we meant."""
    e = geometry["extent"]
    shape = (e["slices"], e["rows"], e["columns"])
    direction = np.array([geometry["direction"][a] for a in "xyz"]).T
    matrix = direction @ np.diag(geometry["spacing"])
    return shape, corners(shape) @ matrix.T + np.array(geometry["origin"])


def theirs(image):
    return np.array([image.TransformContinuousIndexToPhysicalPoint(c)
                     for c in corners(image.GetSize()[::-1]).tolist()])


def nifti(folder):
    cases = json.loads((folder / "expected.json").read_text())
    for case in cases:
        name, path = case["file"], folder / case["file"]
        shape, points = ours(case["geometry"])
        values = np.array(case["values"]).reshape(shape)

        image = sitk.ReadImage(str(path))
        check(np.array_equal(sitk.GetArrayFromImage(image), values), f"{name}: SimpleITK values")
        check(np.abs(theirs(image) - points).max() < 1e-3, f"{name}: SimpleITK positions")
        check(np.allclose(image.GetSpacing(), case["geometry"]["spacing"], rtol=1e-7, atol=0),
              f"{name}: SimpleITK spacing")

        loaded = nib.load(path)
        check(loaded.get_data_dtype() == np.dtype(case["datatype"]), f"{name}: nibabel datatype")
        check(np.array_equal(np.asanyarray(loaded.dataobj).T, values), f"{name}: nibabel values")
        for affine in (loaded.affine, loaded.get_qform(), loaded.get_sform()):
            ras = nib.affines.apply_affine(affine, corners(shape))
            check(np.abs(ras * [-1, -1, 1] - points).max() < 1e-3, f"{name}: nibabel affine")
        codes = [int(loaded.header[f"{f}form_code"]) for f in "qs"]
        check(codes == [1, 1], f"{name}: form codes {codes}")
        check(loaded.header.get_xyzt_units()[0] == "mm", f"{name}: units")
        check(np.array_equal(loaded.header["pixdim"][1:4],
                             np.array(case["geometry"]["spacing"], np.float32)), f"{name}: pixdim")

        # What SimpleITK would write for the same image has the same forms.
        again = folder / "again.nii"
        sitk.WriteImage(image, str(again))
        for field in ("srow_x", "srow_y", "srow_z"):
            difference = np.abs(nib.load(again).header[field] - loaded.header[field]).max()
            check(difference < 1e-4, f"{name}: {field} differs from SimpleITK's")
        again.unlink()
    return len(cases)


def dicom(folder):
    cases = json.loads((folder / "expected.json").read_text())
    for case in cases:
        name, path = case["folder"], folder / case["folder"]
        shape, points = ours(case["geometry"])
        hu = np.array(case["hu"]).reshape(shape)

        reader = sitk.ImageSeriesReader()
        ids = reader.GetGDCMSeriesIDs(str(path))
        check(list(ids) == [case["seriesUID"]], f"{name}: series {ids}")
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path), ids[0]))
        image = reader.Execute()
        check(np.array_equal(sitk.GetArrayFromImage(image), hu), f"{name}: SimpleITK values")
        check(np.abs(theirs(image) - points).max() < 1e-6, f"{name}: SimpleITK positions")

        slices = [pydicom.dcmread(f) for f in path.iterdir()]
        slices.sort(key=lambda d: -d.InstanceNumber)
        check(len(slices) == shape[0], f"{name}: {len(slices)} files of {shape[0]} slices")
        for z, d in enumerate(slices):
            stored = d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept)
            check(np.array_equal(stored, hu[z]), f"{name}: pydicom values of slice {z}")
            check(np.allclose(d.ImagePositionPatient, points[0 if z == 0 else 4], atol=1e-9)
                  or 0 < z < shape[0] - 1, f"{name}: pydicom position of slice {z}")
            check(d.PatientName == "" and d.PatientID == "" and d.StudyDate == "00010101"
                  and "SeriesDescription" not in d, f"{name}: identity of slice {z}")
            check(d.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian,
                  f"{name}: transfer syntax")
            check(float(d.KVP) == case["acquisition"]["kilovolts"]
                  and d.ConvolutionKernel == case["acquisition"]["kernel"], f"{name}: acquisition")
            check(all(len(part) <= 16 for e in d for part in [str(e.value)] if e.VR == "IS"),
                  f"{name}: long numbers")
    return len(cases)


# What cac-oracle writes: 12 volumes of three datatypes each, and 8 series.
COUNTS = (36, 8)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1])
    files, series = nifti(root / "nifti"), dicom(root / "dicom")
    check((files, series) == COUNTS, f"{files} files and {series} series instead of {COUNTS}")
    for sentence in FAILURES[:20]:
        print("differs:", sentence, file=sys.stderr)
    if FAILURES:
        sys.exit(f"{len(FAILURES)} differences")
    print(f"{files} NIfTI files and {series} DICOM series agree with nibabel {nib.__version__}, "
          f"SimpleITK {sitk.__version__}, pydicom {pydicom.__version__}")


if __name__ == "__main__":
    main()
