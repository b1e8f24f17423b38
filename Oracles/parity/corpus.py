# SPDX-License-Identifier: Apache-2.0
"""DICOM files that other people's packages are tested with, as pydicom 3.0.2 and SimpleITK 2.5.7 read
them, against what our reader made of them.

    python -m Oracles.parity.corpus make FOLDER [short]
    cac-oracle corpus FOLDER
    python -m Oracles.parity.corpus check FOLDER

`make` lays each file as a study of its own, and the slices of one series in one folder as a study,
too; with `short` those of pydicom alone. Most test files are no CT: each grey image is laid a second
time as a CT slice, by changing bytes in place, which keeps how the file was encoded.

The voxels of at least 130 HU, the sum of their HU and the grid must be those of pydicom and of
SimpleITK. The threshold applies to slope × stored + intercept in float64, without rounding. Files of
other kinds must be refused. What is to be read otherwise stands in EXPECTED, with the reason.
"""

import fnmatch
import gzip
import importlib.util
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk

# Where the packages keep their files.
INSTALLED = {
    "pydicom": ("pydicom", "data/test_files"),
    "pydicom-data": ("data_store", "data"),
    "pynetdicom": ("pynetdicom", "tests/dicom_files"),
    "nibabel": ("nibabel", "nicom/tests/data"),
}
# Packages whose files are in the source archive only, which pip fetches to a folder in .venv.
ARCHIVED = {"dicompyler-core": ("0.5.6", "tests/testdata")}

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
CT_CLASSES = {CT, ENHANCED_CT, "1.2.840.10008.5.1.4.1.1.2.2"}
# The class of CT that takes the place of one of MR, CR and secondary captures; both have one length.
RECAST = {
    "1.2.840.10008.5.1.4.1.1.4": CT, "1.2.840.10008.5.1.4.1.1.4.1": ENHANCED_CT,
    "1.2.840.10008.5.1.4.1.1.1": CT, "1.2.840.10008.5.1.4.1.1.7": CT,
}
# What a recast slice gets where it lacks it: thickness, position, orientation, spacing, and a rescale
# that puts values between whole HU, on both sides of a threshold.
RESCALE = (0x00281052, 0x00281053)
NEEDED = {
    0x00180050: b"3 ", 0x00200032: b"-10.5\\20\\5", 0x00200037: b"1\\0\\0\\0\\1\\0 ",
    0x00280030: b"0.5\\0.25", RESCALE[0]: b"-100.3", RESCALE[1]: b"0.7 ",
}
LONG_FORMS = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}

COMPARED = ("voxels", "sum", "size", "spacing", "origin", "direction")
FAILURES = []


def check(condition, sentence):
    if not condition:
        FAILURES.append(sentence)


class Refused:
    """Our reader refuses the study, in a sentence with these words, though others may read it."""

    def __init__(self, words, reason):
        self.words, self.reason = words, reason


class SameAs:
    """Our reader makes of the study what it makes of another one."""

    def __init__(self, study, reason):
        self.study, self.reason = study, reason


class Alone:
    """One of the two libraries reads the study; the other one cannot, or reads something else."""

    def __init__(self, library, reason):
        self.library, self.reason = library, reason


# What is not as pydicom and SimpleITK both read it; names of studies with the shell's wildcards.
EXPECTED = {
    "pydicom:dicomdirtests:TINY_ALPHA:PT*": Refused(
        "holds no pixel data", "The files are headers."),
    "pydicom:dicomdirtests:98892001:CT2N:*": Refused(
        "is a localizer (scout)", "ImageType says LOCALIZER."),
    "pydicom:dicomdirtests:77654033:CT2:17106:series": Refused(
        "slices are missing", "Four slices are left of a scan: the other libraries stack them."),
    "pydicom:dicomdirtests:77654033:CR?:*:as-ct": Refused(
        "values of type OD", "RescaleType says that the values are optical densities."),
    "pydicom:MR_truncated.dcm:as-ct": Refused(
        "is truncated", "62 bytes of the pixels are missing."),
    "pydicom:JPEG2000-embedded-sequence-delimiter.dcm:as-ct": Refused(
        "cannot be decoded", "The codestream was overwritten; nobody decodes it."),
    "pydicom:JPEG-lossy.dcm:as-ct": Alone(
        "SimpleITK", "The decoders of pydicom here know no JPEG Extended of 12 bits."),
    "pydicom:JPGExtended.dcm:as-ct": Alone(
        "SimpleITK", "The decoders of pydicom here know no JPEG Extended of 12 bits."),
    "pydicom:rtplan_truncated.dcm": Refused(
        "claims 976 bytes", "The file ends within a sequence."),
    "pydicom-data:693_J2KR.dcm:series": Refused(
        "repeat a position", "One slice compressed with loss and without lies beside itself."),
    "pydicom-data:eCT_Supplemental.dcm": Refused(
        "computed from a perfusion scan", "It is a map of blood flow in ml/100ml/s (RescaleType US)."),
    "pydicom-data:MR2_*:as-ct": Refused(
        "no particular unit", "RescaleType US, and values of MR hold no air near −1000."),
    "nibabel:philips_mprage.dcm.gz:as-ct": Refused(
        "no particular unit", "RescaleType US, and values of MR hold no air near −1000."),
    "pydicom-data:explicit_VR-UN.dcm": Refused(
        "its increment is unknown", "SliceThickness is empty, and the slice is the only one."),
    "pydicom-data:RG1_*:as-ct": Refused(
        "has no valid PixelSpacing", "PixelSpacing is 0."),
    "pydicom-data:RG3_*:as-ct": Alone(
        "pydicom", "ITK inverts the values of MONOCHROME1, which says how an image is shown."),
    "pydicom-data:mlut_18.dcm:as-ct": Refused(
        "has no RescaleSlope", "A Modality LUT stands for slope and intercept."),
    "pydicom-data:emri_small*:as-ct": Refused(
        "lacks the functional groups", "The frames have neither position nor spacing."),
    "pynetdicom:CTImageStorage.dcm:series": SameAs(
        "pynetdicom:CTImageStorage.dcm", "The second file is a copy of the first."),
    "nibabel:csa_slice_norm.dcm:as-ct": Refused(
        "holds no pixel data", "The file is a header."),
    "nibabel:slicethickness_empty_string.dcm:as-ct": Refused(
        "its increment is unknown", "SliceThickness is empty, and the slice is the only one."),
}


# What the reader says of a file that is no CT; any other sentence means that it could not tell.
NO_CT = ("is no CT image", "is a ", "is no DICOM file", "holds no pixel data")


# MARK: make


def sources(is_short):
    """The names of the packages and the folders of their files."""
    for name, (module, folder) in INSTALLED.items():
        if not is_short or name == "pydicom":
            spec = importlib.util.find_spec(module)
            yield name, Path(spec.submodule_search_locations[0]) / folder
    for name, (version, folder) in {} if is_short else ARCHIVED.items():
        yield name, unpacked(name, version) / folder


def unpacked(name, version):
    """The folder of a package's source archive, which pip fetches once."""
    store = Path(sys.prefix) / "corpus"
    target = store / f"{name}-{version}"
    if not target.exists():
        unpacking = store / "unpacking"
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir(parents=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check",
             "--no-deps", "--no-binary", name, "-d", store, f"{name}=={version}"], check=True)
        with tarfile.open(next(store.glob(f"{name.replace('-', '?')}-{version}.tar.gz"))) as archive:
            archive.extractall(unpacking, filter="data")
        (unpacking / target.name).rename(target)
    return target


def content_of(path):
    """The bytes of a file, unpacked where it is packed."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def parsed(content, **options):
    """The data set of a file, or nothing where it is no DICOM file."""
    try:
        data = pydicom.dcmread(io.BytesIO(content), force=True, **options)
    except Exception:  # pydicom raises errors of many kinds.
        return None
    return data if len(data) > 4 else None


def is_ct(data):
    return data.get("Modality") == "CT" or data.get("SOPClassUID") in CT_CLASSES


def make(folder, is_short):
    laid = []

    def lay(name, kind, files):
        target = folder / "studies" / name
        target.mkdir(parents=True)
        for path, content in files:
            (target / path.name).write_bytes(content)
        laid.append({"id": name, "kind": kind})

    for package, root in sources(is_short):
        series = {}
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.suffix in (".py", ".pyc"):
                continue
            content = content_of(path)
            data = parsed(content, stop_before_pixels=True)
            if data is None:
                continue
            name = f"{package}:{path.relative_to(root)}".replace("/", ":")
            recast_content = recast(content, data)
            for label, kind, content in (
                    (name, "ct" if is_ct(data) else "other", content),
                    (f"{name}:as-ct", "recast", recast_content)):
                if content is None:
                    continue
                lay(label, kind, [(path, content)])
                # The other images of one series are one slice, encoded in several ways.
                if kind == "ct":
                    key = (path.parent, str(data.get("SeriesInstanceUID")))
                    series.setdefault(key, []).append((label, path, content))
        for members in series.values():
            if len(members) > 1:
                lay(f"{members[0][0]}:series", "ct", [member[1:] for member in members])
    (folder / "studies.json").write_text(json.dumps(laid))
    print(f"{len(laid)} studies laid from {', '.join(name for name, _ in sources(is_short))}")


def recast(content, data):
    """The bytes of a grey image as a CT slice, or nothing where they cannot become one.

    The storage class and the modality are replaced in place, and what a CT slice needs and the image
    lacks is inserted; nothing is encoded anew.
    """
    storage = str(data.get("SOPClassUID"))
    grey = data.get("PhotometricInterpretation", "").startswith("MONOCHROME")
    if storage not in RECAST or not grey or is_ct(data):
        return None
    if data.file_meta.get("TransferSyntaxUID") == pydicom.uid.DeflatedExplicitVRLittleEndian:
        return None
    if RECAST[storage] == CT:
        content = with_missing(content)
    pad = b"\0" * (len(storage) % 2)
    content = content.replace(storage.encode() + pad, RECAST[storage].encode() + pad)
    modality = str(data.get("Modality", "")).encode()
    for before in (b"\x08\x00\x60\x00CS\x02\x00", b"\x08\x00\x60\x00\x02\x00\x00\x00",
                   b"\x00\x08\x00\x60CS\x00\x02"):
        content = content.replace(before + modality, before + b"CT")
    return content


def with_missing(content):
    """A file with the elements of NEEDED that it lacks, each before the next higher one."""
    data = parsed(content)
    is_implicit, is_little = data.original_encoding
    order = "<" if is_little else ">"

    def start(tag):
        element = data.get_item(tag)
        place = getattr(element, "value_tell", None) or getattr(element, "file_tell")
        return place - (12 if not is_implicit and element.VR in LONG_FORMS else 8)

    # From the highest on, so that the places of the lower ones stay.
    for tag, value in sorted(NEEDED.items(), reverse=True):
        if tag in data or tag in RESCALE and "ModalityLUTSequence" in data:
            continue
        place = start(min(other for other in data.keys() if other > tag))
        length = (struct.pack(f"{order}L", len(value)) if is_implicit
                  else b"DS" + struct.pack(f"{order}H", len(value)))
        added = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF) + length + value
        content = content[:place] + added + content[place:]
    return content


# MARK: check


def summary(values):
    """The voxels of at least 130 HU, and the sum of their HU: fractions rounded down, and what 16 bits
    do not hold cut to them, which our reader says in a note."""
    found = np.minimum(values[values >= 130], 32767)
    return {"voxels": int(found.size), "sum": int(np.floor(found).sum())}


def group(frame, shared, sequence):
    """The first item of a sequence of a frame, or of all frames."""
    return (frame.get(sequence) or shared.get(sequence))[0]


def frames(path):
    """Each slice of a file as pydicom reads it: HU, and the elements that give its place."""
    d = pydicom.dcmread(path, force=True)
    if not d.file_meta.get("TransferSyntaxUID"):
        d.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if d.original_encoding[0] else (
            "1.2.840.10008.1.2.1" if d.original_encoding[1] else "1.2.840.10008.1.2.2")
    if "PerFrameFunctionalGroupsSequence" not in d:
        hu = d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept)
        if hu.ndim != 2:
            raise ValueError(f"pixels of the shape {hu.shape}")
        return [(hu, d, d, d)]
    shared = d.SharedFunctionalGroupsSequence[0]
    slices = []
    pixels = d.pixel_array.reshape(-1, d.Rows, d.Columns)
    for stored, frame in zip(pixels, d.PerFrameFunctionalGroupsSequence, strict=True):
        rescale = group(frame, shared, "PixelValueTransformationSequence")
        slices.append((
            stored * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept),
            group(frame, shared, "PlanePositionSequence"),
            group(frame, shared, "PlaneOrientationSequence"),
            group(frame, shared, "PixelMeasuresSequence")))
    return slices


def by_pydicom(files):
    """The summary and the grid, in ascending order along the normal."""
    slices = [s for file in files for s in frames(file)]
    # Headers round the cosines; both ITK and our reader make units of them.
    x, y = np.array(slices[0][2].ImageOrientationPatient, float).reshape(2, 3)
    x /= np.linalg.norm(x)
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    normal = np.cross(x, y)
    origins = np.array([s[1].ImagePositionPatient for s in slices], float)
    places = origins @ normal
    order = np.argsort(places)
    measures = slices[0][3]
    claimed = measures.get("SpacingBetweenSlices") or measures.get("SliceThickness") or 0
    step = np.ptp(places) / (len(slices) - 1) if len(slices) > 1 else float(claimed)
    values = np.stack([slices[i][0] for i in order])
    return summary(values) | {
        "size": list(values.shape[::-1]),
        "spacing": [float(measures.PixelSpacing[1]), float(measures.PixelSpacing[0]), float(step)],
        "origin": origins[order[0]].tolist(), "direction": [*x.tolist(), *y.tolist(), *normal.tolist()]}


def by_simpleitk(files):
    """The summary and the grid; of frames of one file only the summary, as ITK does not order them."""
    if len(files) == 1:
        image = sitk.ReadImage(str(files[0]))
    else:
        reader = sitk.ImageSeriesReader()
        names = reader.GetGDCMSeriesFileNames(str(files[0].parent))
        reader.SetFileNames(names)
        image = reader.Execute()
        if len(names) != len(files):
            raise ValueError(f"{len(names)} of {len(files)} files")
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise ValueError("colour")
    found = summary(sitk.GetArrayFromImage(image).astype(float))
    size = image.GetSize()
    if len(files) == 1 and size[2] > 1:
        return found | {"size": list(size)}
    spacing = list(image.GetSpacing())
    # The increment of one slice is what ITK makes of several elements.
    return found | {
        "size": list(size), "spacing": spacing if size[2] > 1 else spacing[:2],
        "origin": list(image.GetOrigin()),
        "direction": np.array(image.GetDirection()).reshape(3, 3).T.ravel().tolist()}


def read(library, files):
    """What a library makes of a study, or its error."""
    try:
        return library(files)
    except Exception as error:  # Both raise errors of many kinds.
        return {"error": re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")}


def differences(ours, theirs):
    """What differs, of what the other library says."""
    names = []
    for name, value in theirs.items():
        if name in ("voxels", "sum", "size"):
            same = ours[name] == value
        else:
            mine = np.array(ours[name][:len(value)], float)
            same = np.allclose(mine, value, rtol=0, atol=1e-4)
        if not same:
            names.append(f"{name} {ours[name]} instead of {value}")
    return names


def expected(name):
    """The entry of EXPECTED for a study and its pattern."""
    for pattern, entry in EXPECTED.items():
        if fnmatch.fnmatchcase(name, pattern):
            return pattern, entry
    return None, None


def compare(folder):
    """Compares all studies; returns the numbers of those read, recast and refused."""
    laid = json.loads((folder / "studies.json").read_text())
    lines = (folder / "read.jsonl").read_text().splitlines()
    ours = {study["id"]: study for study in map(json.loads, lines)}
    check(set(ours) == {study["id"] for study in laid}, f"{len(ours)} of {len(laid)} studies read")
    counts = {"ct": 0, "recast": 0, "refused": 0, "other": 0}
    used = set()
    for study in laid:
        name, kind = study["id"], study["kind"]
        mine = ours.get(name)
        if mine is None:
            continue
        error = mine.get("error")
        pattern, entry = expected(name)
        used.add(pattern)
        if kind == "other" and not entry:
            counts["other"] += 1
            check(error and any(words in error for words in NO_CT),
                  f"{name}: {error or 'was read'}; it is no CT")
            continue
        if isinstance(entry, Refused):
            counts["refused"] += 1
            check(error and entry.words in error,
                  f"{name}: {error or 'was read'}; to be refused: {entry.words}")
            continue
        if error:
            check(False, f"{name}: {error}")
            continue
        counts[kind] += 1
        if isinstance(entry, SameAs):
            other = ours[entry.study]
            wrong = differences(mine, {key: other[key] for key in COMPARED if key in other})
            check(not wrong and "error" not in other, f"{name}: is not as {entry.study}")
            continue
        files = sorted((folder / "studies" / name).iterdir())
        for library, reader in (("pydicom", by_pydicom), ("SimpleITK", by_simpleitk)):
            theirs = read(reader, files)
            wrong = [theirs["error"]] if "error" in theirs else differences(mine, theirs)
            if isinstance(entry, Alone) and entry.library != library:
                check(wrong, f"{name}: {library} reads it as we do; its entry is superfluous")
            else:
                check(not wrong, f"{name}: {library}: {'; '.join(wrong)}")
    # A short run lays fewer files.
    if any(study["id"].startswith("pydicom-data:") for study in laid):
        for pattern in EXPECTED.keys() - used:
            check(False, f"{pattern}: no study has this name")
    return counts


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    folder = Path(sys.argv[2])
    if sys.argv[1] == "make":
        shutil.rmtree(folder, ignore_errors=True)
        make(folder, sys.argv[3:] == ["short"])
        return
    counts = compare(folder)
    for sentence in FAILURES[:60]:
        print("differs:", sentence, file=sys.stderr)
    if FAILURES:
        sys.exit(f"{len(FAILURES)} differences")
    print(f"{counts['ct']} CT studies of other packages and {counts['recast']} other images as CT agree "
          f"with pydicom {pydicom.__version__} and SimpleITK {sitk.__version__}, "
          f"{counts['refused']} are refused for known reasons, and so are {counts['other']} files of "
          "other kinds")


if __name__ == "__main__":
    main()
