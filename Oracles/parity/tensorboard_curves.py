# SPDX-License-Identifier: Apache-2.0
"""The reader of TensorBoard 2.21.0 on a training that was killed and resumed, against metrics.jsonl.

    python -m Oracles.parity.tensorboard_curves CAC

CAC is the built command. A short 2D training writes event files, is killed once it has written
some epochs, and resumes with --continue; then
EventAccumulator must give each curve once an epoch, with the numbers of metrics.jsonl as float32.
"""

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {"loss/training": "train_loss", "loss/validation": "val_loss",
        "pseudo-Dice/mean": "mean_fg_dice", "pseudo-Dice/average": "ema_fg_dice",
        "learning rate": "lr", "epoch seconds": "seconds"}
EPOCHS = 8


def train(cac, folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith("nnUNet_")}

    def run(*arguments):
        done = subprocess.run([cac, *arguments], cwd=folder, env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"parity: tensorboard: cac {arguments[0]} failed: {done.stderr}")

    run("phantom", "cohort", "--subjects", "8", "--matrix", "64", "--slices", "8", "--seed", "3")
    run("coca", "prepare", "cohort", "--dataset", "901_P", "--dimension", "3d", "--labels",
        "arteries", "--test-fraction", "0.2")
    run("plan", "901", "--features", "4")
    run("preprocess", "901", "-c", "2d")
    options = ["train", "901", "2d", "0", "--epochs", str(EPOCHS), "--iterations", "6",
               "--validation-iterations", "6", "--batch-size", "2", "--device", "cpu",
               "--tensorboard", "--no-validation"]
    fold = folder / "nnUNet_results/Dataset901_P/nnUNetTrainer__nnUNetPlans__2d/fold_0"
    process = subprocess.Popen([cac, *options], cwd=folder, env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    log = fold / "metrics.jsonl"
    while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(*options, *(["--continue"] if list(fold.glob("checkpoint_*.safetensors")) else []))
    return fold


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        fold = train(str(Path(sys.argv[1]).resolve()), Path(folder))
        rows = [json.loads(line) for line in (fold / "metrics.jsonl").read_text().splitlines()]
        files = list((fold / "tensorboard").iterdir())
        events = EventAccumulator(str(fold / "tensorboard"), size_guidance={"scalars": 0})
        events.Reload()
        classes = len(rows[0]["dice_per_class"])
        wanted = {tag: [(row["epoch"], row.get(key)) for row in rows] for tag, key in TAGS.items()}
        for i in range(classes if classes > 1 else 0):
            wanted[f"pseudo-Dice/class {i + 1}"] = [
                (row["epoch"], row["dice_per_class"][i]) for row in rows]
        known = set(events.Tags()["scalars"])
        compared = 0
        for tag, curve in wanted.items():
            curve = [(step, value) for step, value in curve if value is not None]
            if not curve:
                if tag in known:
                    sys.exit(f"parity: tensorboard: {tag} is there and metrics.jsonl has none")
                continue
            found = [(e.step, e.value) for e in events.Scalars(tag)]
            if found != [(step, float(np.float32(value))) for step, value in curve]:
                sys.exit(f"parity: tensorboard: {tag} differs: {found}, metrics.jsonl has {curve}")
            if any(not math.isfinite(value) for _, value in found):
                sys.exit(f"parity: tensorboard: {tag} holds what is no number")
            compared += len(found)
        if extra := known - set(wanted):
            sys.exit(f"parity: tensorboard: nobody asked for {sorted(extra)}")
        if len(rows) != EPOCHS or len(files) != 2:
            sys.exit(f"parity: tensorboard: {len(rows)} epochs in {len(files)} files")
        print(f"parity: tensorboard: {compared} numbers of {EPOCHS} epochs, killed once, are those of "
              "metrics.jsonl")


if __name__ == "__main__":
    main()
