# SPDX-License-Identifier: Apache-2.0
"""The plain engine beside nnunetv2 2.8.1: the same logits on as many threads of the same processor.

    python3 scripts/parity-bits.py CAC

The committed models (plain and residual, 2D and 3D), with 1 and 2 threads, mirrored or not. Logits
are float16, so one that differs moves a probability by 1e-4; the softmax in float32 by 1e-7.
"""
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

spec = importlib.util.spec_from_file_location(
    "parity_models", Path(__file__).parent / "parity-models.py")
models = importlib.util.module_from_spec(spec)
spec.loader.exec_module(models)

FIXTURES = Path(__file__).parent.parent / "Tests/Fixtures/nnunet-models"


def difference(name, threads, mirroring, place):
    """The largest difference between the probabilities of both."""
    model = next((FIXTURES / name).glob("*__*"))
    scan = FIXTURES / name / "input"
    torch.set_num_threads(threads)
    one = models.predictor(model, (0,))
    one.use_mirroring = mirroring
    one.predict_from_files_sequential([[str(scan / "scan_0000.nii.gz")]], [str(place / "theirs")],
                                      save_probabilities=True, overwrite=True)
    subprocess.run([sys.argv[1], "predict", model, scan, place / "ours", "--probabilities",
                    "--device", "cpu", "--engine", "plain"]
                   + ([] if mirroring else ["--no-mirroring"]), check=True, capture_output=True,
                   env={**os.environ, "OMP_NUM_THREADS": str(threads)})
    p, q = (np.load(f)["probabilities"] for f in (place / "theirs.npz", place / "ours/scan.npz"))
    return np.abs(p - q).max() if p.shape == q.shape else np.inf


if __name__ == "__main__":
    worst = 0
    for name, *_ in models.CASES:
        for threads in (1, 2):
            for mirroring in (True, False):
                with tempfile.TemporaryDirectory() as folder:
                    off = difference(name, threads, mirroring, Path(folder))
                print(f"{name}, {threads} threads, mirroring {mirroring}: within {off:.1e}",
                      flush=True)
                worst = max(worst, off)
    if worst > 1e-6:
        sys.exit(f"the plain engine's probabilities differ by {worst:.1e}")
    print("plain engine: the logits of nnunetv2 2.8.1, with 1 and 2 threads")
