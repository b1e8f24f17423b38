# SPDX-License-Identifier: Apache-2.0
"""DICOM files of every transfer syntax, single slices and multi-frame, as pydicom 3.0.2 and SimpleITK
2.5.7 read them, against what our reader made of them.

    cac-oracle images FOLDER
    python -m Oracles.parity.dicom_encodings FOLDER

HU must be equal, positions exact in pydicom's numbers. SimpleITK knows one rescale a file and no
order of frames, so it is compared where a file has one frame.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk

from Oracles.fixtures import FIXTURES

FAILURES = []


def check(condition, sentence):
    if not condition:
        FAILURES.append(sentence)


def rounded(values):
    """Down, so that no value reaches a threshold above it, and what does not fit cut, as our reader does."""
    return np.clip(np.floor(values), -32768, 32767)


def group(frame, shared, sequence):
    """The first item of a sequence of a frame, or of all frames."""
    return (frame.get(sequence) or shared.get(sequence))[0]


def by_pydicom(path):
    """HU (z, y, x) and the position of the first slice, in ascending order along the normal."""
    d = pydicom.dcmread(path, force=True)
    if not d.file_meta.get("TransferSyntaxUID"):
        d.file_meta.TransferSyntaxUID = d.original_encoding[0] and "1.2.840.10008.1.2" or (
            "1.2.840.10008.1.2.1" if d.original_encoding[1] else "1.2.840.10008.1.2.2")
    if "PerFrameFunctionalGroupsSequence" not in d:
        hu = d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept)
        return rounded(hu)[None], np.array(d.ImagePositionPatient, float)
    shared = d.SharedFunctionalGroupsSequence[0]
    slices = []
    pixels = d.pixel_array.reshape(-1, d.Rows, d.Columns)
    for stored, frame in zip(pixels, d.PerFrameFunctionalGroupsSequence, strict=True):
        rescale = group(frame, shared, "PixelValueTransformationSequence")
        position = np.array(
            group(frame, shared, "PlanePositionSequence").ImagePositionPatient, float)
        axes = np.array(
            group(frame, shared, "PlaneOrientationSequence").ImageOrientationPatient, float)
        hu = stored * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
        slices.append((float(np.cross(axes[:3], axes[3:]) @ position), rounded(hu), position))
    slices.sort(key=lambda s: s[0])
    return np.stack([s[1] for s in slices]), slices[0][2]


def by_simpleitk(path):
    """HU of a file with one frame, or nothing where SimpleITK cannot read it."""
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError:
        return None
    return rounded(sitk.GetArrayFromImage(image).astype(float)) if image.GetSize()[2] == 1 else None


def expected(folder):
    """What a folder of the fixtures should hold."""
    return json.loads((FIXTURES / folder / "expected.json").read_text())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    cases = json.loads((Path(sys.argv[1]) / "encodings.json").read_text())
    wanted = [f"dicom/{s['file']}" for s in expected("dicom")["slices"]]
    wanted += [f"dicom-archive/{s['file']}" for s in expected("dicom-archive")]
    check([case["file"] for case in cases] == wanted, f"{len(cases)} of {len(wanted)} fixtures")
    twice = 0
    for case in cases:
        name, path = case["file"], FIXTURES / case["file"]
        e = case["geometry"]["extent"]
        ours = np.array(case["hu"]).reshape(e["slices"], e["rows"], e["columns"])
        hu, origin = by_pydicom(path)
        check(np.array_equal(hu, ours), f"{name}: pydicom's values")
        check(np.allclose(origin, case["geometry"]["origin"], rtol=0, atol=1e-9),
              f"{name}: pydicom's position")
        other = by_simpleitk(path) if len(ours) == 1 else None
        if other is not None:
            twice += 1
            check(np.array_equal(other, ours), f"{name}: SimpleITK's values")
    for sentence in FAILURES[:20]:
        print("differs:", sentence, file=sys.stderr)
    if FAILURES:
        sys.exit(f"{len(FAILURES)} differences")
    print(f"{len(cases)} DICOM files of every transfer syntax agree with pydicom "
          f"{pydicom.__version__}, {twice} of them with SimpleITK {sitk.__version__}, too")


if __name__ == "__main__":
    main()
