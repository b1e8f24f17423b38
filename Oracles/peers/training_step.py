# SPDX-License-Identifier: Apache-2.0
"""One training step of the demonstration's network by PyTorch and by `cac-bench`, in turns.

The same 2D U-Net (features 32 to 512, six stages), two patches of 128 x 128, deep supervision, Dice
and cross-entropy of nnunetv2, clipped gradients, SGD, and the same number of threads:
  .venv/bin/python -m Oracles.peers.training_step .build/release/cac-bench [ROUNDS]
Prints the minimum of each side, and theirs over ours.
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

bench = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
torch.manual_seed(1)
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
features = [32, 64, 128, 256, 512, 512]
net = PlainConvUNet(
    1, 6, features, nn.Conv2d, [[3, 3]] * 6, [[1, 1]] + [[2, 2]] * 5, [2] * 6, 2, [2] * 5, True,
    nn.InstanceNorm2d, {"eps": 1e-5, "affine": True}, None, None, nn.LeakyReLU, {"inplace": True},
    deep_supervision=True)
loss = DC_and_CE_loss(
    {"batch_dice": True, "smooth": 1e-5, "do_bg": False, "ddp": False}, {}, weight_ce=1,
    weight_dice=1, ignore_label=None, dice_class=MemoryEfficientSoftDiceLoss)
weights = np.array([1 / 2**i for i in range(5)])
weights[-1] = 0
loss = DeepSupervisionWrapper(loss, weights / weights.sum())
optimiser = torch.optim.SGD(net.parameters(), 1e-4, weight_decay=3e-5, momentum=0.99, nesterov=True)
images = torch.randn(2, 1, 128, 128)
labels = (torch.rand(2, 1, 128, 128) > 0.9).long()


def step():
    begin = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    outputs = net(images)
    targets = [nn.functional.interpolate(labels.float(), o.shape[2:], mode="nearest-exact").long()
               for o in outputs]
    value = loss(outputs, targets)
    value.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 12)
    optimiser.step()
    value.item()
    return time.perf_counter() - begin


def ours():
    text = subprocess.run([bench, "network", "--runs", "7"], capture_output=True, text=True,
                          check=True).stdout
    line = next(line for line in text.splitlines() if line.startswith("training step"))
    # The second time of the row is the minimum.
    values = re.findall(r"([\d.]+)\s*(ms|s|µs)\b", line)
    number, unit = values[1]
    return float(number) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit]


step()
theirs_best, ours_best = [], []
for _ in range(rounds):
    theirs_best.append(min(step() for _ in range(7)))
    ours_best.append(ours())
theirs, mine = min(theirs_best), min(ours_best)
print(f"training step, 2D U-Net, batch 2, 128x128, {torch.get_num_threads()} threads: "
      f"PyTorch {1e3 * theirs:.1f} ms, cac {1e3 * mine:.1f} ms, theirs over ours {theirs / mine:.2f}")
