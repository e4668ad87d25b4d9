"""The bilateral grid: color as a function of place and lightness (Chen, Paris and Durand 2007).

A grid (B, C, D, h, w) holds C values in D lightness bins, spread evenly over 0..100, at each of h x w places. Slicing
it with a photograph's lightness gives values whose edges sit on the photograph's edges, at any resolution.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.profiler import record_function

from .levels import AS_IT_IS, Levels

Rectangle = tuple[int, int, int, int]  # x, y, width and height, in pixels of the photograph


def slice_grid(grid: Tensor, lightness: Tensor) -> Tensor:
    """Look each pixel up at its place and lightness, trilinearly.

    grid: (B, C, D, h, w); lightness: (B, 1, H, W) in 0..100, at any resolution. Returns (B, C, H, W).
    """
    batch, channels, bins, height, width = grid.shape
    size = lightness.shape[-2:]
    # Five times as fast; what follows is the one to train with.
    if batch == 1 and not torch.is_grad_enabled():
        ((_, values),) = slice_bands(grid, lightness[0, 0], size.numel())
        return values[None]
    planes = F.interpolate(grid.reshape(batch, channels * bins, height, width), size, mode="bilinear")
    return (planes.view(batch, channels, bins, *size) * hat(lightness, bins)[:, None]).sum(2)


def slice_bands(
    grid: Tensor, lightness: Tensor, pixels: int, area: Rectangle | None = None, levels: Levels = AS_IT_IS
) -> Iterator[tuple[int, Tensor]]:
    """Slice one grid, band by band of rows, so that memory is bounded whatever the photograph's size.

    grid: (1, C, D, h, w) on any device; lightness: (H, W) in 0..100, on the CPU; pixels: about how many a band has;
    area: the part of the photograph to slice, all of it by default; levels: from its lightness to the grid's.
    Yields each band's first row, counted in the photograph, and its values (C, rows, width of the area), on the
    grid's device.
    """
    left, top, width, height = area or (0, 0, lightness.shape[1], lightness.shape[0])
    cells, x = _columns(grid, left, width, lightness.shape[1])
    bins = grid.shape[2]
    rows = max(1, pixels // width)
    for first in range(top, top + height, rows):
        last = min(first + rows, top + height)
        with record_function("slice"):
            band = levels(lightness[first:last, left : left + width].to(grid.device))
            # Bins sit on the ends of the range, not half a step inside.
            z = (band / 50 - 1) * ((bins - 1) / bins)
            position = torch.stack([x.expand_as(z), z], dim=-1)[:, None]
            # With the rows resampled first, what is left is a lookup in two dimensions: 7 times as fast as in three.
            per_row = _rows(cells, first, last, lightness.shape[0])
            values = F.grid_sample(per_row, position, padding_mode="border", align_corners=False)
        yield first, values[:, :, 0].transpose(0, 1)


def _columns(grid: Tensor, left: int, width: int, whole: int) -> tuple[Tensor, Tensor]:
    """Cut out what some columns, of `whole` in the photograph, interpolate: (h, C, D, w'), and their place in -1..1."""
    across = grid.shape[4]
    first, last = max(0, left * across // whole - 1), min(across, -(-(left + width) * across // whole) + 1)
    x = (torch.arange(left, left + width, device=grid.device) + 0.5) * (across / whole) - first
    return grid[0, ..., first:last].permute(2, 0, 1, 3).contiguous(), x * (2 / (last - first)) - 1


def _rows(cells: Tensor, first: int, last: int, whole: int) -> Tensor:
    """Interpolate cells (h, C, D, w) at some rows, of `whole` in the photograph: returns (last - first, C, D, w)."""
    down = len(cells)
    y = (torch.arange(first, last, device=cells.device) + 0.5) * (down / whole) - 0.5
    y = y.clamp(0, down - 1)
    above = y.long()
    return torch.lerp(cells[above], cells[(above + 1).clamp_max(down - 1)], (y - above)[:, None, None, None])


def hat(lightness: Tensor, bins: int) -> Tensor:
    """Return each pixel's share in each lightness bin, (B, D, H, W), for lightness (B, 1, H, W) in 0..100."""
    depth = (lightness / 100 * (bins - 1)).clamp(0, bins - 1)
    bin_index = torch.arange(bins, device=lightness.device, dtype=lightness.dtype).view(1, bins, 1, 1)
    return (1 - (depth - bin_index).abs()).clamp_min(0)
