# SPDX-License-Identifier: Apache-2.0
"""Writes what hospital archives send beside plain slices, and what pydicom reads from it: multi-frame
CT in several encodings, deflated files, files without DICOM's mark.

    python3 Tests/Fixtures/make/dicom_archive.py [FOLDER]

Needs pydicom, numpy, highdicom, pyjpegls, pylibjpeg with its openjpeg plugin. HU are pydicom's
pixel_array by frame with the rescale of that frame, rounded away from zero, in ascending order of position; the
positions are those of the frames' functional groups. Made with pydicom 3.0.2, numpy 2.4.6,
highdicom 0.28.2.
"""

import json
import shutil
import sys
from pathlib import Path

import highdicom
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import (CTImageStorage, DeflatedExplicitVRLittleEndian, EnhancedCTImageStorage,
                         ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
                         JPEG2000Lossless, JPEGLSLossless, RLELossless)

OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "dicom-archive"
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
RNG = np.random.default_rng(11)
CASES = []
FRAMES = 5
# The file order of the frames; the place in the stack is the index.
ORDER = [3, 0, 4, 2, 1]


def item(**elements):
    d = Dataset()
    for key, value in elements.items():
        setattr(d, key, value)
    return Sequence([d])


def identity(d):
    d.PatientName, d.PatientID, d.PatientBirthDate = "Nobody^Known", "secret-4711", "19470321"
    d.StudyDate, d.StudyTime, d.AccessionNumber = "20240229", "120000", "ACC-990417"
    d.StudyInstanceUID, d.StudyID, d.ReferringPhysicianName = "1.2.99", "770033", "Quack^Salber"
    d.SeriesDescription = "CaScore of Nobody"


def base(uid, sop_class, shape, *, stored, signed, number=1):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = f"{uid}.{number}"
    d = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID, d.SeriesInstanceUID = sop_class, f"{uid}.{number}", uid
    identity(d)
    d.Modality, d.Manufacturer, d.ManufacturerModelName = "CT", "Maker", "Model 64"
    d.InstanceNumber = str(number)
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.Rows, d.Columns = shape
    d.BitsAllocated, d.BitsStored, d.HighBit = 16, stored, stored - 1
    d.PixelRepresentation = int(signed)
    return d


def values(shape, stored, signed, count=1):
    low, high = (-(1 << (stored - 1)), 1 << (stored - 1)) if signed else (0, 1 << stored)
    v = RNG.integers(low, high, (count, *shape))
    v[:, 0, :2] = low, high - 1
    return v.astype("<i2" if signed else "<u2")


def slice_of(uid, number, *, stored=12, signed=False, shape=(6, 8), z=0.0):
    d = base(uid, CTImageStorage, shape, stored=stored, signed=signed, number=number)
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.KVP, d.SliceThickness, d.ConvolutionKernel = "120", "3.0", ["I30f", "3"]
    d.ImagePositionPatient = [-10.5, 20.25, z]
    d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    d.PixelSpacing = [0.41, 0.35]
    d.RescaleSlope, d.RescaleIntercept, d.RescaleType = "1", "-1024", "HU"
    d.PixelData = values(shape, stored, signed)[0].tobytes()
    d["PixelData"].VR = "OW"
    return d


def enhanced(uid, *, stored=12, signed=False, shape=(6, 8), normal=(0, 0, 1), sharedRescale=False):
    """An enhanced CT whose frames lie in no order, each with its own rescale."""
    d = base(uid, EnhancedCTImageStorage, shape, stored=stored, signed=signed)
    d.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    d.NumberOfFrames = FRAMES
    orientation = [1, 0, 0, 0, 1, 0] if normal == (0, 0, 1) else [1, 0, 0, 0, 0, -1]
    measures = item(PixelSpacing=[0.41, 0.35], SliceThickness="3.0")
    shared = Dataset()
    shared.PixelMeasuresSequence = measures
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=orientation)
    shared.CTImageFrameTypeSequence = item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])
    shared.CTXRayDetailsSequence = item(KVP="100")
    shared.CTReconstructionSequence = item(ConvolutionKernel="Qr36d", ReconstructionDiameter="180")
    frames = []
    for place in ORDER:
        f = Dataset()
        position = np.array([-10.5, 20.25, -180.5]) + 3.0 * place * np.array(normal)
        f.PlanePositionSequence = item(ImagePositionPatient=position.tolist())
        f.FrameContentSequence = item(StackID="1", InStackPositionNumber=place + 1)
        rescale = item(RescaleSlope="1" if place < 3 else "0.5",
                       RescaleIntercept=f"{-1024 + 10 * place}", RescaleType="HU")
        if sharedRescale:
            shared.PixelValueTransformationSequence = item(
                RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU")
        else:
            f.PixelValueTransformationSequence = rescale
        frames.append(f)
    d.SharedFunctionalGroupsSequence = Sequence([shared])
    d.PerFrameFunctionalGroupsSequence = Sequence(frames)
    d.PixelData = values(shape, stored, signed, FRAMES).tobytes()
    d["PixelData"].VR = "OW"
    return d


def open_ended(d):
    """Every sequence and item below with a mark at its end instead of a length."""
    for element in d:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for one in element.value:
                one.is_undefined_length_sequence_item = True
                open_ended(one)


def save(d, name, syntax, fragments=None):
    d.file_meta.TransferSyntaxUID = syntax
    path = OUT / name
    if syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.compress(syntax, generate_instance_uid=False)
        if fragments:
            coded = list(generate_frames(d.PixelData, number_of_frames=FRAMES))
            d.PixelData = encapsulate(coded, fragments_per_frame=fragments)
    elif syntax == ExplicitVRBigEndian:
        d.PixelData = np.frombuffer(d.PixelData, "<u2").astype(">u2").tobytes()
    pydicom.dcmwrite(path, d, enforce_file_format=True)
    record(path, name)


def bare(d, name, implicit, little=True, meta=False):
    """The data set alone, without preamble and mark."""
    if not little:
        d.PixelData = np.frombuffer(d.PixelData, "<u2").astype(">u2").tobytes()
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = little, implicit
    if meta:
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        pydicom.filewriter.write_file_meta_info(buffer, d.file_meta, enforce_standard=True)
    plain = Dataset()
    plain.update(d)
    write_dataset(buffer, plain)
    (OUT / name).write_bytes(buffer.getvalue())
    record(OUT / name, name, force=True)


def group(d, frame, sequence):
    for groups in (d.PerFrameFunctionalGroupsSequence[frame], d.SharedFunctionalGroupsSequence[0]):
        if sequence in groups:
            return groups[sequence].value[0]
    raise KeyError(sequence)


def record(path, name, force=False):
    d = pydicom.dcmread(path, force=force)
    if force and "TransferSyntaxUID" not in d.file_meta:
        d.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if d.original_encoding[0]
            else ExplicitVRLittleEndian if d.original_encoding[1] else ExplicitVRBigEndian)
    pixels = d.pixel_array
    if "PerFrameFunctionalGroupsSequence" not in d:
        pixels = pixels[None]
    slices = []
    for i, stored in enumerate(pixels):
        if "PerFrameFunctionalGroupsSequence" in d:
            rescale = group(d, i, "PixelValueTransformationSequence")
            plane = group(d, i, "PlanePositionSequence")
            cosines = group(d, i, "PlaneOrientationSequence").ImageOrientationPatient
        else:
            rescale = plane = d
            cosines = d.ImageOrientationPatient
        hu = stored * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
        hu = np.copysign(np.floor(np.abs(hu) + 0.5), hu)
        position = [float(p) for p in plane.ImagePositionPatient]
        along = float(np.dot(position, np.cross(cosines[:3], cosines[3:])))
        slices.append((along, position, hu.astype(int).ravel().tolist()))
    slices.sort()
    CASES.append({"file": name, "shape": list(pixels.shape), "origin": slices[0][1],
                  "hu": [v for s in slices for v in s[2]]})


save(slice_of("1.3.1", 1), "deflated.dcm", DeflatedExplicitVRLittleEndian)
save(slice_of("1.3.2", 1, stored=16, signed=True), "deflated-signed.dcm",
     DeflatedExplicitVRLittleEndian)
bare(slice_of("1.3.3", 1), "bare-implicit", True)
bare(slice_of("1.3.4", 1), "bare-explicit", False)
bare(slice_of("1.3.5", 1), "bare-big-endian", False, little=False)
bare(slice_of("1.3.6", 1), "bare-with-meta", False, meta=True)

save(enhanced("1.3.10"), "enhanced.dcm", ExplicitVRLittleEndian)
e = enhanced("1.3.11", stored=16, signed=True)
open_ended(e)
save(e, "enhanced-implicit-signed.dcm", ImplicitVRLittleEndian)
save(enhanced("1.3.12"), "enhanced-big-endian.dcm", ExplicitVRBigEndian)
save(enhanced("1.3.13"), "enhanced-deflated.dcm", DeflatedExplicitVRLittleEndian)
save(enhanced("1.3.14", normal=(0, 1, 0)), "enhanced-coronal.dcm", ExplicitVRLittleEndian)
save(enhanced("1.3.15", sharedRescale=True), "enhanced-rle.dcm", RLELossless)
save(enhanced("1.3.16"), "enhanced-jpeg-ls.dcm", JPEGLSLossless)
save(enhanced("1.3.17", shape=(16, 12)), "enhanced-jpeg-ls-fragments.dcm", JPEGLSLossless,
     fragments=2)
save(enhanced("1.3.18", shape=(32, 33)), "enhanced-jpeg-2000.dcm", JPEG2000Lossless)

# What a converter makes of classic slices: what finds no place lands in the unassigned groups.
classic = [slice_of("1.3.19", n, z=z) for n, z in enumerate((-3.0, 3.0, 0.0), 1)]
for d in classic:
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.FrameOfReferenceUID, d.PositionReferenceIndicator = "1.2.98", ""
    d.PatientSex, d.SeriesNumber, d.AcquisitionNumber = "O", "2", "1"
    d.InstanceCreationDate, d.ContentDate, d.ContentTime = "20240229", "20240229", "120000"
    d.PatientAge, d.BurnedInAnnotation, d.LossyImageCompression = "077Y", "NO", "00"
    d.AcquisitionDate, d.AcquisitionTime = "20240229", "120000"
    d.PatientPosition, d.RescaleType = "HFS", "HU"
legacy = highdicom.legacy.LegacyConvertedEnhancedCTImage(
    legacy_datasets=classic, series_instance_uid="1.3.20", series_number=3,
    sop_instance_uid="1.3.20.1", instance_number=1)
legacy.file_meta.ImplementationVersionName = "HIGHDICOM"
legacy.save_as(OUT / "legacy-converted.dcm", enforce_file_format=True)
record(OUT / "legacy-converted.dcm", "legacy-converted.dcm")

(OUT / "expected.json").write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
sizes = [f.stat().st_size for f in OUT.iterdir()]
print(len(CASES), "files,", sum(sizes), "bytes, the largest", max(sizes))
