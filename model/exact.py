"""Exact hints: what propagation leaves over spreads edge-aware, coarse to fine, within the bilateral grid.

The hints alone are spread in the same way, and take a share of the result where they are near: where there are many,
they know what a network can only guess. Staying in the grid has two merits: nothing here depends on the size of the
photograph, and one slice shows it all.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Cells of the grid that one step of a level spans.
LEVELS = (16, 8, 4, 2, 1)
# Blurred hint pixels at which a node takes half of what it sees.
PRIOR = 1.0
# The share of the hints alone, at a hint. Experiment 6 of docs/experiments.md chose all three.
SHARE = 0.4


def meet_hints(grid: Tensor, lightness: Tensor, hint_ab: Tensor, hint_mask: Tensor) -> Tensor:
    """Return a grid, with twice the lightness bins, that gives the hints' color back at the hints.

    grid: (1, 2, D, h, w); lightness: (1, 1, H, W) in 0..100; hint_ab: (1, 2, H, W) in ab units and hint_mask:
    (1, 1, H, W), at the working size. Returns (1, 2, 2 D - 1, h, w).
    """
    grid = _twice_the_bins(grid)
    rows, columns = torch.nonzero(hint_mask[0, 0], as_tuple=True)
    if len(rows) == 0:
        return grid
    wanted = hint_ab[0, :, rows, columns]  # (2, N)
    size = hint_mask.shape[-2:]
    position = torch.stack(  # (x, y, z) in -1..1, as grid_sample wants them
        [
            (2 * columns + 1) / size[1] - 1,
            (2 * rows + 1) / size[0] - 1,
            lightness[0, 0, rows, columns] / 50 - 1,
        ],
        dim=1,
    )
    values = torch.cat([wanted - _at(grid, position), wanted, torch.ones_like(wanted[:1])])
    spread = _spread(values, position, (grid.shape[2], grid.shape[3], grid.shape[4]))
    # Reached: how near hints are, 0..1.
    correction, alone, reached = spread[:, :2], spread[:, 2:4], spread[:, 4:]
    grid = grid + correction
    return grid + SHARE * (alone - reached * grid)


def _spread(values: Tensor, position: Tensor, size: tuple[int, int, int]) -> Tensor:
    """Return a grid of a size (D, h, w) that has the values, (C, N), at N places, and fades away from them.

    Each level adds what the coarser ones leave over.
    """
    bins, height, width = size
    grid = values.new_zeros(1, len(values), bins, 1, 1)
    for level in LEVELS:
        nodes = (bins, -(-height // level), -(-width // level))
        finer = F.interpolate(grid.flatten(1, 2), nodes[1:], mode="bilinear").view(1, -1, *nodes)
        rest = values - _at(finer, position)
        sums = _blur(_splat(torch.cat([rest, torch.ones_like(rest[:1])]), position, nodes))
        grid = finer + sums[:, :-1] / (sums[:, -1:] + PRIOR)
    return grid


def _twice_the_bins(grid: Tensor) -> Tensor:
    """Insert a bin between any two: the grid means the same, and can tell closer lightness apart."""
    between = (grid[:, :, :-1] + grid[:, :, 1:]) / 2
    pairs = torch.stack([grid[:, :, :-1], between], dim=3).flatten(2, 3)
    return torch.cat([pairs, grid[:, :, -1:]], dim=2)


def _at(grid: Tensor, position: Tensor) -> Tensor:
    """Slice the grid at N places, position (N, 3) in -1..1: returns (C, N).

    Bins sit on the ends of the range of lightness, cells beside the ends of the picture: so the depth is stretched.
    """
    bins = grid.shape[2]
    stretched = torch.cat([position[:, :2], position[:, 2:] * (bins - 1) / bins], 1)
    sampled = F.grid_sample(grid, stretched.view(1, 1, 1, -1, 3), padding_mode="border", align_corners=False)
    return sampled[0, :, 0, 0]


def _splat(values: Tensor, position: Tensor, nodes: tuple[int, int, int]) -> Tensor:
    """Sum N values, (C, N), into the nearest of the nodes (D, h, w): returns (1, C, D, h, w)."""
    bins, height, width = nodes
    x = ((position[:, 0] + 1) / 2 * width).long().clamp_max(width - 1)
    y = ((position[:, 1] + 1) / 2 * height).long().clamp_max(height - 1)
    z = ((position[:, 2] + 1) / 2 * (bins - 1)).round().long()
    sums = values.new_zeros(len(values), bins * height * width)
    return sums.index_add_(1, (z * height + y) * width + x, values).view(1, -1, *nodes)


def _blur(grid: Tensor) -> Tensor:
    """Blur with [1 2 1] / 4 along lightness, height and width; beyond the grid is nothing."""
    for axis in (2, 3, 4):
        # Sums of shifted grids: ten times as fast as conv3d.
        blurred, length = grid / 2, grid.shape[axis] - 1
        blurred.narrow(axis, 1, length).add_(grid.narrow(axis, 0, length), alpha=0.25)
        blurred.narrow(axis, 0, length).add_(grid.narrow(axis, 1, length), alpha=0.25)
        grid = blurred
    return grid
