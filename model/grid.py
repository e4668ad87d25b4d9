"""The bilateral grid: color as a function of place and lightness (Chen, Paris and Durand 2007).

A grid (B, C, D, h, w) holds C values in D lightness bins, spread evenly over 0..100, at each of h x w places. Slicing
it with a photograph's lightness gives values whose edges sit on the photograph's edges, at any resolution.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

Region = tuple[int, int, int, int]  # x, y, width and height, in pixels of the photograph


def slice_grid(grid: Tensor, lightness: Tensor) -> Tensor:
    """Look each pixel up at its place and lightness, trilinearly.

    grid: (B, C, D, h, w); lightness: (B, 1, H, W) in 0..100, at any resolution. Returns (B, C, H, W).
    """
    batch, channels, bins, height, width = grid.shape
    size = lightness.shape[-2:]
    planes = F.interpolate(grid.reshape(batch, channels * bins, height, width), size, mode="bilinear")
    return (planes.view(batch, channels, bins, *size) * hat(lightness, bins)[:, None]).sum(2)


def slice_bands(
    grid: Tensor, lightness: Tensor, pixels: int, region: Region | None = None
) -> Iterator[tuple[int, Tensor]]:
    """Slice one grid, band by band of rows, so that memory is bounded whatever the photograph's size.

    grid: (1, C, D, h, w) on any device; lightness: (H, W) in 0..100, on the CPU; pixels: about how many a band has;
    region: the part of the photograph to slice, all of it by default. Yields each band's first row, counted in the
    photograph, and its values (C, rows, width of the region), on the grid's device.
    """
    left, top, width, height = region or (0, 0, lightness.shape[1], lightness.shape[0])
    rows = max(1, pixels // width)
    bins = grid.shape[2]
    x = (torch.arange(left, left + width, device=grid.device) * 2 + 1) / lightness.shape[1] - 1
    for first in range(top, top + height, rows):
        last = min(first + rows, top + height)
        band = lightness[first:last, left : left + width].to(grid.device)
        y = (torch.arange(first, last, device=grid.device) * 2 + 1) / lightness.shape[0] - 1
        z = (band / 50 - 1) * ((bins - 1) / bins)  # bins sit on the ends of the range, not half a step inside
        position = torch.stack([x.expand_as(band), y[:, None].expand_as(band), z], dim=-1)
        values = F.grid_sample(grid, position[None, None], padding_mode="border", align_corners=False)
        yield first, values[0, :, 0]


def hat(lightness: Tensor, bins: int) -> Tensor:
    """Return each pixel's share in each lightness bin, (B, D, H, W), for lightness (B, 1, H, W) in 0..100."""
    depth = (lightness / 100 * (bins - 1)).clamp(0, bins - 1)
    bin_index = torch.arange(bins, device=lightness.device, dtype=lightness.dtype).view(1, bins, 1, 1)
    return (1 - (depth - bin_index).abs()).clamp_min(0)
