# SPDX-License-Identifier: Apache-2.0
"""Times whole commands beside nnunetv2 2.8.1 on this machine, two threads each, in turns.

    python -m Oracles.peers.nnunet_commands CAC SLICES        (scripts/peers nnunet [SLICES])

Three works: starting (`--help`); fingerprint, plan and preprocessing of six cases (2d and
3d_fullres); predicting one case of SLICES × 512 × 512 with the default 2D network of random weights,
one fold, no mirroring: noise with blobs, then a synthetic chest; each also with `--engine packed` and
with `--fast` beside the same run of nnunetv2.

Shares are those of the rate of a float32 matrix product on as many threads, for all convolutions of
all slices over the time of the whole process. A ratio is nnunetv2's figure over ours: wall time,
processor time of all processes, and the largest resident memory of any one process.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

# It names nnU-Net's folders to nnunetv2.
from Oracles.parity import models

import numpy as np
import SimpleITK as sitk

CAC = sys.argv[1]
SLICES = int(sys.argv[2])
BIN = Path(sys.executable).parent
THREADS = {"OMP_NUM_THREADS": "2", "nnUNet_def_n_proc": "2", "nnUNet_n_proc_DA": "2"}


def run(command, **more):
    """Seconds, processor seconds and MB of a command, which must succeed."""
    code = ("import os, resource, subprocess, sys\n"
            "status = subprocess.run(sys.argv[1:], stdout=2).returncode\n"
            "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)\n"
            "sys.exit(status)\n")
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-S", "-c", code, *map(str, command)],
                          capture_output=True, text=True, env={**os.environ, **THREADS, **more})
    wall = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"peers: {command[0]} failed:\n{done.stderr[-2000:]}")
    cpu, memory = done.stdout.split()
    return wall, float(cpu), float(memory)


def row(what, ours, theirs, times=1):
    """One line of the table; the smallest of some runs that take turns. Returns both."""
    a, b = [], []
    for _ in range(times):
        a.append(ours())
        b.append(theirs())
    best = [[min(r[i] for r in runs) for i in range(3)] for runs in (a, b)]
    ratios = [t / o for o, t in zip(*best)]
    print(f"{what:50}" + "".join(f"{o:9.2f}{t:9.2f} ×{r:<6.1f}" for o, t, r in
                                 zip(best[0], best[1], ratios)), flush=True)
    return best


def product_rate():
    """Floating-point operations a second of a large float32 matrix product on two threads."""
    code = ("import time, torch\n"
            "torch.set_num_threads(2)\n"
            "a = torch.rand(1024, 1024)\n"
            "def once():\n"
            "    begin = time.perf_counter()\n"
            "    a @ a\n"
            "    return time.perf_counter() - begin\n"
            "print(2 * 1024**3 / min(once() for _ in range(20)))\n")
    return float(subprocess.check_output([sys.executable, "-c", code],
                                         env={**os.environ, **THREADS}))


def operations(plans, size):
    """Floating-point operations of the convolutions of one slice."""
    a = plans["configurations"]["2d"]["architecture"]["arch_kwargs"]
    features, total, inputs, grids = a["features_per_stage"], 0, 1, []
    for f, k, stride, n in zip(features, a["kernel_sizes"], a["strides"], a["n_conv_per_stage"]):
        size //= stride[0]
        grids.append(size * size)
        for _ in range(n):
            total += 2 * k[0] * k[1] * inputs * f * grids[-1]
            inputs = f
    for d, n in enumerate(a["n_conv_per_stage_decoder"]):
        s = len(features) - 2 - d
        f, k = features[s], a["kernel_sizes"][s]
        # The transposed convolution, whose kernel is its stride, then those of the stage.
        total += 2 * features[s + 1] * f * grids[s]
        total += 2 * k[0] * k[1] * (n + 1) * f * f * grids[s]
    return total + 2 * 2 * features[0] * grids[0]


def chest(folder):
    """A synthetic chest as NIfTI."""
    subprocess.run([CAC, "phantom", folder / "cohort", "--subjects", "1", "--matrix", "512",
                    "--slices", str(SLICES), "--seed", "1"], check=True, capture_output=True)
    series = str(next((folder / "cohort").rglob("*.dcm")).parent)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(series)
    (folder / "chest").mkdir()
    sitk.WriteImage(sitk.ReadImage(names), str(folder / "chest" / "scan_0000.nii.gz"))


def raw(folder, cases, slices, size):
    """A data set of CT-like cases, each with one structure."""
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True)
    for k in range(cases):
        scan, blob = models.image((slices, size, size), (0.39, 0.39, 3.0), k)
        label = sitk.GetImageFromArray(blob.astype(np.uint8))
        label.CopyInformation(scan)
        sitk.WriteImage(scan, str(folder / f"imagesTr/c{k}_0000.nii.gz"))
        sitk.WriteImage(label, str(folder / f"labelsTr/c{k}.nii.gz"))
    (folder / "dataset.json").write_text(json.dumps(
        {"channel_names": {"0": "CT"}, "labels": {"background": 0, "calcium": 1},
         "numTraining": cases, "file_ending": ".nii.gz"}))


def roots(folder):
    """nnU-Net's three folders as variables of the environment."""
    return {f"nnUNet_{p}": str(folder / p) for p in ("raw", "preprocessed", "results")}


def planning(work):
    """Both write into folders of their own, from the same raw data."""
    def ours():
        folder = work / "ours"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "raw").symlink_to(work / "raw")
        parts = [run([CAC, "plan", "501"], **roots(folder)),
                 run([CAC, "preprocess", "501", "-c", "2d", "3d_fullres"], **roots(folder))]
        return sum(p[0] for p in parts), sum(p[1] for p in parts), max(p[2] for p in parts)

    def theirs():
        folder = work / "theirs"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "preprocessed").mkdir(parents=True)
        (folder / "results").mkdir()
        (folder / "raw").symlink_to(work / "raw")
        return run([BIN / "nnUNetv2_plan_and_preprocess", "-d", "501", "-c", "2d", "3d_fullres",
                    "-np", "2", "2", "-npfp", "2"], **roots(folder))

    raw(work / "raw" / "Dataset501_Peers", 6, SLICES, 512)
    row(f"plan, preprocess 6 × {SLICES}×512×512", ours, theirs)


def write_model(work):
    """A model folder of the default 2D network with random weights, and its plans."""
    # Its planner and its trainer print what they do; here only the tables matter.
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        plans, dataset = models.plan(950, False, (SLICES, 512, 512), (0.39, 0.39, 3.0), 2, False,
                                     features=32)
        fold = models.train(plans, dataset, "2d", 0, 1, True)
    model = work / fold.parent.name
    (model / "fold_0").mkdir(parents=True)
    for name, content in (("plans.json", plans), ("dataset.json", dataset)):
        (model / name).write_text(json.dumps(content))
    shutil.copy(fold / "checkpoint_final.pth", model / "fold_0")
    return model, plans


def write_blobs(folder):
    folder.mkdir()
    scan, _ = models.image((SLICES, 512, 512), (0.39, 0.39, 3.0), 7)
    sitk.WriteImage(scan, str(folder / "scan_0000.nii.gz"))


def predict_here(work, model, scans, *flags):
    shutil.rmtree(work / "a", ignore_errors=True)
    return run([CAC, "predict", model, work / scans, work / "a", "--no-mirroring",
                "--device", "cpu", *flags])


def predict_by_nnunet(work, model, scans):
    shutil.rmtree(work / "b", ignore_errors=True)
    return run([BIN / "nnUNetv2_predict_from_modelfolder", "-i", work / scans, "-o",
                work / "b", "-m", model, "-f", "0", "--disable_tta", "-device", "cpu",
                "-npp", "1", "-nps", "1"])


def print_agreement(work):
    """How many voxels have the same label in both, and what our run says of itself."""
    a, b = (sitk.GetArrayFromImage(sitk.ReadImage(str(work / p / "scan.nii.gz"))) for p in "ab")
    remarks = json.loads((work / "a" / "predictions.run.json").read_text())["remarks"]
    print(f"  label maps: {100 * np.mean(a == b):.4f} % of the voxels are the same; "
          + "; ".join(remarks), flush=True)


def predicting(work):
    model, plans = write_model(work)
    write_blobs(work / "input")
    chest(work)
    rate, each = product_rate(), operations(plans, 512)
    for scans, name in (("input", "blobs"), ("chest", "a chest")):
        what = f"predict {SLICES}×512×512, 2D, {name}"
        plain, other = row(what, partial(predict_here, work, model, scans),
                           partial(predict_by_nnunet, work, model, scans))
        print_agreement(work)
        shares = [100 * each * SLICES / r[0] / rate for r in (plain, other)]
        print(f"  share of {rate / 1e9:.0f} GFLOP/s of a matrix product: "
              f"{shares[0]:.0f} %, nnunetv2 {shares[1]:.0f} %", flush=True)
        for flags in ("--engine packed", "--fast"):
            row(f"{what} {flags}", partial(predict_here, work, model, scans, *flags.split()),
                partial(list, other))
            print_agreement(work)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        print(f"{'':50}{'seconds':^26}{'processor seconds':^26}{'MB':^26}")
        print(f"{'':50}" + f"{'ours':>9}{'nnunetv2':>9} {'ratio':6} " * 3)
        helps = {"predict --help": "nnUNetv2_predict", "plan --help": "nnUNetv2_plan_experiment"}
        for ours, theirs in helps.items():
            row(f"cac {ours}", partial(run, [CAC, *ours.split()]),
                partial(run, [BIN / theirs, "-h"]), times=3)
        predicting(work)
        planning(work)


if __name__ == "__main__":
    main()
