# SPDX-License-Identifier: Apache-2.0
"""Writes results by the command as DICOM objects and has others read and judge them.

dcmqi 1.5.7 and highdicom read the Segmentation, whose every voxel must be that of the mask; dciodvfy
(dicom3tools) and DicomSRValidator (PixelMed) must find no error; dsrdump shows the report's tree;
SimpleITK and dcm2niix read the pictures; patient and study are compared byte by byte. In the long form
Orthanc takes the objects by C-STORE and by STOW-RS and gives them back byte-equal.
"""

import csv
import io
import json
import pathlib
import random
import subprocess
import sys

import highdicom
import numpy
import pydicom
import SimpleITK
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless, generate_uid

ARTERIES = ["3227004", "59438005", "57396003", "13647002"]
# What results take over from the scan.
IDENTITY = [
    (0x0008, 0x0005), (0x0008, 0x0020), (0x0008, 0x0030), (0x0008, 0x0050), (0x0008, 0x0090),
    (0x0008, 0x1030), (0x0010, 0x0010), (0x0010, 0x0020), (0x0010, 0x0030), (0x0010, 0x0040),
    (0x0010, 0x1010), (0x0010, 0x4000), (0x0020, 0x000D), (0x0020, 0x0010),
]  # fmt: skip


def fail(text):
    sys.exit(f"dicom-out: {text}")


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, errors="replace", **options
    )
    return done.returncode, done.stdout + done.stderr


def score(program, scan, mask):
    """What the command makes of a mask."""
    command = [program, "score", scan.folder, "--mask", mask, "--labels", "arteries", "--json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        fail(f"{scan.name}: cac score --mask {mask.name}: {done.stderr[-300:]}")
    return json.loads(done.stdout)


# ---- scans --------------------------------------------------------------------------------------


class Scan:
    """A CT of noise and spheres, with a mask of arteries on its grid, (z, y, x)."""

    def __init__(self, folder, name, seed, *, clean=False, oblique=False, shape=(9, 60, 72)):
        self.folder, self.name = folder / name, name
        self.folder.mkdir(parents=True)
        draw = numpy.random.default_rng(seed)
        hu = draw.normal(40, 12, shape).round().astype(int)
        mask = numpy.zeros(shape, numpy.uint8)
        grid = numpy.stack(numpy.meshgrid(*[numpy.arange(n) for n in shape], indexing="ij"), -1)
        for artery in () if clean else (1, 2, 4):
            for _ in range(2):
                centre = [draw.integers(1, shape[0] - 1)] + [draw.integers(6, n - 6) for n in shape[1:]]
                near = (((grid - centre) * [2.2, 1, 1]) ** 2).sum(-1) <= draw.uniform(4, 14)
                near &= mask == 0
                mask[near] = artery
                hu[near] = draw.integers(180, 900)
        self.hu, self.mask = hu, mask
        self.spacing, self.increment = (0.41, 0.43), 3.0
        x, y = numpy.array([1.0, 0, 0]), numpy.array([0, 1.0, 0])
        if oblique:
            angle, tilt = 0.31, 0.22
            turn = numpy.array(
                [[numpy.cos(angle), -numpy.sin(angle), 0], [numpy.sin(angle), numpy.cos(angle), 0], [0, 0, 1]]
            ) @ numpy.array(
                [[1, 0, 0], [0, numpy.cos(tilt), -numpy.sin(tilt)], [0, numpy.sin(tilt), numpy.cos(tilt)]]
            )
            x, y = turn[:, 0], turn[:, 1]
        self.x, self.y, self.z = x, y, numpy.cross(x, y)
        self.origin = numpy.array([-83.5, -190.25, 1021.5])

    def position(self, z):
        return self.origin + self.z * self.increment * z

    def head(self):
        set = pydicom.Dataset()
        set.SpecificCharacterSet = "ISO_IR 192"
        set.StudyDate, set.StudyTime = "20240131", "101500"
        set.AccessionNumber, set.StudyID, set.StudyDescription = "A17", "S3", "Koronarkalk"
        set.ReferringPhysicianName = "Überweiser^Ärztin"
        set.PatientName, set.PatientID = "Müller-Åström^Zoë", "P 0815"
        set.PatientBirthDate, set.PatientSex, set.PatientAge = "19610203", "F", "062Y"
        # A blank more than the padding takes; Orthanc takes such away from what it gets by C-STORE.
        set.PatientComments = "größer als üblich" + ("  " if self.name == "clean" else "")
        set.Modality, set.Manufacturer = "CT", "Made Up"
        set.StudyInstanceUID = generate_uid(entropy_srcs=[self.name, "study"])
        set.SeriesInstanceUID = generate_uid(entropy_srcs=[self.name, "series"])
        set.FrameOfReferenceUID = generate_uid(entropy_srcs=[self.name, "frame"])
        set.SeriesNumber, set.KVP, set.SliceThickness = 3, 120, 3
        set.ConvolutionKernel = "B35f"
        set.SamplesPerPixel, set.PhotometricInterpretation = 1, "MONOCHROME2"
        set.Rows, set.Columns = self.mask.shape[1:]
        set.BitsAllocated = set.BitsStored = 16
        set.HighBit, set.PixelRepresentation = 15, 1
        return set

    def text(self, values):
        return [f"{v:.10g}"[:16] for v in values]

    def write(self, *, encoding="utf-8", charset=None, transfer=None, shuffled=False):
        names = list(range(len(self.mask)))
        if shuffled:
            random.Random(5).shuffle(names)
        for z in range(len(self.mask)):
            set = self.head()
            if charset:
                set.SpecificCharacterSet = charset
                set.PatientName = {"ISO_IR 100": "Müller^Jürgen", "ISO_IR 144": "Люкceмбypг"}.get(
                    charset if isinstance(charset, str) else charset[-1], "Yamada^Tarou=山田^太郎=やまだ^たろう"
                )
                set.PatientComments, set.ReferringPhysicianName = "x", "y"
            set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
            set.SOPInstanceUID = generate_uid(entropy_srcs=[self.name, str(z)])
            set.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
            set.InstanceNumber = z + 1
            set.ImagePositionPatient = self.text(self.position(z))
            set.ImageOrientationPatient = self.text([*self.x, *self.y])
            set.PixelSpacing = self.text(self.spacing[::-1])
            set.RescaleSlope, set.RescaleIntercept, set.RescaleType = 1, 0, "HU"
            set.PixelData = self.hu[z].astype("<i2").tobytes()
            self.save(set, self.folder / f"{names[z]:03}.dcm", transfer)

    def write_multi_frame(self):
        set = self.head()
        set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
        set.SOPInstanceUID = generate_uid(entropy_srcs=[self.name, "all"])
        set.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        set.InstanceNumber, set.NumberOfFrames = 1, len(self.mask)

        def item(**values):
            made = pydicom.Dataset()
            for key, value in values.items():
                setattr(made, key, value)
            return [made]

        set.SharedFunctionalGroupsSequence = item(
            PixelMeasuresSequence=item(
                PixelSpacing=self.text(self.spacing[::-1]), SliceThickness=3, SpacingBetweenSlices=3
            ),
            PlaneOrientationSequence=item(ImageOrientationPatient=self.text([*self.x, *self.y])),
            PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=0, RescaleType="HU"),
        )
        set.PerFrameFunctionalGroupsSequence = [
            item(PlanePositionSequence=item(ImagePositionPatient=self.text(self.position(z))))[0]
            for z in range(len(self.mask))
        ]
        set.PixelData = self.hu.astype("<i2").tobytes()
        self.save(set, self.folder / "all.dcm", None)

    @staticmethod
    def save(set, path, transfer):
        set.file_meta = pydicom.dataset.FileMetaDataset()
        set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if transfer:
            set.compress(transfer)
        pydicom.dcmwrite(path, set, enforce_file_format=True)

    def write_mask(self, path):
        image = SimpleITK.GetImageFromArray(self.mask)
        image.SetSpacing([*self.spacing, self.increment])
        image.SetOrigin(self.origin.tolist())
        image.SetDirection(numpy.stack([self.x, self.y, self.z], 1).ravel().tolist())
        SimpleITK.WriteImage(image, str(path))


# ---- checks -------------------------------------------------------------------------------------


def raw(path, tag):
    """The bytes of an element as they lie in the file."""
    set = pydicom.dcmread(path, stop_before_pixels=True)
    return set.get_item(tag).value if tag in set else None


def check_identity(scan, path):
    source = sorted(scan.folder.iterdir())[0]
    for tag in IDENTITY:
        if raw(source, tag) is not None and raw(source, tag) != raw(path, tag):
            fail(f"{scan.name}: {path.name} has another {tag}: {raw(path, tag)}, not {raw(source, tag)}")


def planes(scan, positions):
    """The index in the mask of each position."""
    along = (numpy.array(positions, float) - scan.origin) @ scan.z / scan.increment
    if abs(along - along.round()).max() > 1e-3:
        fail(f"{scan.name}: frames lie between the slices")
    return along.round().astype(int)


def check_highdicom(scan, path):
    seg = highdicom.seg.segread(path)
    labels = numpy.zeros(scan.mask.shape, numpy.uint8)
    frames = numpy.asarray(seg.pixel_array)
    positions = [
        f.PlanePositionSequence[0].ImagePositionPatient for f in seg.PerFrameFunctionalGroupsSequence
    ]
    index = planes(scan, positions)
    if seg.SegmentationType == "LABELMAP":
        for z, frame in zip(index, frames):
            labels[z] = frame
    else:
        if len(frames) != 4 * len(scan.mask):
            fail(f"{scan.name}: {len(frames)} frames for {len(scan.mask)} slices")
        for z, frame, groups in zip(index, frames, seg.PerFrameFunctionalGroupsSequence):
            labels[z][frame > 0] = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        sources = [
            g.DerivationImageSequence[0].SourceImageSequence[0] for g in seg.PerFrameFunctionalGroupsSequence
        ]
        by_position = {}
        for file in scan.folder.iterdir():
            set = pydicom.dcmread(file, stop_before_pixels=True)
            if "PerFrameFunctionalGroupsSequence" in set:
                for i in range(set.NumberOfFrames):
                    by_position[i] = (set.SOPInstanceUID, i + 1)
            else:
                by_position[planes(scan, [set.ImagePositionPatient])[0]] = (set.SOPInstanceUID, None)
        for z, source in zip(index, sources):
            frame = source.get("ReferencedFrameNumber")
            if (source.ReferencedSOPInstanceUID, frame) != by_position[z]:
                fail(f"{scan.name}: a frame names another slice as its source")
        volume = seg.get_volume(combine_segments=True, rescale_fractional=False)
        if volume.array.sum() != labels.astype(int).sum():
            fail(f"{scan.name}: highdicom makes another volume of the segmentation")
    if (labels != scan.mask).any():
        fail(f"{scan.name}: highdicom finds {(labels != scan.mask).sum()} other voxels in {path.name}")


def check_dcmqi(scan, path, folder):
    out = folder / f"{scan.name}-{path.stem}-dcmqi"
    out.mkdir()
    program = pathlib.Path(sys.executable).parent / "segimage2itkimage"
    code, text = run(
        program, "--inputDICOM", path, "--outputDirectory", out, "--outputType", "nifti", "--mergeSegments"
    )
    files = sorted(out.glob("*.nii.gz"))
    if code or not files:
        fail(f"{scan.name}: dcmqi does not read {path.name}: {text[-400:]}")
    found = numpy.zeros(scan.mask.shape, numpy.uint8)
    for file in files:
        image = SimpleITK.ReadImage(str(file))
        values = SimpleITK.GetArrayFromImage(image)
        for v in numpy.argwhere(values > 0):
            point = image.TransformIndexToPhysicalPoint([int(i) for i in v[::-1]])
            d = numpy.array(point) - scan.origin
            at = [d @ scan.z / scan.increment, d @ scan.y / scan.spacing[1], d @ scan.x / scan.spacing[0]]
            place = tuple(round(a) for a in at)
            if max(abs(a - p) for a, p in zip(at, place)) > 0.02:
                fail(f"{scan.name}: dcmqi puts voxels between those of the scan")
            found[place] = values[tuple(v)]
    if (found != scan.mask).any():
        fail(f"{scan.name}: dcmqi finds {(found != scan.mask).sum()} other voxels in {path.name}")


def check_dciodvfy(scan, path):
    _, text = run("dciodvfy", "-new", path)
    errors = [line for line in text.splitlines() if line.startswith("Error")]
    if errors:
        fail(f"{scan.name}: dciodvfy on {path.name}: {'; '.join(errors[:3])}")


def check_pixelmed(scan, path):
    jars = ":".join(str(p) for p in pathlib.Path("/usr/share/java").glob("*.jar"))
    # Java limits how long the expressions of its rules may be.
    limits = [f"-Djdk.xml.xpath{name}Limit=0" for name in ("ExprGrp", "ExprOp", "TotalOp")]
    _, text = run("java", *limits, "-cp", jars, "com.pixelmed.validate.DicomSRValidator", path)
    if "IOD validation complete" not in text or "Found Root Template TID_1500" not in text:
        fail(f"{scan.name}: PixelMed's validator does not run: {text[-300:]}")
    errors = [line for line in text.splitlines() if line.startswith("Error")]
    if errors:
        fail(f"{scan.name}: PixelMed on {path.name}: {'; '.join(errors[:3])}")


def check_report(scan, path, scored):
    code, text = run("dsrdump", path)
    if code or text.count('"Measurement Group"') != 5:
        fail(f"{scan.name}: dsrdump shows another tree")
    report = highdicom.sr.srread(path)
    if report.SOPClassUID != "1.2.840.10008.5.1.4.1.1.88.33":
        fail(f"{scan.name}: the report is no Comprehensive SR")
    groups = [
        g for g in report.content.get_volumetric_roi_measurement_groups()
    ]  # fmt: skip
    if len(groups) != 5:
        fail(f"{scan.name}: highdicom finds {len(groups)} groups")
    for group, artery in zip(groups, ["LM", "LAD", "LCX", "RCA", None]):
        part = scored if artery is None else (scored["arteries"].get(artery) or {})
        values = {m.name.value: float(m.value) for m in group.get_measurements()}
        lesions = part.get("lesions", 0)
        wanted = {
            "450360000": part.get("agatston", 0),
            "122660": part.get("volume_mm3", 0),
            "111038": len(lesions) if isinstance(lesions, list) else lesions,
        }
        for concept, value in wanted.items():
            if abs(values.get(concept, -1) - value) > 5e-4:
                fail(f"{scan.name}: {artery or 'whole heart'} has {values}, not {wanted}")


def check_pictures(scan, folder, work):
    for path in sorted(folder.glob("picture-*.dcm")):
        image = SimpleITK.ReadImage(str(path))
        if image.GetNumberOfComponentsPerPixel() != 3 or image.GetSize()[0] < 500:
            fail(f"{scan.name}: SimpleITK reads another picture")
        code, text = run("dcm2niix", "-f", f"{scan.name}-{path.stem}", "-o", work, "-s", "y", path)
        if code or not list(work.glob(f"{scan.name}-{path.stem}*.nii*")):
            fail(f"{scan.name}: dcm2niix does not read {path.name}: {text[-300:]}")
    report = pydicom.dcmread(folder / "report.dcm")
    pdf = report.EncapsulatedDocument[: report.EncapsulatedDocumentLength]
    if not pdf.startswith(b"%PDF-") or not pdf.rstrip().endswith(b"%%EOF"):
        fail(f"{scan.name}: the document is no whole PDF")


def check(program, scan, work, *, everything):
    mask, out = work / f"{scan.name}.nii.gz", work / f"{scan.name}-out"
    scan.write_mask(mask)
    options = ["--mask", mask, "--labels", "arteries", "-o", out, "--origin", "reader", "--stable-uids"]
    kinds = ["--seg", "--labelmap", "--sr"] + (["--pdf", "--sc"] if everything else [])
    code, text = run(program, "dicom", scan.folder, *options, *kinds)
    if code:
        fail(f"{scan.name}: cac dicom: {text[-500:]}")
    seg = out / "seg.dcm"
    for path in out.glob("*.dcm"):
        check_identity(scan, path)
        if path.name != "labelmap.dcm":
            check_dciodvfy(scan, path)
    check_highdicom(scan, seg)
    check_highdicom(scan, out / "labelmap.dcm")
    check_dcmqi(scan, seg, work)
    scores = [score(program, scan, masks) for masks in (mask, seg, out / "labelmap.dcm")]
    for key in ("agatston", "volume_mm3", "arteries", "lesions"):
        if scores[1][key] != scores[0][key] or scores[2][key] != scores[0][key]:
            fail(f"{scan.name}: {key} differs after a round trip")
    check_report(scan, out / "sr.dcm", scores[0])
    check_pixelmed(scan, out / "sr.dcm")
    if everything:
        check_pictures(scan, out, work)
    before = {p.name: pydicom.dcmread(p).SOPInstanceUID for p in out.glob("*.dcm")}
    run(program, "dicom", scan.folder, *options, *kinds)
    if before != {p.name: pydicom.dcmread(p).SOPInstanceUID for p in out.glob("*.dcm")}:
        fail(f"{scan.name}: --stable-uids gives other identifiers")
    print(f"dicom-out: {scan.name}: Agatston {scores[0]['agatston']:.1f}, every voxel and number agrees")
    return out


def check_fractional(program, scan, work):
    """A fractional segmentation of highdicom's becomes the mask that it was made of."""
    sources = [pydicom.dcmread(p) for p in sorted(scan.folder.iterdir())]
    sources.sort(key=lambda s: planes(scan, [s.ImagePositionPatient])[0])
    codes = highdicom.sr.CodedConcept
    descriptions = [
        highdicom.seg.SegmentDescription(
            segment_number=i + 1, segment_label=name,
            segmented_property_category=codes("49755003", "SCT", "Morphologically Abnormal Structure"),
            segmented_property_type=codes("18115005", "SCT", "Pathologic calcification"),
            algorithm_type="MANUAL",
        )
        for i, name in enumerate(["LM", "LAD", "LCX", "RCA"])
    ]  # fmt: skip
    shares = numpy.stack([(scan.mask == i + 1) * 0.9 for i in range(4)], -1)
    for kind in ("FRACTIONAL", "BINARY", "LABELMAP"):
        seg = highdicom.seg.Segmentation(
            source_images=sources, pixel_array=shares if kind == "FRACTIONAL" else scan.mask,
            segmentation_type=kind, segment_descriptions=descriptions,
            series_instance_uid=generate_uid(), series_number=50, sop_instance_uid=generate_uid(),
            instance_number=1, manufacturer="x", manufacturer_model_name="x", software_versions="x",
            device_serial_number="x", omit_empty_frames=True,
        )  # fmt: skip
        path = work / f"highdicom-{kind}.dcm"
        seg.save_as(path)
        a, b = (score(program, scan, m) for m in (work / f"{scan.name}.nii.gz", path))
        if a["arteries"] != b["arteries"]:
            fail(f"a {kind} segmentation of highdicom's is scored otherwise")
    print("dicom-out: binary, fractional and label map segmentations of highdicom's are scored as their masks")


def main():
    program, work, short = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), "short" in sys.argv[3:]
    work.mkdir(parents=True)
    plain = Scan(work, "plain", 1)
    plain.write(shuffled=True)
    out = check(program, plain, work, everything=True)
    check_fractional(program, plain, work)
    clean = Scan(work, "clean", 2, clean=True)
    clean.write()
    check(program, clean, work, everything=False)
    oblique = Scan(work, "oblique", 3, oblique=True)
    oblique.write(charset="ISO_IR 100")
    check(program, oblique, work, everything=False)
    frames = Scan(work, "multi-frame", 4)
    frames.write_multi_frame()
    check(program, frames, work, everything=False)
    if short:
        return
    packed = Scan(work, "compressed", 6)
    packed.write(transfer=JPEG2000Lossless)
    check(program, packed, work, everything=True)
    run_length = Scan(work, "run-length", 7, oblique=True)
    run_length.write(transfer=RLELossless, charset=["", "ISO 2022 IR 87"])
    check(program, run_length, work, everything=False)
    from . import dicom_archive

    dicom_archive.check(program, sorted(out.glob("*.dcm")), work)


if __name__ == "__main__":
    main()
