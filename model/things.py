"""The things in a photograph, as the network sees them: what has one meaning, lies together and is about as light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .palette import divide

# In a photograph.
MOST = 8
# Share of the photograph: what is smaller is no thing of its own.
SMALLEST = 0.015
# What they weigh beside meaning.
LIGHTNESS, PLACE = 0.4, 0.25
# Cells from a thing's edge, and from each other, that dots are set.
WELL_INSIDE, APART = 2, 4


@dataclass(frozen=True)
class Things:
    """Which thing each cell of a field (h, w) belongs to, 0..count - 1, or -1 for none."""

    of: NDArray[np.int64]
    count: int

    def cells(self, thing: int) -> NDArray[np.bool_]:
        """Return where a thing is: (h, w)."""
        return self.of == thing

    def middles(self, thing: int, count: int) -> list[tuple[float, float]]:
        """Return up to `count` places (x, y), in 0..1 of the picture, well inside a thing and far from each other."""
        depth = _depth(self.cells(thing))
        rows, columns = np.nonzero(depth >= min(WELL_INSIDE, depth.max()))
        chosen = [int(depth[rows, columns].argmax())]
        apart = np.hypot(rows - rows[chosen[0]], columns - columns[chosen[0]])
        while len(chosen) < count and apart.max() >= APART:
            chosen.append(int(apart.argmax()))
            apart = np.minimum(apart, np.hypot(rows - rows[chosen[-1]], columns - columns[chosen[-1]]))
        height, width = self.of.shape
        return [((columns[i] + 0.5) / width, (rows[i] + 0.5) / height) for i in chosen]


def things_of(meaning: Tensor, lightness: Tensor, size: tuple[int, int]) -> Things:
    """Divide a photograph into things, at a size (h, w).

    meaning: (1, C, h', w'), features in which the parts of a thing are alike; lightness: (1, 1, H, W) in 0..100.
    """
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([rows, columns])[None].float() / max(size)
    parts = [
        _even(F.interpolate(meaning.float().cpu(), size, mode="bilinear")),
        LIGHTNESS * _even(F.adaptive_avg_pool2d(lightness.cpu(), size)),
        PLACE * _even(place),
    ]
    points = torch.cat(parts).T.contiguous().numpy()
    owner = divide(points, MOST).reshape(size)
    large = [i for i in range(MOST) if (owner == i).mean() >= SMALLEST]
    of = np.full(size, -1, np.int64)
    for number, i in enumerate(large):
        of[owner == i] = number
    return Things(of, len(large))


def _even(field: Tensor) -> Tensor:
    """Return a field (1, C, h, w) as (C, h w), centered, of mean square 1: so that all weigh the same."""
    flat = field.flatten(2)[0]
    flat = flat - flat.mean(1, keepdim=True)
    return flat / flat.square().sum(0).mean().sqrt().clamp_min(1e-6)


def _depth(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many cells each one lies inside, (h, w): 1 at the edge, 0 outside."""
    depth, left = inside.astype(np.int64), inside
    while left.any():
        padded = np.pad(left, 1)
        left = left & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        depth += left
    return depth
