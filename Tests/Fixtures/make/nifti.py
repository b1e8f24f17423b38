# SPDX-License-Identifier: Apache-2.0
"""Writes small NIfTI files with nibabel and SimpleITK, and what those two read from them.

    python3 Tests/Fixtures/make/nifti.py

Geometry is what SimpleITK reads (LPS), values are what nibabel reads, in array order (z, y, x).
Made with nibabel 5.4.2, SimpleITK 2.5.7, numpy 2.4.6.
"""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

OUT = Path(__file__).resolve().parents[1] / "nifti"
OUT.mkdir(exist_ok=True)
CASES = []

ROTATION = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
SPACING = (0.35, 0.41, 2.5)


def affine(rotation=ROTATION, spacing=SPACING, origin=(-80.25, 12.5, -183.25)):
    a = np.eye(4)
    a[:3, :3] = rotation @ np.diag(spacing)
    a[:3, 3] = origin
    return a


def record(name, source):
    image = sitk.ReadImage(str(OUT / name))
    while image.GetDimension() > 3:
        image = image[..., 0]
    values = np.asanyarray(nib.load(OUT / name).dataobj, dtype=np.float64)
    values = values.reshape(values.shape[:3] if values.ndim > 3 else values.shape)
    case = {"file": name, "source": source, "values": values.T.ravel().tolist()}
    if image.GetDimension() == 3:
        case["extent"] = list(image.GetSize())
        case["spacing"] = list(image.GetSpacing())
        case["origin"] = list(image.GetOrigin())
        case["direction"] = list(image.GetDirection())
    else:
        case["extent"] = list(image.GetSize()) + [1]
        case["spacing"] = list(image.GetSpacing()) + [1.0]
        case["origin"] = list(image.GetOrigin()) + [0.0]
        d = image.GetDirection()
        case["direction"] = [d[0], d[1], 0.0, d[2], d[3], 0.0, 0.0, 0.0, 1.0]
    CASES.append(case)


def save(name, data, sform=None, scode=0, qform=None, qcode=0, source="sform", endian="<",
         slope=None, inter=0.0, zooms=None):
    header = nib.Nifti1Header(endianness=endian)
    header.set_data_dtype(data.dtype.newbyteorder(endian))
    image = nib.Nifti1Image(data, None, header)
    header = image.header
    if zooms is not None:
        header.set_zooms(zooms)
    image.set_qform(qform, qcode, strip_shears=True) if qform is not None else None
    if sform is not None:
        image.set_sform(sform, scode)
        if qform is None:
            zoom = tuple(np.linalg.norm(np.asarray(sform)[:3, :3], axis=0))
            header.set_zooms(zoom + (1.0,) * (data.ndim - 3))
    if slope is not None:
        header.set_slope_inter(slope, inter)
    image.to_filename(OUT / name)
    if slope is not None:
        # to_filename rescales towards the wanted values; the test wants these stored ones.
        raw = bytearray((OUT / name).read_bytes())
        raw[112:120] = np.array([slope, inter], endian + "f4").tobytes()
        raw[352:] = data.astype(data.dtype.newbyteorder(endian)).T.tobytes()
        (OUT / name).write_bytes(raw)
    record(name, source)


def ramp(dtype, shape=(4, 3, 2)):
    info = np.iinfo(dtype) if np.issubdtype(dtype, np.integer) else None
    values = np.arange(np.prod(shape)) * 5 - (0 if info and info.min == 0 else 40)
    return values.reshape(shape[::-1]).T.astype(dtype)


TYPES = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
for t in TYPES:
    for endian, tag in (("<", "le"), (">", "be")):
        save(f"{t}-{tag}.nii", ramp(np.dtype(t)), affine(), 1, endian=endian)

save("scaled.nii", ramp(np.dtype("i2")), affine(), 1, slope=0.5, inter=-3.25)
save("scaled-be.nii", ramp(np.dtype("u1")), affine(), 1, slope=2.0, inter=-1024.0, endian=">")
save("sform-only.nii.gz", ramp(np.dtype("i2")), affine(), 2)
save("qform-only.nii.gz", ramp(np.dtype("i2")), qform=affine(), qcode=1, source="qform")
save("no-form.nii", ramp(np.dtype("i2")), zooms=(0.5, 0.75, 3.0), source="pixdim")
left = ROTATION @ np.diag([1, 1, -1])
save("left-handed.nii", ramp(np.dtype("i2")), affine(left), 1, qform=affine(left), qcode=1)
save("left-handed-qform.nii", ramp(np.dtype("i2")), qform=affine(left), qcode=1, source="qform")
atlas = affine(np.eye(3), origin=(1.0, 2.0, 3.0))
save("forms-differ-scanner.nii", ramp(np.dtype("i2")), atlas, 1, qform=affine(), qcode=1)
save("forms-differ-atlas.nii", ramp(np.dtype("i2")), atlas, 4, qform=affine(), qcode=1,
     source="qform")
save("forms-agree-atlas.nii", ramp(np.dtype("i2")), affine(), 4, qform=affine(), qcode=1)
sheared = affine()
sheared[:3, 2] += 0.3 * sheared[:3, 1]
save("sheared-sform.nii", ramp(np.dtype("i2")), sheared, 1, qform=affine(), qcode=1,
     source="qform")
save("one-time-point.nii", ramp(np.dtype("i2"), (4, 3, 2, 1)), affine(), 1)

volume = sitk.GetImageFromArray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
volume.SetSpacing(SPACING)
volume.SetOrigin((-10.0, -20.5, 30.125))
volume.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1))
sitk.WriteImage(volume, str(OUT / "simpleitk.nii.gz"))
record("simpleitk.nii.gz", "sform")
slice2d = sitk.GetImageFromArray(np.arange(12, dtype=np.uint8).reshape(3, 4))
slice2d.SetSpacing((0.5, 0.25))
slice2d.SetOrigin((-3.5, 7.0))
sitk.WriteImage(slice2d, str(OUT / "simpleitk-2d.nii"))
record("simpleitk-2d.nii", "sform")

(OUT / "expected.json").write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
print(len(CASES), "cases,", sum(f.stat().st_size for f in OUT.iterdir()), "bytes")
