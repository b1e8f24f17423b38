# SPDX-License-Identifier: Apache-2.0
"""The multiplications and additions (FLOPs) of a scan by the networks of scripts/compare-networks."""
import gzip
import json
import math
import struct

# Lessmann's first network: multiplications and additions of a pixel in one plane, of which three cross each.
LESSMANN_PIXEL = 2 * 65.8e3


def grid(file):
    """Extent and spacing (z, y, x) of a NIfTI file."""
    with gzip.open(file) as stream:
        head = stream.read(348)
    size, spacing = struct.unpack("<8h", head[40:56]), struct.unpack("<8f", head[76:108])
    return size[3:0:-1], spacing[3:0:-1]


def convolution(voxels, inputs, outputs, kernel):
    return 2 * voxels * inputs * outputs * kernel


def unet(patch, features, strides, kernels, down, up, inputs=1):
    """FLOPs of nnU-Net's plain U-Net on one patch, without the heads of deep supervision."""
    total, size, sizes = 0, list(patch), []
    for i, count in enumerate(down):
        size = [n // s for n, s in zip(size, strides[i])]
        sizes.append(size)
        for j in range(count):
            total += convolution(math.prod(size), inputs if j == 0 else features[i], features[i],
                                 math.prod(kernels[i]))
        inputs = features[i]
    for i, count in enumerate(up):
        level = len(down) - 2 - i
        voxels = math.prod(sizes[level])
        # A transposed convolution without overlap multiplies each of its outputs once a feature.
        total += convolution(voxels, features[level + 1], features[level], 1)
        for j in range(count):
            total += convolution(voxels, (2 if j == 0 else 1) * features[level], features[level],
                                 math.prod(kernels[level]))
    return total


def windows(size, patch, step=0.5):
    return math.prod(math.ceil(max(0, n - p) / (p * step)) + 1 for n, p in zip(size, patch))


def nnunet(plans, configuration, files):
    plan = json.loads(plans.read_text())["configurations"][configuration]
    net = plan["architecture"]["arch_kwargs"]
    one = unet(plan["patch_size"], net["features_per_stage"], net["strides"], net["kernel_sizes"],
               net["n_conv_per_stage"], net["n_conv_per_stage_decoder"])
    total = 0
    for file in files:
        size, spacing = grid(file)
        target = plan["spacing"]
        if len(target) == 2:
            new = [round(n * s / t) for n, s, t in zip(size[1:], spacing[1:], target)]
            total += one * size[0] * windows(new, plan["patch_size"])
        else:
            new = [round(n * s / t) for n, s, t in zip(size, spacing, target)]
            total += one * windows(new, plan["patch_size"])
    return total / len(files)


def lessmann(files):
    """The first network everywhere; cac computes no more than what holds 130 HU needs."""
    total = 0
    for file in files:
        size, spacing = grid(file)
        mm = [n * s for n, s in zip(size, spacing)]
        total += 3 * LESSMANN_PIXEL * mm[0] / 1.5 * mm[1] / 0.66 * mm[2] / 0.66
    return total / len(files)


def deepcac(features):
    """The first two steps; a cube of the third takes about a hundredth of them."""
    scale = features / 32
    down = [(32, 64), (64, 128), (128, 256), (256, 512), (256, 512)]
    up = [256, 128, 64, 64]
    total = 0
    for extent in ((112, 112, 112), (80, 128, 128)):
        voxels, inputs = math.prod(extent), 1 / scale
        for a, b in down:
            total += 27 * 2 * voxels * scale**2 * (inputs * a + a * b)
            inputs, voxels = b, voxels / 8
        for i, n in enumerate(up):
            voxels = math.prod(extent) / 8**(3 - i)
            total += 27 * 2 * voxels * scale**2 * ((inputs + down[3 - i][1]) * n + n * n)
            inputs = n
    return total
