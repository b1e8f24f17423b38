# SPDX-License-Identifier: Apache-2.0
"""What batchgeneratorsv2 makes of small patches with given numbers: Tests/Fixtures/augmentation.json.

    python Tests/Fixtures/make/augmentation.py

needs nnunetv2 2.8.1, which brings batchgeneratorsv2. Only numbers are kept. The patches follow from
formulas that the tests know too.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import torch
from batchgeneratorsv2.transforms.intensity.contrast import ContrastTransform
from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
from batchgeneratorsv2.transforms.nnunet.random_binary_operator import (
    ApplyRandomBinaryOperatorTransform, binary_closing_torch, binary_dilation_torch,
    binary_erosion_torch, binary_opening_torch)
from batchgeneratorsv2.transforms.nnunet.remove_connected_components import (
    RemoveRandomConnectedComponentFromOneHotEncodingTransform)
from batchgeneratorsv2.transforms.noise.gaussian_blur import blur_dimension
from batchgeneratorsv2.transforms.spatial.low_resolution import SimulateLowResolutionTransform
from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform
from batchgeneratorsv2.transforms.utils.pseudo2d import (
    Convert2DTo3DTransform, Convert3DTo2DTransform)


def patch(shape, channels=1):
    """Image (channels, …) and labels (1, …), -1 along a border; in 2D z is 0."""
    axes = list(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"))
    z, y, x = ([np.zeros_like(axes[0])] if len(shape) == 2 else []) + axes
    image = np.stack([((7 * z + 3 * y * y + 5 * x + y * x + 11 * c) % 19) / 4 - 2
                      for c in range(channels)])
    labels = np.where((y + 2 * z < 9) & (x > 7), 1, np.where((x + z > 14) | (y == 11), 2, 0))
    labels = np.where((y == 0) | (x < 2), -1, labels)
    return (torch.from_numpy(image.astype(np.float32)),
            torch.from_numpy(labels[None].astype(np.int16)))


def spatial(shape, size, angles, scale, in_plane):
    image, labels = patch(shape)
    data = {"image": image, "segmentation": labels}
    if in_plane:
        data = Convert3DTo2DTransform()(**data)
    given = iter(angles or [])
    dim = 2 if len(size) == 2 or in_plane else 3
    transform = SpatialTransform(
        size[-dim:], 0, False, p_rotation=1 if angles else 0,
        rotation=lambda image, dim: next(given), p_scaling=0 if scale is None else 1,
        scaling=(lambda image, dim: scale), p_synchronize_scaling_across_axes=1,
        bg_style_seg_sampling=False, border_mode_seg="constant", padding_value_seg=-1)
    data = transform(**data)
    if in_plane:
        data = Convert2DTo3DTransform()(**data)
    # In the plane two angles are drawn and the last one counts.
    used = None if angles is None else angles if dim == 3 else angles[-1:]
    return {"shape": shape, "size": size, "inPlane": in_plane, "rotation": used, "scale": scale,
            "image": numbers(data["image"]), "labels": digits(data["segmentation"])}


def numbers(tensor):
    """Whole multiples of 1/10000."""
    return [round(v * 1e4) for v in tensor.double().flatten().tolist()]


def digits(tensor):
    """One character a voxel, "." for -1."""
    return "".join("." if v < 0 else str(v) for v in tensor.to(torch.int16).flatten().tolist())


def intensity(name, shape, value, change, in_plane=False):
    image, _ = patch(shape)
    return {"name": name, "shape": shape, "value": value, "inPlane": in_plane,
            "image": numbers(change(image))}


def blur(sigmas):
    def change(image):
        for axis, sigma in enumerate(sigmas):
            image = blur_dimension(image, sigma, axis)
        return image
    return change


def low_resolution(factor, in_plane):
    return lambda image: SimulateLowResolutionTransform(
        lambda **_: factor, True, True, (0,) if in_plane else None)(image=image)["image"]


def gamma(g, inverted):
    return lambda image: GammaTransform(
        lambda **_: g, 1 if inverted else 0, True, 1, 1)(image=image)["image"]


def morphology(shape, operator, radius):
    _, labels = patch(shape)
    image = torch.cat([labels == 1, labels == 2]).float()
    transform = ApplyRandomBinaryOperatorTransform([-2, -1])
    out = transform._apply_to_image(image, apply_to_channels=[-2], operators=[operator],
                                    strel_size=[radius])
    name = operator.__name__.split("_")[1]
    return {"shape": shape, "operation": name, "radius": radius,
            "channels": digits(out)}


def sequence(shape, changes):
    """Changes of both labels in turn: (channel, operator, radius)."""
    _, labels = patch(shape)
    image = torch.cat([labels == 1, labels == 2]).float()
    transform = ApplyRandomBinaryOperatorTransform([-2, -1])
    out = transform._apply_to_image(
        image, apply_to_channels=[c - 2 for c, _, _ in changes],
        operators=[operator for _, operator, _ in changes],
        strel_size=[radius for _, _, radius in changes])
    return {"shape": shape, "channels": digits(out), "changes": [
        {"channel": c, "operation": operator.__name__.split("_")[1], "radius": radius}
        for c, operator, radius in changes]}


def losses(shape, share):
    """A mask of many pieces, and what is left of it for each piece that may be chosen."""
    mask = np.random.default_rng(len(shape)).random(shape) < share
    mask[..., :shape[-1] // 3] |= len(shape) == 2  # One that is too large to be lost.
    image = torch.from_numpy(mask[None]).float()
    transform = RemoveRandomConnectedComponentFromOneHotEncodingTransform([-1], 0, 0.15, 1)
    left, count, draw = [], 1, np.random.choice
    try:
        while len(left) < count:
            def choose(ids):
                nonlocal count
                count = len(ids)
                return ids[len(left)]
            np.random.choice = choose
            left.append(digits(transform._apply_to_image(image.clone(), apply_to_channels=[-1])))
    finally:
        np.random.choice = draw
    return {"shape": shape, "mask": digits(image), "left": left}


def main():
    flat, flat_size = [21, 26], [13, 16]
    deep, deep_size = [8, 12, 15], [5, 7, 8]
    thin, thin_size = [4, 17, 20], [4, 9, 10]
    small, block, slab = [11, 13], [6, 7, 8], [3, 11, 12]
    result = {
        "made": "batchgeneratorsv2 " + importlib.metadata.version("batchgeneratorsv2"),
        "spatial": [
            spatial(flat, flat_size, None, None, False),
            spatial(flat, flat_size, [9, 0.3], None, False),
            spatial(flat, flat_size, [9, -2.1], 1.3, False),
            spatial(flat, flat_size, None, 0.7, False),
            spatial(flat, flat_size, [9, 1.1], 1.4, False),
            spatial([11, 14], [14, 17], [9, 0.7], 0.9, False),
            spatial([11, 14], [14, 17], None, None, False),
            spatial(deep, deep_size, None, None, False),
            spatial(deep, deep_size, [0.4, 0, 0], None, False),
            spatial(deep, deep_size, [0, 0.4, 0], None, False),
            spatial(deep, deep_size, [0, 0, 0.4], None, False),
            spatial(deep, deep_size, [0.3, -0.45, 0.2], 1.35, False),
            spatial(deep, deep_size, None, 0.8, False),
            spatial(thin, thin_size, None, None, True),
            spatial(thin, thin_size, [9, 2.7], None, True),
            spatial(thin, thin_size, [9, -0.6], 1.25, True),
            spatial(thin, thin_size, None, 0.72, True),
        ],
        "intensity": [
            intensity("blur", small, [0.5, 0.6], blur([0.5, 0.6])),
            intensity("blur", small, [0.95, 0.8], blur([0.95, 0.8])),
            intensity("blur", block, [0.58, 1, 0.75], blur([0.58, 1, 0.75])),
            intensity("blur", slab, [0.7, 0.55, 0.9], blur([0.7, 0.55, 0.9]), True),
            intensity("lowResolution", small, [0.5], low_resolution(0.5, False)),
            intensity("lowResolution", small, [0.73], low_resolution(0.73, False)),
            intensity("lowResolution", block, [0.61], low_resolution(0.61, False)),
            intensity("lowResolution", slab, [0.55], low_resolution(0.55, True), True),
            intensity("contrast", small, [0.8], lambda x: ContrastTransform(
                0.8, True, True)(image=x)["image"]),
            intensity("contrast", block, [1.25], lambda x: ContrastTransform(
                1.25, True, True)(image=x)["image"]),
            intensity("gamma", small, [0.7], gamma(0.7, False)),
            intensity("gamma", block, [1.45], gamma(1.45, False)),
            intensity("invertedGamma", small, [1.3], gamma(1.3, True)),
            intensity("invertedGamma", block, [0.75], gamma(0.75, True)),
        ],
        "morphology": [
            morphology([14, 17], operator, radius) for operator in (
                binary_dilation_torch, binary_erosion_torch, binary_closing_torch,
                binary_opening_torch) for radius in (1, 1.7, 2.5, 3.2)
        ] + [
            morphology([6, 9, 12], operator, radius) for operator in (
                binary_dilation_torch, binary_opening_torch) for radius in (1.3, 2)
        ],
        "sequences": [
            sequence([14, 17], [(1, binary_dilation_torch, 2.6), (0, binary_dilation_torch, 1.4)]),
            sequence([14, 17], [(0, binary_closing_torch, 5.6), (1, binary_opening_torch, 1.2)]),
            sequence([14, 17], [(0, binary_dilation_torch, 7.9)]),
            sequence([6, 9, 12], [(1, binary_closing_torch, 3.3), (0, binary_dilation_torch, 4.8)]),
            sequence([6, 9, 12], [(0, binary_erosion_torch, 1.1), (1, binary_dilation_torch, 1.9)]),
        ],
        "losses": [losses([12, 15], 0.25), losses([5, 8, 9], 0.08)],
    }
    out = Path(__file__).parent.parent / "augmentation.json"
    out.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
