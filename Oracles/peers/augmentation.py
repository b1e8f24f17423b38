# SPDX-License-Identifier: Apache-2.0
"""Times nnU-Net's augmentation by us and by batchgeneratorsv2 0.3.6, in turns, one thread each.

    python -m Oracles.peers.augmentation CAC-BENCH [ROUNDS]        (part of scripts/peers nnunet)

CAC-BENCH is the benchmark executable (swift build -c release --product cac-bench). Both draw from the
same distributions, so a round is the mean over many samples. Times are the processor's, which other
work on the machine disturbs least. Reading the patch, its first copy and deep supervision are left
out on both sides, and so is the search for the faster convolution that batchgeneratorsv2 begins with;
ours ends with the copy into the batch. A ratio is its time over ours.
"""

import importlib.metadata
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

PATCHES = [  # Final size, initial size, samples of a round; the rotations are ±180° in the plane.
    ((512, 512), (602, 602), 100), ((28, 256, 256), (28, 301, 301), 40)]


class Theirs:
    def __init__(self, patch, initial):
        self.transforms = nnUNetTrainer.get_training_transforms(
            np.array(patch), (-np.pi, np.pi), None, tuple(range(len(patch))), len(patch) == 3,
            [False])
        self.image = torch.randn((1, *initial))
        self.labels = torch.zeros((1, *initial), dtype=torch.int16)
        self.labels[..., 100:180, 100:180] = 1
        # Each length of an axis and of a kernel is tried once, by convolution and by FFT.
        blur = next(t.transform for t in self.transforms.transforms
                    if "Blur" in type(getattr(t, "transform", None)).__name__)
        blur.benchmark_num_runs = 2
        for sigma in (0.55, 0.7, 0.95):
            for axis in range(len(patch)):
                blur._benchmark_wrapper(torch.randn((1, *patch)), sigma, axis)

    def run(self, samples):
        spent = 0
        for _ in range(samples):
            data = {"image": self.image.clone(), "segmentation": self.labels.clone()}
            begin = time.process_time()
            self.transforms(**data)
            spent += time.process_time() - begin
        return spent / samples


def ours(process, patch, samples, seed):
    print(*patch, samples, seed, file=process.stdin, flush=True)
    answer = process.stdout.readline().split()
    if not answer:
        sys.exit("peers: augmentation: our process failed, see above")
    return float(answer[0])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.set_num_threads(1)
    np.random.seed(1)
    torch.manual_seed(1)
    process = subprocess.Popen([sys.argv[1], "--augmentation-peers"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    print(f"processor time of one sample on one thread, {rounds} rounds in turns; batchgeneratorsv2 "
          f"{importlib.metadata.version('batchgeneratorsv2')}, load {os.getloadavg()[0]:.1f}")
    print(f"{'patch':14}{'ours ms':>10}{'median':>8}{'theirs ms':>12}{'median':>8}{'× mean':>10}"
          f"{'× median':>10}")
    for patch, initial, samples in PATCHES:
        theirs = Theirs(patch, initial)
        times = ([], [])
        for turn in range(rounds + 1):
            pair = ours(process, patch, samples, turn + 1), theirs.run(samples)
            if turn > 0:  # The first one warms up.
                for column, seconds in zip(times, pair):
                    column.append(seconds * 1e3)
        (a, a_median), (b, b_median) = ((statistics.mean(t), statistics.median(t)) for t in times)
        print(f"{'×'.join(map(str, patch)):14}{a:10.2f}{a_median:8.2f}{b:12.2f}{b_median:8.2f}"
              f"{b / a:10.1f}{b_median / a_median:10.1f}", flush=True)


if __name__ == "__main__":
    main()
