# SPDX-License-Identifier: Apache-2.0
"""One training step of the demonstration's network by PyTorch 2.13.0 and by `cac-bench`, in turns.

    python -m Oracles.peers.training_step CAC-BENCH [ROUNDS]        (part of scripts/peers nnunet)

The same 2D U-Net (features 32 to 512, six stages), two patches of 128 × 128, deep supervision, Dice
and cross-entropy of nnunetv2 2.8.1, clipped gradients, SGD, and the same number of threads. Prints
the minimum of each side, and theirs over ours.
"""
import os
import re
import subprocess
import sys
import time

import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from nnunetv2.training.loss.compound_losses import DC_and_CE_loss
from nnunetv2.training.loss.deep_supervision import DeepSupervisionWrapper
from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss
from torch import nn


class Theirs:
    """The network, its loss and its optimizer in PyTorch, on random patches."""

    def __init__(self):
        features = [32, 64, 128, 256, 512, 512]
        self.network = PlainConvUNet(
            1, 6, features, nn.Conv2d, [[3, 3]] * 6, [[1, 1]] + [[2, 2]] * 5, [2] * 6, 2, [2] * 5,
            True, nn.InstanceNorm2d, {"eps": 1e-5, "affine": True}, None, None, nn.LeakyReLU,
            {"inplace": True}, deep_supervision=True)
        loss = DC_and_CE_loss(
            {"batch_dice": True, "smooth": 1e-5, "do_bg": False, "ddp": False}, {}, weight_ce=1,
            weight_dice=1, ignore_label=None, dice_class=MemoryEfficientSoftDiceLoss)
        weights = np.array([1 / 2**i for i in range(5)])
        weights[-1] = 0
        self.loss = DeepSupervisionWrapper(loss, weights / weights.sum())
        self.optimizer = torch.optim.SGD(self.network.parameters(), 1e-4, weight_decay=3e-5,
                                         momentum=0.99, nesterov=True)
        self.images = torch.randn(2, 1, 128, 128)
        self.labels = (torch.rand(2, 1, 128, 128) > 0.9).long()

    def step(self):
        """The seconds of one step."""
        begin = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        outputs = self.network(self.images)
        targets = [nn.functional.interpolate(self.labels.float(), o.shape[2:],
                                             mode="nearest-exact").long() for o in outputs]
        value = self.loss(outputs, targets)
        value.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimizer.step()
        value.item()
        return time.perf_counter() - begin


def ours(bench):
    """The least seconds of some steps by the benchmark executable."""
    text = subprocess.run([bench, "network", "--runs", "7"], capture_output=True, text=True,
                          check=True).stdout
    line = next(line for line in text.splitlines() if line.startswith("training step"))
    # The second time of the row is the minimum.
    number, unit = re.findall(r"([\d.]+)\s*(ms|s|µs)\b", line)[1]
    return float(number) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    theirs = Theirs()
    theirs.step()  # Warms up.
    times = [(min(theirs.step() for _ in range(7)), ours(sys.argv[1])) for _ in range(rounds)]
    a, b = (min(column) for column in zip(*times))
    print(f"training step, 2D U-Net, batch 2, 128x128, {torch.get_num_threads()} threads: "
          f"PyTorch {1e3 * a:.1f} ms, cac {1e3 * b:.1f} ms, theirs over ours {a / b:.2f}")


if __name__ == "__main__":
    main()
