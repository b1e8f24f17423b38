# SPDX-License-Identifier: Apache-2.0
"""Cascades, regions, several channels, many labels and ensembles beside nnunetv2 2.8.1.

    python -m Oracles.parity.predictions make FOLDER [--small]
    python -m Oracles.parity.predictions check FOLDER

`make` writes for each case one or two model folders of random weights, images, and what nnunetv2
predicts (`theirs`; for a cascade also `previous`, its first stage; `ensemble`, both stages averaged).
`--small` makes those of Tests/Fixtures/nnunet/predictions. `check` compares what `cac` made of them
(scripts/parity runs it), in folders called `ours`, `given` and `averaged`.
"""
import json
import shutil
import sys
from pathlib import Path

from Oracles.parity import models

import numpy as np
import SimpleITK as sitk
import torch

# name, configuration, shape (z, y, x), spacing (x, y, z), labels, channels. The coarse axis of the
# cascade is x, which nnU-Net moves to the front.
REGIONS = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "tip": 3, "ignore": 4}
MANY = {"background": 0, **{f"label{i}": i for i in range(1, 300)}}
CASES = [
    ("cascade", "3d_cascade_fullres", (36, 40, 10), (3.0, 0.5, 0.5),
     {"background": 0, "a": 1, "b": 2}, ["CT", "MR"]),
    ("regions-2d", "2d", (5, 40, 36), (0.5, 0.5, 3.0), REGIONS, ["MR", "CT"]),
    ("regions-3d", "3d_fullres", (12, 40, 36), (0.5, 0.5, 3.0), REGIONS, ["CT"]),
    ("many", "2d", (5, 40, 36), (0.5, 0.5, 3.0), MANY, ["CT"]),
]


def planned(index, shape, spacing, labels, channels, small):
    """A plan of nnunetv2, with more channels, other labels and the two stages of a cascade."""
    plans, dataset = models.plan(index, False, shape, spacing, 2, small)
    dataset["channel_names"] = {str(i): c for i, c in enumerate(channels)}
    dataset["labels"] = labels
    if any(isinstance(v, list) for v in labels.values()):
        dataset["regions_class_order"] = [2, 1, 3]
    properties = plans["foreground_intensity_properties_per_channel"]
    for i in range(len(channels)):
        properties[str(i)] = properties["0"]
    stages = plans["configurations"]
    for name in ("2d", "3d_fullres"):
        if name in stages:
            stages[name]["normalization_schemes"] = [
                "CTNormalization" if c == "CT" else "ZScoreNormalization" for c in channels]
            stages[name]["use_mask_for_norm"] = [c != "CT" for c in channels]
    full = stages["3d_fullres"]
    stages["3d_lowres"] = {
        "inherits_from": "3d_fullres", "data_identifier": "nnUNetPlans_3d_lowres",
        "spacing": [full["spacing"][0]] + [1.7 * s for s in full["spacing"][1:]],
        "next_stage": "3d_cascade_fullres"}
    stages["3d_cascade_fullres"] = {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"}
    return plans, dataset


def images(folder, shape, spacing, channels, seed):
    """A file for each channel, with a border of zeros to be cropped."""
    folder.mkdir(parents=True)
    for c in range(channels):
        scan, _ = models.image(shape, spacing, seed + c, oblique=True)
        array = sitk.GetArrayFromImage(scan)
        array[:, :4], array[:, :, -1:] = 0, 0
        array[:1] = 0
        new = sitk.GetImageFromArray(array)
        new.CopyInformation(scan)
        sitk.WriteImage(new, str(folder / f"scan_{c:04d}.nii.gz"))
    return [str(folder / f"scan_{c:04d}.nii.gz") for c in range(channels)]


def trained(folder, plans, dataset, configuration, seed, small):
    """A model folder of nnunetv2 with random weights."""
    fold = models.train(plans, dataset, configuration, 0, seed, small)
    model = folder / fold.parent.name
    (model / "fold_0").mkdir(parents=True)
    shutil.copy(fold / "checkpoint_final.pth", model / "fold_0")
    (model / "plans.json").write_text(json.dumps(plans))
    (model / "dataset.json").write_text(json.dumps(dataset))
    return model


def predict(model, files, out, previous=None):
    out.mkdir()
    network = models.predictor(model, (0,))
    network.predict_from_files_sequential(
        [files], str(out), save_probabilities=True, overwrite=True,
        folder_with_segs_from_prev_stage=previous and str(previous))


def make(out, small):
    """Writes each case of CASES; of small ones label maps and half-precision probabilities only."""
    for index, (name, configuration, shape, spacing, labels, channels) in enumerate(CASES):
        if small:
            shape = tuple(2 * (n // 4) + 2 for n in shape)
        plans, dataset = planned(960 + index, shape, spacing, labels, channels, small)
        grid = shape if small else tuple(n + d for n, d in zip(shape, (9, 13, 11), strict=True))
        files = images(out / name / "input", grid, tuple(1.1 * s for s in spacing), len(channels),
                       70 + 10 * index)
        previous = None
        if "cascade" in configuration:
            low = trained(out / name, plans, dataset, "3d_lowres", 31 + index, small)
            previous = out / name / "previous"
            predict(low, files, previous)
        model = trained(out / name, plans, dataset, configuration, 41 + index, small)
        predict(model, files, out / name / "theirs", previous)
        if previous:
            from nnunetv2.ensembling.ensemble import ensemble_folders
            ensemble_folders([str(previous), str(out / name / "theirs")],
                             str(out / name / "ensemble"), True, 1)
        values = sitk.GetArrayFromImage(sitk.ReadImage(str(out / name / "theirs/scan.nii.gz")))
        print(f"{name}: {configuration}, labels {np.bincount(values.ravel())[:8]}", flush=True)
        if small:
            shrink(out / name)


def shrink(case):
    """Keeps the label maps of a case, and its probabilities in half precision but for many labels."""
    for folder in case.iterdir():
        if folder.name not in ("theirs", "previous", "ensemble"):
            continue
        for extra in folder.iterdir():
            if extra.name == "scan.npz" and case.name != "many":
                p = np.load(extra)["probabilities"]
                (folder / "probabilities.f16").write_bytes(p.astype("<f2").tobytes())
            if extra.name not in ("scan.nii.gz", "probabilities.f16"):
                extra.unlink()


def differs(theirs, ours):
    """What is different between two folders of predictions, after saying how much."""
    a, b = (sitk.ReadImage(str(f / "scan.nii.gz")) for f in (theirs, ours))
    grid = max(np.abs(np.subtract(getattr(a, g)(), getattr(b, g)())).max()
               for g in ("GetOrigin", "GetSpacing", "GetDirection"))
    kind = a.GetPixelID() == b.GetPixelID()
    same = (sitk.GetArrayFromImage(a) == sitk.GetArrayFromImage(b)).mean()
    p, q = (np.load(f / "scan.npz")["probabilities"] for f in (theirs, ours))
    worst = np.abs(p - q).max() if p.shape == q.shape else np.inf
    print(f"{theirs.parent.name} {ours.name}: {100 * same:.4f} % of labels equal, probabilities "
          f"within {worst:.1e}, grid within {grid:.1e}")
    # A comparison with NaN is false, so this says what must hold.
    return not (same >= 0.9999 and worst <= 1e-5 and grid <= 1e-4 and kind)


def check(out):
    failures = []
    for name, *_ in CASES:
        case = out / name
        pairs = [("theirs", "ours")]
        if (case / "previous").exists():
            pairs += [("theirs", "given"), ("ensemble", "averaged")]
        failures += [f"{name}: {b}" for a, b in pairs if differs(case / a, case / b)]
        # What is written beside the probabilities leads nnunetv2's ensemble to the same labels.
        from nnunetv2.ensembling.ensemble import ensemble_folders
        ensemble_folders([str(case / "ours")] * 2, str(case / "again"), False, 1)
        a, b = (sitk.GetArrayFromImage(sitk.ReadImage(str(case / f / "scan.nii.gz")))
                for f in ("ours", "again"))
        if not np.array_equal(a, b):
            failures.append(f"{name}: nnunetv2's ensemble of our probabilities")
    for sentence in failures:
        print("differs:", sentence, file=sys.stderr)
    if failures:
        sys.exit(f"{len(failures)} differences")
    print(f"{len(CASES)} predictions of nnunetv2 2.8.1 agree")


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(arguments) != 2 or arguments[0] not in ("make", "check"):
        sys.exit(__doc__)
    torch.set_num_threads(2)
    if arguments[0] == "make":
        make(Path(arguments[1]), "--small" in sys.argv)
    else:
        check(Path(arguments[1]))
