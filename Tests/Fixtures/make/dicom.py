# SPDX-License-Identifier: Apache-2.0
"""Writes small CT slices with pydicom in several encodings, and what pydicom reads from them.

    python3 Tests/Fixtures/make/dicom.py

Needs pydicom, numpy, SimpleITK, python-gdcm, pyjpegls, pylibjpeg with its openjpeg plugin.
HU are pydicom's pixel_array with RescaleSlope and RescaleIntercept, rounded; the grid of the folder
"oblique" is SimpleITK's. Made with pydicom 3.0.2, SimpleITK 2.5.7, numpy 2.4.6.
"""

import json
import shutil
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless)

OUT = Path(__file__).resolve().parents[1] / "dicom"
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir()
ROWS, COLUMNS = 6, 8
RNG = np.random.default_rng(5)
CASES = []


def dataset(uid, number, position=(0.0, 0.0, 0.0), orientation=(1, 0, 0, 0, 1, 0), *,
            stored=12, signed=False, allocated=16, slope="1", intercept="-1024", shape=(ROWS, COLUMNS)):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"{uid}.{number}"
    d = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID = CTImageStorage
    d.SOPInstanceUID = f"{uid}.{number}"
    d.SeriesInstanceUID = uid
    d.Modality = "CT"
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.Manufacturer = "Maker"
    d.ManufacturerModelName = "Model 64"
    d.PatientName = "Nobody^Known"
    d.PatientID = "secret-4711"
    d.StudyDate = "20240229"
    d.KVP = "120"
    d.SliceThickness = "3.0"
    d.ConvolutionKernel = ["I30f", "3"]
    d.ReconstructionDiameter = "180"
    d.InstanceNumber = str(number)
    d.ImagePositionPatient = [float(p) for p in position]
    d.ImageOrientationPatient = [float(o) for o in orientation]
    d.PixelSpacing = [0.41, 0.35]
    d.SamplesPerPixel = 1
    d.PhotometricInterpretation = "MONOCHROME2"
    d.Rows, d.Columns = shape
    d.BitsAllocated, d.BitsStored, d.HighBit = allocated, stored, stored - 1
    d.PixelRepresentation = int(signed)
    d.RescaleSlope, d.RescaleIntercept = slope, intercept
    low, high = (-(1 << (stored - 1)), 1 << (stored - 1)) if signed else (0, 1 << stored)
    values = RNG.integers(low, high, shape)
    values[0, :2] = low, high - 1
    kind = {8: "u1", 16: "<i2" if signed else "<u2"}[allocated]
    d.PixelData = values.astype(kind).tobytes()
    d["PixelData"].VR = "OB" if allocated == 8 else "OW"
    return d


def sequences(d):
    """Structure that a reader must step over: open lengths, nesting, unknown VR, an icon."""
    inner = Dataset()
    inner.CodeValue = "1"
    inner.is_undefined_length_sequence_item = True
    outer = Dataset()
    outer.is_undefined_length_sequence_item = True
    outer.PurposeOfReferenceCodeSequence = Sequence([inner, inner])
    outer["PurposeOfReferenceCodeSequence"].is_undefined_length = True
    d.SourceImageSequence = Sequence([outer, outer])
    d["SourceImageSequence"].is_undefined_length = True
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.PixelData = b"\1\2\3\4"
    icon["PixelData"].VR = "OB"
    d.IconImageSequence = Sequence([icon])
    d.private_block(0x0029, "MAKER", create=True).add_new(1, "UN", b"\0" * 70)


def save(d, name, syntax):
    d.file_meta.TransferSyntaxUID = syntax
    path = OUT / name
    path.parent.mkdir(exist_ok=True)
    if syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.compress(syntax, generate_instance_uid=False)
    elif syntax == ExplicitVRBigEndian:
        if d.BitsAllocated == 16:
            d.PixelData = np.frombuffer(d.PixelData, "<u2").astype(">u2").tobytes()
    pydicom.dcmwrite(path, d, enforce_file_format=True)
    record(path, name)


def record(path, name):
    d = pydicom.dcmread(path)
    hu = np.floor(d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) + 0.5)
    CASES.append({"file": name, "hu": hu.astype(int).ravel().tolist(),
                  "position": [float(p) for p in d.ImagePositionPatient]})


save(dataset("1.2.1", 1), "explicit.dcm", ExplicitVRLittleEndian)
save(dataset("1.2.2", 1), "implicit.dcm", ImplicitVRLittleEndian)
save(dataset("1.2.3", 1), "big-endian.dcm", ExplicitVRBigEndian)
save(dataset("1.2.4", 1, stored=16, signed=True), "signed.dcm", ExplicitVRLittleEndian)
save(dataset("1.2.5", 1, stored=12, signed=True, intercept="0"), "signed-12.dcm",
     ExplicitVRLittleEndian)
save(dataset("1.2.6", 1, stored=8, allocated=8, slope="8"), "eight-bits.dcm",
     ExplicitVRLittleEndian)
save(dataset("1.2.7", 1, slope="0.7321", intercept="-1000.25"), "fraction.dcm",
     ExplicitVRLittleEndian)
for key, syntax in (("rle", RLELossless), ("jpeg-ls", JPEGLSLossless),
                    ("jpeg-2000", JPEG2000Lossless)):
    # OpenJPEG wants at least 32 pixels for its usual number of resolutions.
    shape = (32, 33) if key == "jpeg-2000" else (ROWS, COLUMNS)
    save(dataset(f"1.2.8.{len(key)}", 1, shape=shape), f"{key}.dcm", syntax)
    save(dataset(f"1.2.9.{len(key)}", 1, stored=16, signed=True, intercept="0", shape=shape),
         f"{key}-signed.dcm", syntax)
for number, syntax in enumerate((ExplicitVRLittleEndian, ImplicitVRLittleEndian), 1):
    nested = dataset(f"1.2.10.{number}", 1)
    sequences(nested)
    save(nested, f"sequences-{number}.dcm", syntax)

# JPEG lossless (process 14, first order), the usual compression in archives, by GDCM.
plain = dataset("1.2.11", 1)
save(plain, "lossless-jpeg.dcm", ExplicitVRLittleEndian)
CASES.pop()
reader = gdcm.ImageReader()
reader.SetFileName(str(OUT / "lossless-jpeg.dcm"))
assert reader.Read()
change = gdcm.ImageChangeTransferSyntax()
change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
change.SetInput(reader.GetImage())
assert change.Change()
writer = gdcm.ImageWriter()
writer.SetFileName(str(OUT / "lossless-jpeg.dcm"))
writer.SetFile(reader.GetFile())
writer.SetImage(change.GetOutput())
assert writer.Write()
record(OUT / "lossless-jpeg.dcm", "lossless-jpeg.dcm")

# An oblique series in scrambled file order.
x, y = np.array([0.36, 0.48, -0.8]), np.array([-0.8, 0.6, 0.0])
normal = np.cross(x, y)
for name, k in (("b", 0), ("c", 1), ("a", 2)):
    position = np.array([-80.25, 12.5, -183.25]) + 2.5 * k * normal
    save(dataset("1.2.12", 3 - k, position, (*x, *y)), f"oblique/{name}", ExplicitVRLittleEndian)
series = sitk.ImageSeriesReader()
series.SetFileNames([str(OUT / "oblique" / n) for n in "bca"])
image = series.Execute()
OBLIQUE = {"spacing": image.GetSpacing(), "origin": image.GetOrigin(),
           "direction": image.GetDirection(),
           "hu": sitk.GetArrayFromImage(image).astype(int).ravel().tolist()}

(OUT / "expected.json").write_text(
    json.dumps({"slices": CASES, "oblique": OBLIQUE}, separators=(",", ":")) + "\n")
print(len(CASES), "slices,", sum(f.stat().st_size for f in OUT.rglob("*") if f.is_file()), "bytes")
