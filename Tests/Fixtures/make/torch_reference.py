# SPDX-License-Identifier: Apache-2.0
"""Values of PyTorch 2.13.0: 20 steps of SGD on a toy task, clipped gradients, interpolated images.

The initial parameters are sines, as in LearningTests, so nothing random takes part. Run with
torch 2.13.0 (CPU) from the folder Tests/Fixtures:  python make/torch_reference.py > torch_reference.json
"""
import json
import math

import torch
from torch import nn

torch.set_num_threads(1)


class Block(nn.Module):
    def __init__(self, dims, inputs, outputs, kernel, stride):
        super().__init__()
        conv = nn.Conv2d if dims == 2 else nn.Conv3d
        norm = nn.InstanceNorm2d if dims == 2 else nn.InstanceNorm3d
        self.conv = conv(inputs, outputs, kernel, stride, [(k - 1) // 2 for k in kernel])
        self.norm = norm(outputs, eps=1e-5, affine=True)
        self.act = nn.LeakyReLU(0.01)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Net(nn.Module):
    """The U-Net of nnunet's section 5.1, written from that description."""

    def __init__(self, dims, channels, classes, features, kernels, strides):
        super().__init__()
        n = len(features)
        up = nn.ConvTranspose2d if dims == 2 else nn.ConvTranspose3d
        conv = nn.Conv2d if dims == 2 else nn.Conv3d
        one = [1] * dims
        self.encoder = nn.ModuleList()
        for s in range(n):
            inputs = channels if s == 0 else features[s - 1]
            self.encoder.append(nn.Sequential(
                Block(dims, inputs, features[s], kernels[s], strides[s]),
                Block(dims, features[s], features[s], kernels[s], one)))
        self.stages = nn.ModuleList()
        for d in range(n - 1):
            f = features[n - 2 - d]
            self.stages.append(nn.Sequential(
                Block(dims, 2 * f, f, kernels[n - 2 - d], one),
                Block(dims, f, f, kernels[n - 2 - d], one)))
        self.ups = nn.ModuleList(
            up(features[n - 1 - d], features[n - 2 - d], strides[n - 1 - d], strides[n - 1 - d])
            for d in range(n - 1))
        self.heads = nn.ModuleList(
            conv(features[n - 2 - d], classes, one) for d in range(n - 1))

    def forward(self, x):
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        outputs = []
        for d, (u, stage, head) in enumerate(zip(self.ups, self.stages, self.heads)):
            x = stage(torch.cat([u(x), skips[-2 - d]], 1))
            outputs.append(head(x))
        return outputs[::-1]


def fill(net):
    with torch.no_grad():
        for t, p in enumerate(net.parameters()):
            k = torch.arange(1, p.numel() + 1, dtype=torch.float64)
            values = (0.1 * torch.sin(0.37 * k + t)).float()
            p.copy_((values + (0.5 if p.dim() == 1 else 0)).reshape(p.shape))


def dice_ce(logits, target, batch_dice, ignore=None):
    if ignore is None:
        mask, known = torch.ones_like(target, dtype=torch.float32), target
        ce = nn.functional.cross_entropy(logits, target)
    else:
        mask = (target != ignore).float()
        known = torch.where(target == ignore, 0, target)
        ce = nn.functional.cross_entropy(logits, target, ignore_index=ignore)
    g = nn.functional.one_hot(known, logits.shape[1]).movedim(-1, 1).float()
    p = logits.softmax(1)
    p, g = p[:, 1:] * mask[:, None], g[:, 1:] * mask[:, None]
    axes = ([0] if batch_dice else []) + list(range(2, logits.dim()))
    i, a, b = (p * g).sum(axes), p.sum(axes), g.sum(axes)
    dc = (2 * i + 1e-5) / torch.clip(a + b + 1e-5, min=1e-8)
    return ce - dc.mean()


def weights(n):
    w = [0.5**i for i in range(n)]
    w[-1] = 0
    return [x / sum(w) for x in w]


def train(dims, features, kernels, strides, shape, batch_dice, steps=20):
    net = Net(dims, 1, 3, features, kernels, strides)
    fill(net)
    n = math.prod(shape)
    image = torch.cos(0.1 * torch.arange(n, dtype=torch.float64)).float().reshape(shape)
    index = torch.arange(n).reshape(shape)[:, 0]
    target = torch.where(image[:, 0] > 0.5, 1 + index // 8 % 2, 0)
    optimiser = torch.optim.SGD(net.parameters(), 0.01, momentum=0.99, nesterov=True,
                                weight_decay=3e-5)
    ws = weights(len(features) - 1)
    losses, norms = [], []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 0.01 * (1 - step / steps) ** 0.9
        optimiser.zero_grad(set_to_none=True)
        total = 0
        for w, output in zip(ws, net(image)):
            if w == 0:
                continue
            small = nn.functional.interpolate(target[:, None].float(), output.shape[2:],
                                              mode="nearest-exact")[:, 0].long()
            total = total + w * dice_ce(output, small, batch_dice)
        total.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), 12).item())
        optimiser.step()
        losses.append(total.item())
    with torch.no_grad():
        logits = net(image)[0]
    return {
        "losses": losses, "norms": norms,
        "logits": {"sum": logits.double().sum().item(),
                   "absolute": logits.double().abs().sum().item(),
                   "first": logits.flatten()[:8].tolist()},
        "momenta": sum(1 for p in net.parameters() if p in optimiser.state),
    }


def clipping():
    """Three gradients whose norm is clipped to 1, and to a limit that they do not reach."""
    result = {}
    for limit in (1.0, 12.0):
        ps = [nn.Parameter(torch.zeros(n)) for n in (2, 3, 1)]
        for t, p in enumerate(ps):
            p.grad = torch.tensor([math.sin(3 * t + i) for i in range(p.numel())])
        norm = torch.nn.utils.clip_grad_norm_(ps, limit).item()
        result[str(limit)] = {"norm": norm, "grads": [p.grad.tolist() for p in ps]}
    return result


def sampling():
    """Interpolation of a small image."""
    x = torch.sin(torch.arange(24, dtype=torch.float64)).float().reshape(1, 1, 4, 6)
    v = torch.sin(torch.arange(60, dtype=torch.float64)).float().reshape(1, 1, 3, 4, 5)
    f = nn.functional.interpolate
    return {
        "bilinear": f(x, (3, 5), mode="bilinear").flatten().tolist(),
        "nearest": f(x, (3, 4), mode="nearest-exact").flatten().tolist(),
        "trilinear": f(v, (2, 3, 7), mode="trilinear").flatten().tolist(),
        "aligned": f(v, (2, 3, 7), mode="trilinear", align_corners=True).flatten().tolist(),
    }


flat = train(2, [4, 8, 16], [[3, 3]] * 3, [[1, 1], [2, 2], [2, 2]], (2, 1, 16, 16), True)
solid = train(3, [4, 6, 8, 8], [[1, 3, 3]] + [[3, 3, 3]] * 3,
              [[1, 1, 1], [1, 2, 2], [2, 2, 2], [1, 2, 2]], (2, 1, 4, 16, 16), False)
json.dump({"reference": f"torch {torch.__version__}", "flat": flat, "solid": solid,
           "clipping": clipping(), "sampling": sampling()}, __import__("sys").stdout, indent=1)
print()
