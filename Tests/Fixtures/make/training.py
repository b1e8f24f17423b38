# SPDX-License-Identifier: Apache-2.0
"""Numbers of nnunetv2 2.8.1: its losses, and 20 steps of its networks under its optimiser.

Parameters are sines, as in LearningTests, so nothing random takes part. Run with nnunetv2 2.8.1 and
torch 2.13.0 (CPU) from the folder Tests/Fixtures:  python -P make/training.py > training.json
"""
import json
import math
import sys

import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet
from nnunetv2.training.loss.compound_losses import DC_and_BCE_loss, DC_and_CE_loss, DC_and_topk_loss
from nnunetv2.training.loss.deep_supervision import DeepSupervisionWrapper
from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss
from nnunetv2.training.loss.robust_ce_loss import RobustCrossEntropyLoss, TopKLoss
from nnunetv2.utilities.helpers import softmax_helper_dim1
from torch import nn

torch.set_num_threads(1)


def loss_of(kind, batch_dice, ignore=None, regions=False, smooth=1e-5):
    soft = {"batch_dice": batch_dice, "do_bg": regions, "smooth": smooth, "ddp": False}
    if regions:
        if kind == "dice":
            return MemoryEfficientSoftDiceLoss(apply_nonlin=torch.sigmoid, **soft)
        return DC_and_BCE_loss({}, soft, use_ignore_label=ignore is not None,
                               dice_class=MemoryEfficientSoftDiceLoss)
    index = -100 if ignore is None else ignore
    return {
        "dice-ce": lambda: DC_and_CE_loss(soft, {}, weight_ce=1, weight_dice=1, ignore_label=ignore,
                                          dice_class=MemoryEfficientSoftDiceLoss),
        "dice-topk": lambda: DC_and_topk_loss(soft, {"k": 10, "label_smoothing": 0.0},
                                              weight_ce=1, weight_dice=1, ignore_label=ignore),
        "dice": lambda: MemoryEfficientSoftDiceLoss(apply_nonlin=softmax_helper_dim1, **soft),
        "ce": lambda: RobustCrossEntropyLoss(ignore_index=index),
        "topk": lambda: TopKLoss(ignore_index=index, k=10),
    }[kind]()


def vector(channels):
    b, c, i, j = np.meshgrid(np.arange(2), np.arange(channels), np.arange(8), np.arange(8),
                             indexing="ij")
    logits = torch.from_numpy(np.sin(7 * b + 3 * c + 2 * i + j).astype(np.float32))
    b, i, j = np.meshgrid(np.arange(2), np.arange(8), np.arange(8), indexing="ij")
    return logits, torch.from_numpy((b + i + j) % 3)[:, None]


def values():
    """Every loss on logits[b, c, i, j] = sin(7b + 3c + 2i + j), labels (b + i + j) mod 3."""
    rows = []
    for kind in ("dice-ce", "dice-topk", "dice", "ce", "topk"):
        for batch_dice in (True, False):
            for smooth in (1e-5, 0.0):
                for ignore in (None, 2):
                    if kind == "dice" and ignore is not None:
                        continue
                    logits, labels = vector(3 if ignore is None else 2)
                    value = loss_of(kind, batch_dice, ignore, smooth=smooth)(logits, labels)
                    rows.append({"terms": kind, "batchDice": batch_dice, "smooth": smooth,
                                 "regions": False, "ignored": ignore, "value": value.item()})
    # Regions: labels 1 and 2 together, and 2 alone; or with 2 ignored, 1 alone.
    for kind in ("dice-ce", "dice"):
        for batch_dice in (True, False):
            for ignore in (None, 2):
                if kind == "dice" and ignore is not None:
                    continue
                logits, labels = vector(2 if ignore is None else 1)
                if ignore is None:
                    target = torch.cat([labels > 0, labels == 2], 1)
                else:
                    target = torch.cat([labels == 1, labels == 2], 1)
                value = loss_of(kind, batch_dice, ignore, regions=True)(logits, target)
                rows.append({"terms": kind, "batchDice": batch_dice, "smooth": 1e-5,
                             "regions": True, "ignored": ignore, "value": value.item()})
    return rows


def fill(net):
    done = set()
    t = 0
    with torch.no_grad():
        for p in net.parameters():
            if id(p) in done:
                continue
            done.add(id(p))
            k = torch.arange(1, p.numel() + 1, dtype=torch.float64)
            p.copy_(((0.1 * torch.sin(0.37 * k + t)).float() + (0.5 if p.dim() == 1 else 0))
                    .reshape(p.shape))
            t += 1


def curve(residual, dims, features, kernels, strides, blocks, shape, batch_dice, regions, ignore,
          kind="dice-ce", steps=20):
    conv = nn.Conv2d if dims == 2 else nn.Conv3d
    norm = nn.InstanceNorm2d if dims == 2 else nn.InstanceNorm3d
    outputs = 2 if regions or ignore is not None else 3
    common = dict(
        input_channels=1, n_stages=len(features), features_per_stage=features, conv_op=conv,
        kernel_sizes=kernels, strides=strides, num_classes=outputs, conv_bias=True, norm_op=norm,
        norm_op_kwargs={"eps": 1e-5, "affine": True}, nonlin=nn.LeakyReLU,
        nonlin_kwargs={"inplace": True}, deep_supervision=True)
    n = len(features)
    if residual:
        net = ResidualEncoderUNet(n_blocks_per_stage=blocks, n_conv_per_stage_decoder=[1] * (n - 1),
                                  **common)
    else:
        net = PlainConvUNet(n_conv_per_stage=blocks, n_conv_per_stage_decoder=[2] * (n - 1), **common)
    fill(net)
    count = math.prod(shape)
    image = torch.cos(0.1 * torch.arange(count, dtype=torch.float64)).float().reshape(shape)
    index = torch.arange(count).reshape(shape)
    labels = torch.where(image > 0.5, 1 + index // 8 % 2, 0)
    target = torch.cat([labels > 0, labels == 2], 1) if regions else labels
    w = np.array([1 / 2**i for i in range(n - 1)])
    w[-1] = 0
    loss = DeepSupervisionWrapper(loss_of(kind, batch_dice, ignore, regions), w / w.sum())
    optimiser = torch.optim.SGD(net.parameters(), 0.01, weight_decay=3e-5, momentum=0.99,
                                nesterov=True)
    losses = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 0.01 * (1 - step / steps) ** 0.9
        optimiser.zero_grad(set_to_none=True)
        out = net(image)
        targets = [nn.functional.interpolate(target.float(), o.shape[2:], mode="nearest-exact")
                   for o in out]
        targets = [t.bool() if regions else t.long() for t in targets]
        value = loss(out, targets)
        value.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 12)
        optimiser.step()
        losses.append(value.item())
    return losses


FLAT = dict(dims=2, features=[4, 8, 8], kernels=[[3, 3]] * 3, strides=[[1, 1], [2, 2], [2, 2]],
            shape=(2, 1, 16, 16))
SOLID = dict(dims=3, features=[4, 6, 8, 8], kernels=[[1, 3, 3]] + [[3, 3, 3]] * 3,
             strides=[[1, 1, 1], [1, 2, 2], [2, 2, 2], [1, 2, 2]], shape=(2, 1, 4, 16, 16))
curves = []
for residual in (False, True):
    for form, name in ((FLAT, "flat"), (SOLID, "solid")):
        n = len(form["features"])
        blocks = [1, 3, 2, 2][:n] if residual else [2] * n
        for batch_dice, regions, ignore, kind in (
                (True, False, None, "dice-ce"), (False, False, None, "dice-topk"),
                (False, True, None, "dice-ce"), (True, False, 2, "dice-ce")):
            curves.append({
                "form": name, "residual": residual, "blocks": blocks, "batchDice": batch_dice,
                "regions": regions, "ignored": ignore, "terms": kind,
                "losses": curve(residual, blocks=blocks, batch_dice=batch_dice, regions=regions,
                                ignore=ignore, kind=kind, **form)})
json.dump({"reference": f"nnunetv2 2.8.1, torch {torch.__version__}", "values": values(),
           "curves": curves}, sys.stdout, indent=1)
print()
