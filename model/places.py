"""Questions about places: what is likely there, and where a hint would help most."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# How far, in shares of the photograph's longer side, a dot is taken to color what is alike.
REACH = 0.12
# Ab units of expected error that count as not knowing at all.
UNSURE = 40.0
# Lightness units in which a place counts as alike.
ALIKE = 12.0


def sample(field: Tensor, x: float, y: float) -> Tensor:
    """Look up a field (1, C, h, w) bilinearly at (x, y), both in 0..1 of the picture. Returns (C,)."""
    at = field.new_tensor([[[[2 * x - 1, 2 * y - 1]]]])
    return F.grid_sample(field, at, padding_mode="border", align_corners=False)[0, :, 0, 0]


def uncertainty(logits: Tensor, centers: Tensor, softening: float) -> Tensor:
    """Return the expected squared error, in ab units, of the mean color at each place: (h, w).

    logits: (1, Q, h, w) over bins centered at (Q, 2). Entropy would count doubts that no eye can see; the variance
    weighs them by how far apart the colors are.
    """
    probability = torch.softmax(logits[0] * softening, 0)
    mean = torch.einsum("qhw,qc->chw", probability, centers)
    return torch.einsum("qhw,q->hw", probability, centers.square().sum(1)) - mean.square().sum(0)


def suggest(
    logits: Tensor, centers: Tensor, softening: float, lightness: Tensor, count: int
) -> list[tuple[float, float, float]]:
    """Return `count` places (x, y), in 0..1 of the picture, where a dot would remove most uncertainty.

    With each comes its own uncertainty, 0..1: the expected error there, 1 from 40 ab units up.

    lightness: (1, 1, H, W) in 0..100. A dot's gain is the uncertainty of what is near and alike; after each choice
    that much is taken away, so that the next dot goes elsewhere.
    """
    variance = uncertainty(logits, centers, softening).flatten()
    doubt = variance
    height, width = logits.shape[-2:]
    light = F.adaptive_avg_pool2d(lightness, (height, width)).flatten()
    position = torch.cartesian_prod(torch.arange(height), torch.arange(width)).to(light) / max(height, width)
    far = torch.cdist(position, position).square() / REACH**2 + (light[:, None] - light).square() / ALIKE**2
    influence = torch.exp(-far / 2)
    chosen = []
    for _ in range(count):
        best = int((influence @ doubt).argmax())
        unsure = min(1.0, float(variance[best].clamp_min(0)) ** 0.5 / UNSURE)
        chosen.append(((best % width + 0.5) / width, (best // width + 0.5) / height, unsure))
        doubt = doubt * (1 - influence[best])
    return chosen
