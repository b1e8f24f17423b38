# SPDX-License-Identifier: Apache-2.0
"""Predictions beside nnunetv2 2.8.1: the same logits on as many threads of the same processor.

    python -m Oracles.parity.logits CAC

The committed models (plain and residual, 2D and 3D), with 1 and 2 threads, mirrored or not. What is
compared is each class's logit less the background's, log p - log p0, wherever no probability is
below 1e-30; sums of windows are float16, so one that differs is off by about 1e-3 of itself.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from Oracles.fixtures import FIXTURES
from Oracles.parity import models

MODELS = FIXTURES / "nnunet/models"


def difference(name, threads, mirroring, folder):
    """The largest difference between both in probabilities, and in logits less the background's."""
    model = next((MODELS / name).glob("*__*"))
    scan = MODELS / name / "input"
    torch.set_num_threads(threads)
    network = models.predictor(model, (0,))
    network.use_mirroring = mirroring
    network.predict_from_files_sequential(
        [[str(scan / "scan_0000.nii.gz")]], [str(folder / "theirs")], save_probabilities=True,
        overwrite=True)
    subprocess.run([sys.argv[1], "predict", model, scan, folder / "ours", "--probabilities",
                    "--device", "cpu"]
                   + ([] if mirroring else ["--no-mirroring"]), check=True, capture_output=True,
                   env={**os.environ, "OMP_NUM_THREADS": str(threads)})
    p, q = (np.load(f)["probabilities"] for f in (folder / "theirs.npz", folder / "ours/scan.npz"))
    if p.shape != q.shape:
        return np.inf, np.inf
    sound = (np.minimum(p, q) > 1e-30).all(0)
    a, b = (np.log(x[:, sound].astype(np.float64)) for x in (p, q))
    return np.abs(p - q).max(), np.abs((a - a[0]) - (b - b[0])).max()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    worst = np.zeros(2)
    for name, *_ in models.CASES:
        for threads in (1, 2):
            for mirroring in (True, False):
                with tempfile.TemporaryDirectory() as folder:
                    off = difference(name, threads, mirroring, Path(folder))
                print(f"{name}, {threads} threads, mirroring {mirroring}: probabilities within "
                      f"{off[0]:.1e}, logits within {off[1]:.1e}", flush=True)
                worst = np.maximum(worst, off)
    summary = f"probabilities within {worst[0]:.1e}, logits less the background's within {worst[1]:.1e}"
    # A comparison with NaN is false, so this says what must hold.
    if not (worst[0] <= 1e-6 and worst[1] <= 1e-5):
        sys.exit(f"predictions differ from nnunetv2's: {summary}")
    print(f"cac and nnunetv2 2.8.1, 1 and 2 threads: {summary}")


if __name__ == "__main__":
    main()
