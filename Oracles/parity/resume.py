# SPDX-License-Identifier: Apache-2.0
"""Trainings that go on in the other program: nnunetv2 2.8.1 and `cac`, to and fro.

    python -m Oracles.parity.resume CAC

A small data set is planned and preprocessed by both. nnU-Net's trainer is interrupted after two of
four epochs; `cac train --continue` takes weights, momenta, log and schedule from its checkpoint and
ends the training; nnU-Net's trainer goes on from what is exported. The same with trainings that began
here: with AdamW, without mirroring, and without a pseudo-Dice so far.
"""
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ["nnUNet_compile"] = "f"
os.environ["nnUNet_def_n_proc"] = "1"

from Oracles.nnunet_environment import PREPROCESSED, RAW, ROOT, threads
from Oracles.parity import plans
from Oracles.parity.datasets import grown, make, write_set

import numpy as np
import torch
from nnunetv2.run import run_training
from nnunetv2.run.run_training import get_trainer_from_args, maybe_load_checkpoint
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import (
    nnUNetTrainerAdam1en3)

# nnU-Net looks a name up in all of its trainers, some of which need packages that are not here.
TRAINERS = {t.__name__: t for t in (nnUNetTrainer, nnUNetTrainerAdam1en3)}
run_training.recursive_find_trainer_class_by_name = TRAINERS.__getitem__

RESULTS = Path(os.environ["nnUNet_results"])
SET = dict(make("resume", "resume", grown([6, 40, 36], [3, 0.5, 0.5], 5)), id=1)
STEPS, CHECKS = 3, 2
# Where `cac` keeps its preprocessed cases, whose files are others.
OURS = ROOT / "preprocessed-cac"
failures = []


def expect(fact, sentence):
    if not fact:
        failures.append(sentence)
        print("differs:", sentence)


class Interruption(Exception):
    """Ends a training of nnU-Net where somebody would have stopped it."""


def prepare():
    """The data set, planned and preprocessed by nnU-Net, and by `cac` with nnU-Net's plans."""
    SET["name"] = write_set(SET, str(RAW))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        SET["planners"] = plans.PLANNERS[:1]
        plans.oracle(SET, 10_000)
        file = PREPROCESSED / SET["name"] / "nnUNetPlans.json"
        plan = json.loads(file.read_text())
        for stage in plan["configurations"].values():
            kwargs = stage["architecture"]["arch_kwargs"]
            kwargs["features_per_stage"] = [f // 8 for f in kwargs["features_per_stage"]]
        file.write_text(json.dumps(plan))
        with threads():
            plans.DefaultPreprocessor(verbose=False).run(1, "2d", "nnUNetPlans", 1)
    folder = PREPROCESSED / SET["name"]
    (folder / "gt_segmentations").mkdir(exist_ok=True)
    for file in (RAW / SET["name"] / "labelsTr").iterdir():
        shutil.copy(file, folder / "gt_segmentations")
    (OURS / SET["name"]).mkdir(parents=True)
    for name in ("nnUNetPlans.json", "dataset.json", "dataset_fingerprint.json"):
        shutil.copy(folder / name, OURS / SET["name"])
    cac("preprocess", "1", "-c", "2d")
    # nnU-Net's trainers load their batches themselves, its planner wants to have a thread for that.
    os.environ["nnUNet_n_proc_DA"] = "0"
    torch.set_num_threads(1)


def cac(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                          env={**os.environ, "nnUNet_preprocessed": str(OURS)})
    if done.returncode:
        sys.exit(f"parity: resume: cac {words[0]}: {done.stderr.strip()}")
    return done.stderr


def train(results, *more):
    return cac("train", "1", "2d", "0", "--iterations", STEPS, "--validation-iterations", CHECKS,
               "--no-validation", "--device", "cpu", "--results", results, *more)


def fold(results, trainer="nnUNetTrainer"):
    return Path(results) / SET["name"] / f"{trainer}__nnUNetPlans__2d" / "fold_0"


def trainer(results, epochs, resumes, name="nnUNetTrainer"):
    """nnU-Net's trainer, as nnUNetv2_train makes it, with few steps."""
    os.environ["nnUNet_results"] = str(results)
    training = get_trainer_from_args(SET["name"], "2d", 0, name, "nnUNetPlans", resumes,
                                     torch.device("cpu"))
    training.num_iterations_per_epoch, training.num_val_iterations_per_epoch = STEPS, CHECKS
    training.num_epochs, training.save_every = epochs, 2
    maybe_load_checkpoint(training, resumes, False)
    return training


def resume(what, results, epochs, name="nnUNetTrainer"):
    """Lets nnU-Net's trainer resume and train to a number of epochs from what `cac` exported."""
    exported = read(fold(results, name) / "checkpoint_final.pth")
    with contextlib.redirect_stdout(io.StringIO()):
        training = trainer(results, epochs, True, name)
        begin = training.current_epoch
        same = training.network.state_dict()
        expect(all(torch.equal(same[k], v) for k, v in exported["network_weights"].items()),
               f"{what}: weights that nnU-Net begins with")
        training.run_training()
    log = training.logger.get_checkpoint()
    expect(begin == len(exported["logging"]["lrs"]), f"{what}: begins at epoch {begin}")
    expect(all(len(log[key]) == epochs for key in exported["logging"]),
           f"{what}: the log has {[len(v) for v in log.values()]} epochs")
    rates = [training.initial_lr * (1 - e / epochs) ** 0.9 for e in range(begin, epochs)]
    expect(np.allclose(log["lrs"][begin:], rates, rtol=1e-6), f"{what}: rates {log['lrs']}")
    mean, ema = log["mean_fg_dice"][begin], log["ema_fg_dice"]
    expect(np.isclose(ema[begin], 0.9 * ema[begin - 1] + 0.1 * mean), f"{what}: averages {ema}")
    expect(np.isfinite(log["train_losses"]).all(), f"{what}: losses {log['train_losses']}")
    moved = training.network.state_dict()
    expect(any(not torch.equal(moved[k], v) for k, v in exported["network_weights"].items()),
           f"{what}: nothing was trained")
    return training, exported


def read(file):
    return torch.load(file, map_location="cpu", weights_only=False)


def same_state(what, a, b):
    """Compares weights and optimizer states of two checkpoints."""
    expect(set(a["network_weights"]) == set(b["network_weights"]) and all(
        torch.equal(v, b["network_weights"][k]) for k, v in a["network_weights"].items()),
        f"{what}: weights")
    x, y = (c["optimizer_state"]["state"] for c in (a, b))
    expect(set(x) == set(y) and len(x) > 10 and all(
        torch.equal(v["momentum_buffer"], y[k]["momentum_buffer"]) for k, v in x.items()),
        f"{what}: momenta")
    for key, value in a["logging"].items():
        if "timestamps" not in key:
            expect(np.allclose(np.array(value, float), np.array(b["logging"][key], float),
                               rtol=1e-12, equal_nan=True), f"{what}: {key}")


def begun_by_nnunet():
    results = ROOT / "theirs"
    with contextlib.redirect_stdout(io.StringIO()):
        training = trainer(results, 4, False)
        end = training.on_epoch_end

        def stop():
            end()
            if training.current_epoch == 2:
                raise Interruption
        training.on_epoch_end = stop
        with contextlib.suppress(Interruption):
            training.run_training()
    folder = fold(results)
    latest = read(folder / "checkpoint_latest.pth")
    # Without another step everything is as it was.
    copy = ROOT / "theirs-copy"
    shutil.copytree(results, copy)
    train(copy, "--continue", "--epochs", 2, "--pth")
    same_state("nnU-Net's checkpoint read and written", latest,
               read(fold(copy) / "checkpoint_final.pth"))
    said = train(results, "--continue", "--pth")
    expect("2 of 4 epochs" in said, f"cac says {said!r}")
    lines = [json.loads(l) for l in (folder / "metrics.jsonl").read_text().splitlines()]
    expect([l["epoch"] for l in lines] == [0, 1, 2, 3], f"cac's log {lines}")
    expect(np.allclose([l["lr"] for l in lines], [0.01 * (1 - e / 4) ** 0.9 for e in range(4)],
                       rtol=1e-9), f"cac's rates {[l['lr'] for l in lines]}")
    for key, name in (("train_loss", "train_losses"), ("mean_fg_dice", "mean_fg_dice")):
        expect(np.allclose([l[key] for l in lines[:2]], latest["logging"][name]),
               f"cac's {key} of nnU-Net's epochs")
    print("begun by nnU-Net, ended by cac: 2 + 2 epochs, losses",
          " ".join(f"{l['train_loss']:.3f}" for l in lines), flush=True)
    for old in ("checkpoint_latest.pth", "checkpoint_best.pth"):
        (folder / old).unlink(missing_ok=True)
    resume("to and fro", results, 6)
    print("and on in nnU-Net: 2 epochs more", flush=True)


def begun_here(what, *more, epochs=2):
    results = ROOT / what.replace(" ", "-")
    train(results, "--epochs", epochs, "--pth", *more)
    return results


def forget_dice(results):
    """Takes the pseudo-Dice out of a checkpoint's log, as validation without foreground leaves it."""
    folder = fold(results)
    content = (folder / "checkpoint_final.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + size])
    state = json.loads(header["__metadata__"]["cac.training_state"])
    for key in ("bestDice", "bestEpoch"):
        state.pop(key, None)
    for record in state["log"]:
        record.pop("mean_fg_dice", None)
        record.pop("ema_fg_dice", None)
        record["dice_per_class"] = [None for _ in record["dice_per_class"]]
    header["__metadata__"]["cac.training_state"] = json.dumps(state)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    for file in folder.glob("checkpoint_*"):
        file.unlink()
    (folder / "checkpoint_final.safetensors").write_bytes(
        len(text).to_bytes(8, "little") + text + content[8 + size:])
    out = ROOT / "forgotten" / SET["name"]
    cac("model", "export", folder.parent, out)
    return out.parent


def main():
    prepare()
    begun_by_nnunet()
    resume("SGD", begun_here("sgd"), 4)
    print("begun by cac, ended by nnU-Net: 2 + 2 epochs", flush=True)

    training, exported = resume("without mirroring", begun_here("unmirrored", "--no-mirroring"), 3)
    expect(exported["inference_allowed_mirroring_axes"] is None, "axes of a model not mirrored")
    with contextlib.redirect_stdout(io.StringIO()), threads():
        training.perform_actual_validation()
    expect((fold(ROOT / "unmirrored") / "validation" / "summary.json").exists(),
           "nnU-Net's validation of a model not mirrored")
    print("without mirroring: 1 epoch and the validation of nnU-Net", flush=True)

    results = begun_here("adamw", "--optimizer", "adamw")
    other = ROOT / "adamw-as-adam"
    shutil.copytree(fold(results), fold(other, "nnUNetTrainerAdam1en3"))
    resume("AdamW by SGD", results, 3)
    training, exported = resume("AdamW by AdamW", other, 3, "nnUNetTrainerAdam1en3")
    expect(len(exported["optimizer_state"]["state"]) > 10
           and all("exp_avg_sq" in v for v in exported["optimizer_state"]["state"].values()),
           "the optimizer state of AdamW")
    print("AdamW: goes on with nnU-Net's SGD, and with its AdamW", flush=True)

    results = forget_dice(begun_here("no dice"))
    training, exported = resume("no pseudo-Dice", results, 3)
    expect(np.isnan(exported["logging"]["mean_fg_dice"]).all(), "a pseudo-Dice that is none")
    ema = training.logger.get_value("ema_fg_dice", step=None)
    mean = training.logger.get_value("mean_fg_dice", step=None)
    expect(np.isfinite(mean[-1]) == np.isfinite(ema[-1]), f"averages {ema} of {mean}")
    expect((fold(results) / "checkpoint_best.pth").exists(), "a best checkpoint of nnU-Net")
    print(f"no pseudo-Dice at first: nnU-Net's average is {ema[-1]:.3f} then", flush=True)
    if failures:
        sys.exit(f"parity: resume: {len(failures)} differences")
    print("parity: resume: trainings go on in either program")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv[1])
    main()
