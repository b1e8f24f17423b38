# SPDX-License-Identifier: Apache-2.0
"""What scripts/gpu-check runs on the machine with the card: the program beside PyTorch, one table.

    python -m Oracles.gpu.check PROGRAMS WORK DEVICE [--short]

PROGRAMS holds cac and cac-bench. DEVICE is cuda or cpu. Needs torch and numpy. The end status is 1 where
a check failed; figures of speed never fail.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

import torch

from Oracles.gpu.network import PLANS, Steps, UNet, tensors

ROWS, FAILED = [], []


def row(name, value, bound="", good=None):
    verdict = "" if good is None else ("yes" if good else "**no**")
    if good is False:
        FAILED.append(name)
    ROWS.append((name, value, bound, verdict))
    print(f"  {name}: {value} {bound} {verdict}", flush=True)


def spread(ours, theirs):
    """The largest difference over the largest value."""
    scale = max(abs(x) for x in theirs)
    return max(abs(a - b) for a, b in zip(ours, theirs)) / scale


class CardMemory:
    """The most memory that a process took of the card, in MB, seen every quarter of a second."""

    def __init__(self, device):
        self.most, self.running = 0, device == "cuda"
        self.base = self.used()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def used(self):
        if not self.running:
            return 0
        free, total = torch.cuda.mem_get_info()
        return (total - free) / 1e6

    def watch(self):
        while self.running:
            self.most = max(self.most, self.used())
            time.sleep(0.25)

    def stop(self):
        self.running = False
        return max(0, self.most - self.base)


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"gpu-check: {' '.join(map(str, command))}\n{done.stdout[-800:]}{done.stderr[-1500:]}")
    return done.stdout


def rate(device, short):
    """Floating-point operations a second of a large product in half precision."""
    n = 1024 if short else 8192
    a = torch.randn(n, n, device=device, dtype=torch.bfloat16)
    times = []
    for _ in range(12):
        begin = time.perf_counter()
        b = a @ a
        b[0, 0].item()
        times.append(time.perf_counter() - begin)
    return 2 * n ** 3 / min(times)


def peer(name, work, device, short):
    """PyTorch's side of a line of cac-bench."""
    batch = tensors(work / f"{name}.batch.safetensors")
    weights = tensors(work / f"{name}.weights.safetensors")

    def network():
        made = UNet(name)
        made.load_state_dict(weights)
        return made.to(device)

    images, labels = batch["images"].to(device), batch["labels"].to(device)
    with torch.inference_mode():
        logits = network()(images)[0].cpu()
    losses = {}
    for mixed in (False, True):
        steps = Steps(network(), device, mixed)
        losses[mixed] = [steps.step(images, labels) for _ in range(5 if short else 20)]
    shape = PLANS[name]["short" if short else "large"]
    images = torch.randn(shape[0], 1, *shape[1:], device=device)
    labels = torch.randint(0, 5, shape, device=device)
    steps = Steps(network(), device, device != "cpu")
    times, passes = [], []
    for i in range(4 if short else 14):
        begin = time.perf_counter()
        steps.step(images, labels)
        times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        with torch.inference_mode(), steps.precision():
            steps.network(images)[0].sum().item()
        passes.append(time.perf_counter() - begin)
    return logits, losses, statistics.median(times[2:]), statistics.median(passes[2:])


def networks(programs, work, device, short):
    """Logits, losses and times of both networks."""
    print("networks", flush=True)
    environment = {**os.environ, "NVIDIA_TF32_OVERRIDE": "0"}
    options = ["--short"] if short else []
    memory = CardMemory(device)
    lines = [json.loads(line) for line in run(
        programs / "cac-bench", "--device-check", work, "--device", device, *options,
        env=environment).splitlines()]
    row("card's memory of our networks", f"{memory.stop():.0f} MB")
    best = rate(device, short)
    row("rate of a product in bfloat16", f"{best / 1e12:.3g} TFLOP/s")
    for line in lines:
        name = line["network"]
        logits, losses, step, forward = peer(name, work, device, short)
        ours = tensors(work / f"{name}.logits.safetensors")["logits"]
        difference = (ours - logits).abs().max() / logits.abs().max()
        row(f"{name}: logits, single precision", f"{difference:.1e}", "≤ 1e-4", bool(difference <= 1e-4))
        single = spread(line["losses"], losses[False])
        row(f"{name}: {len(losses[False])} losses, single precision", f"{single:.1e}", "≤ 1e-3", single <= 1e-3)
        mixed = spread(line["mixedLosses"], losses[True])
        row(f"{name}: {len(losses[True])} losses, mixed precision", f"{mixed:.1e}", "≤ 2e-2", mixed <= 2e-2)
        row(f"{name}: factor of the loss after them", f"{line['scale']:.0f}", "> 0", line["scale"] > 0)
        for what, mine, theirs, work_done in (
            ("step", line["stepSeconds"], step, line["stepOperations"]),
            ("pass", line["passSeconds"], forward, line["passOperations"]),
        ):
            row(f"{name}: {what}, large batch",
                f"{1e3 * mine:.1f} ms; PyTorch {1e3 * theirs:.1f} ms, theirs over ours {theirs / mine:.2f}; "
                f"{100 * work_done / mine / best:.0f} % of that rate")


def history(results, file="metrics.jsonl"):
    """The losses of the training in a folder of results."""
    path = next(pathlib.Path(results).rglob(file))
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def train(programs, work, device, results, *more, **popen):
    command = [programs / "cac", "train", "901", "2d", "0", "--device", device, "--results", results,
               "--no-validation", *more]
    return subprocess.Popen([str(c) for c in command], cwd=work, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **popen)


def finished(process, what):
    text, _ = process.communicate()
    if process.returncode:
        sys.exit(f"gpu-check: {what} ended with {process.returncode}\n{text[-1500:]}")
    return text


def trainings(programs, work, device, short):
    """Trainings of the program: the same losses as on the processor, resumed, by two processes."""
    print("trainings", flush=True)
    run(programs / "cac", "phantom", "cohort", "--subjects", 6 if short else 10, "--matrix", 96 if short else 384,
        "--slices", 12 if short else 40, "--seed", 3, cwd=work)
    run(programs / "cac", "coca", "prepare", "cohort", "--dataset", "901_Check", "--dimension", "3d", "--labels", "arteries", cwd=work)
    run(programs / "cac", "preprocess", "901", cwd=work)
    epochs, steps = (2, 3) if short else (4, 40)
    options = ["--epochs", epochs, "--iterations", steps, "--validation-iterations", 2]
    memory = CardMemory(device)
    begin = time.perf_counter()
    finished(train(programs, work, device, "whole", *options), "the training")
    seconds = time.perf_counter() - begin
    row("card's memory of a training", f"{memory.stop():.0f} MB")
    whole = [epoch["train_loss"] for epoch in history(work / "whole")]
    last = history(work / "whole")[-1]
    row("a training", f"{epochs} epochs of {steps} steps in {seconds:.0f} s, losses "
        + ", ".join(f"{x:.3f}" for x in whole), "finite", all(x == x for x in whole))
    row("share of time waiting for data", f"{100 * last['data_seconds'] / last['seconds']:.0f} %")

    process = train(programs, work, device, "killed", *options)
    while not list((work / "killed").rglob("metrics.jsonl")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished(train(programs, work, device, "killed", "--continue"), "the resumed training")
    killed = [epoch["train_loss"] for epoch in history(work / "killed")]
    difference = spread(killed, whole) if len(killed) == len(whole) else float("inf")
    bound = 1e-4 if device == "cpu" else 2e-2
    row("killed after an epoch and resumed", f"{difference:.1e}", f"≤ {bound:g}", difference <= bound)

    shared = "cuda:0" if device == "cuda" else "cpu"
    finished(train(programs, work, shared, "two", *options, "--processes", 2), "two processes")
    two = [epoch["train_loss"] for epoch in history(work / "two")]
    difference = spread(two, whole)
    row("two processes on one device (Gloo)", f"{difference:.1e}", f"≤ {bound:g}", difference <= bound)
    if device == "cuda" and torch.cuda.device_count() > 1:
        finished(train(programs, work, "cuda", "nccl", *options, "--processes", 2), "two cards")
        difference = spread([epoch["train_loss"] for epoch in history(work / "nccl")], whole)
        row("two processes on two cards (NCCL where built in)", f"{difference:.1e}", f"≤ {bound:g}",
            difference <= bound)
    elif device == "cuda":
        row("two cards by NCCL", "not tried: there is one card, and NCCL takes one process a card")
    if device == "cuda":
        finished(train(programs, work, "cpu", "processor", *options), "the training on the processor")
        difference = spread(whole, [epoch["train_loss"] for epoch in history(work / "processor")])
        row("the training against the processor's", f"{difference:.1e}", "≤ 0.05", difference <= 0.05)


def predictions(programs, work, device):
    """The same label maps on both devices, and the seconds of both."""
    print("predictions", flush=True)
    model = next((work / "whole").rglob("nnUNetTrainer__*"))
    seconds = {}
    for place in {device, "cpu"}:
        begin = time.perf_counter()
        run(programs / "cac", "predict", model, "nnUNet_raw/Dataset901_Check/imagesTr", f"masks-{place}",
            "--device", place, "--folds", 0, cwd=work, env={**os.environ, "NVIDIA_TF32_OVERRIDE": "0"})
        seconds[place] = time.perf_counter() - begin
    scores = {}
    for place in seconds:
        table = work / f"scores-{place}.csv"
        run(programs / "cac", "score", work / "nnUNet_raw/Dataset901_Check/imagesTr", "--mask",
            work / f"masks-{place}", "--csv", table)
        scores[place] = table.read_text()
    if device != "cpu":
        same = scores[device] == scores["cpu"]
        row("scores of its masks as on the processor", "equal" if same else "differ", "equal", same)
    row("prediction, whole process", ", ".join(f"{p} {s:.1f} s" for p, s in sorted(seconds.items())))


def main():
    programs, work, device = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    short = "--short" in sys.argv
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    begin = time.perf_counter()
    name = torch.cuda.get_device_name(0) if device == "cuda" else "processor"
    print(f"{name}, torch {torch.__version__}", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    networks(programs, work, device, short)
    trainings(programs, work, device, short)
    predictions(programs, work, device)
    table = [f"{name}, torch {re.sub('[+].*', '', torch.__version__)}, {time.perf_counter() - begin:.0f} s", "",
             "| check | figure | bound | holds |", "| --- | --- | --- | --- |"]
    table += [f"| {' | '.join(cells)} |" for cells in ROWS]
    print("\n" + "\n".join(table))
    (work / "table.md").write_text("\n".join(table) + "\n")
    if FAILED:
        sys.exit("gpu-check: does not hold: " + "; ".join(FAILED))


if __name__ == "__main__":
    main()
