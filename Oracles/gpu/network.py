# SPDX-License-Identifier: Apache-2.0
"""nnU-Net's plain U-Net, its loss and its step in PyTorch alone, for a machine that has nothing else.

Names of parameters are those of dynamic-network-architectures 0.4, as in the program's files.
"""
import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional

PLANS = {  # As in Benchmarks/Device/CheckedNetwork.swift.
    "2d": {
        "features": [32, 64, 128, 256, 512, 512, 512, 512], "kernels": [(3, 3)] * 8,
        "strides": [(1, 1)] + [(2, 2)] * 7, "large": (12, 512, 512), "short": (1, 128, 128),
    },
    "3d": {
        "features": [32, 64, 128, 256, 320, 320, 320],
        "kernels": [(1, 3, 3)] * 2 + [(3, 3, 3)] * 5,
        "strides": [(1, 1, 1), (1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2), (1, 2, 2)],
        "large": (2, 28, 256, 256), "short": (1, 8, 64, 64),
    },
}
CLASSES = 5
TYPES = {"F32": np.float32, "I64": np.int64}


def tensors(path):
    """The tensors of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(np.frombuffer(
            data, TYPES[entry["dtype"]], int(np.prod(entry["shape"])), 8 + size + entry["data_offsets"][0],
        ).reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


class Convolution(nn.Module):
    """Convolution, instance normalisation, leaky ReLU."""

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        three = len(kernel) == 3
        self.conv = (nn.Conv3d if three else nn.Conv2d)(
            inputs, outputs, kernel, stride, [k // 2 for k in kernel])
        self.norm = (nn.InstanceNorm3d if three else nn.InstanceNorm2d)(outputs, eps=1e-5, affine=True)

    def forward(self, x):
        return functional.leaky_relu(self.norm(self.conv(x)), 0.01, inplace=True)


class Row(nn.Module):
    """Two convolutions in turn."""

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.convs = nn.Sequential(
            Convolution(inputs, outputs, kernel, stride),
            Convolution(outputs, outputs, kernel, [1] * len(kernel)))

    def forward(self, x):
        return self.convs(x)


class UNet(nn.Module):
    """Logits of all grids, finest first."""

    def __init__(self, name):
        super().__init__()
        plan = PLANS[name]
        features, kernels, strides = plan["features"], plan["kernels"], plan["strides"]
        three = len(kernels[0]) == 3
        transposed = nn.ConvTranspose3d if three else nn.ConvTranspose2d
        convolution = nn.Conv3d if three else nn.Conv2d
        self.encoder, self.decoder = nn.Module(), nn.Module()
        self.encoder.stages = nn.Sequential(*[
            nn.Sequential(Row(features[i - 1] if i else 1, features[i], kernels[i], strides[i]))
            for i in range(len(features))])
        below = list(range(len(features) - 1))[::-1]
        self.decoder.transpconvs = nn.ModuleList(
            [transposed(features[i + 1], features[i], strides[i + 1], strides[i + 1]) for i in below])
        self.decoder.stages = nn.ModuleList(
            [Row(2 * features[i], features[i], kernels[i], [1] * len(kernels[i])) for i in below])
        self.decoder.seg_layers = nn.ModuleList([convolution(features[i], CLASSES, 1) for i in below])

    def forward(self, x):
        skips = []
        for stage in self.encoder.stages:
            x = stage(x)
            skips.append(x)
        outputs = []
        for i, skip in enumerate(skips[-2::-1]):
            x = self.decoder.stages[i](torch.cat((self.decoder.transpconvs[i](x), skip), 1))
            outputs.append(self.decoder.seg_layers[i](x))
        return outputs[::-1]


def loss(outputs, labels):
    """Soft Dice over the batch without background and cross-entropy, at all grids but the coarsest."""
    count = len(outputs)
    weights = [0.5 ** i for i in range(count - 1)]
    total = 0
    for weight, logits in zip(weights, outputs):
        target = functional.interpolate(
            labels[:, None].float(), logits.shape[2:], mode="nearest-exact").long()[:, 0]
        cross_entropy = functional.cross_entropy(logits, target)
        shares = torch.softmax(logits.float(), 1)
        one_hot = functional.one_hot(target, CLASSES).movedim(-1, 1).float()
        axes = [0, *range(2, logits.ndim)]
        both, size, truth = ((shares * one_hot).sum(axes), shares.sum(axes), one_hot.sum(axes))
        dice = ((2 * both + 1e-5) / (size + truth + 1e-5).clip(1e-8))[1:].mean()
        total = total + weight / sum(weights) * (cross_entropy - dice)
    return total


class Steps:
    """Training steps as nnU-Net takes them."""

    def __init__(self, network, device, mixed):
        self.network, self.device, self.mixed = network, device, mixed
        self.optimizer = torch.optim.SGD(
            network.parameters(), 0.01, weight_decay=3e-5, momentum=0.99, nesterov=True)
        # As the program does, and as a processor would not: a scaler on every device.
        self.scaler = torch.amp.GradScaler(device) if mixed else None

    def precision(self):
        half = torch.float16 if self.device != "cpu" else torch.bfloat16
        return torch.autocast(self.device, half, enabled=self.mixed)

    def step(self, images, labels):
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision():
            value = loss(self.network(images), labels)
        result = value.item()
        if self.scaler:
            self.scaler.scale(value).backward()
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), 12)
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            value.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 12)
            self.optimizer.step()
        return result
