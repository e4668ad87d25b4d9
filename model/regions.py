"""Regions: parts of a photograph whose hints color them alone, laid over one another pixel by pixel.

The network answers for each region as if its hints were all there are, and for the rest as if regions had none. So no
color crosses a region's edge, and a dot costs the work of its own region only: the others' answers are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .grid import Rectangle, slice_bands
from .hints import Hints
from .levels import Levels

# A hint is in a region from this on.
INSIDE = 128
# The share that a region's hints take of what the network's affinity keeps from them: the user says that it is one
# thing. More is better where the mask is exact, less where it is not: experiment 11 of docs/experiments.md.
FILL = 0.5
# The affinity's own share below which it knows of no color to fill with.
BARELY = 1e-4


@dataclass(frozen=True, eq=False)
class Mask:
    """How much each pixel of an area of the photograph is in a region: uint8 (h, w), 0..255; 0 beyond the area."""

    pixels: NDArray[np.uint8]
    area: Rectangle
    # Of no other mask, wherever it lies.
    identity: bytes

    @staticmethod
    def of(pixels: NDArray[np.uint8], left: int = 0, top: int = 0) -> Mask:
        """Take a mask, uint8 (h, w), whose upper left pixel is that of the photograph at (left, top)."""
        rows, columns = (np.flatnonzero(pixels.any(axis)) for axis in (1, 0))
        if not len(rows):
            pixels = pixels[:0, :0]
        else:
            first_row, first_column = int(rows[0]), int(columns[0])
            pixels = np.ascontiguousarray(pixels[first_row : rows[-1] + 1, first_column : columns[-1] + 1])
            left, top = left + first_column, top + first_row
        area = (left, top, pixels.shape[1], pixels.shape[0])
        state = hashlib.sha256(repr(area).encode())
        state.update(np.ascontiguousarray(pixels).data)
        return Mask(pixels, area, state.digest())

    def moved(self, x: int, y: int) -> Mask:
        """Return it so many pixels to the right and down."""
        area = (self.area[0] + x, self.area[1] + y, *self.area[2:])
        return Mask(self.pixels, area, hashlib.sha256(self.identity + repr(area).encode()).digest())

    def at(self, hints: Hints) -> NDArray[np.uint8]:
        """Return how much each of N hints is in the region: uint8 (N,)."""
        found = np.zeros(len(hints), np.uint8)
        x, y, width, height = self.area
        rows, columns = hints.rows - y, hints.columns - x
        near = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        found[near] = self.pixels[rows[near], columns[near]]
        return found

    def reduced(self, size: tuple[int, int], target: Sequence[int]) -> Tensor:
        """Return its shares, (h, w) in 0..1, in a copy of target size (h, w) of a photograph of a size (H, W)."""
        part, share = self.within((0, 0, size[1], size[0]))
        whole = torch.zeros(size)
        whole[part[1] : part[1] + part[3], part[0] : part[0] + part[2]] = share
        return F.interpolate(whole[None, None], tuple(target), mode="bilinear", antialias=True)[0, 0]

    def within(self, area: Rectangle) -> tuple[Rectangle, Tensor]:
        """Return the part of the mask's area that lies in another, and its shares there, (h, w) in 0..1."""
        left, top = max(area[0], self.area[0]), max(area[1], self.area[1])
        right = max(left, min(area[0] + area[2], self.area[0] + self.area[2]))
        bottom = max(top, min(area[1] + area[3], self.area[1] + self.area[3]))
        x, y = left - self.area[0], top - self.area[1]
        part = self.pixels[y : y + bottom - top, x : x + right - left]
        return (left, top, right - left, bottom - top), torch.from_numpy(part.astype(np.float32) / 255)


@dataclass(frozen=True)
class Region:
    """A part of a photograph, and the hints that color it alone.

    mask: how much each pixel is in it, from 0 to 255, uint8 of the photograph's size (H, W), or a Mask; hints: uint8
    (H, W, 4), of which only those inside count, or Hints.
    """

    mask: NDArray[np.uint8] | Mask
    hints: NDArray[np.uint8] | Hints | None = None


class Layer(NamedTuple):
    """What is seen where a mask says so, or everywhere: a grid of ab, (1, 2, D, h, w)."""

    grid: Tensor
    mask: Mask | None = None


class Shared(NamedTuple):
    """The hints outside all regions and those of each, bottom-up; and the regions' masks."""

    hints: list[Hints]
    masks: list[Mask]

    def all(self) -> Hints:
        """Return all of them; where they overlap, those of the uppermost region."""
        every = self.hints[0]
        for hints in self.hints[1:]:
            every = every.plus(hints)
        return every

    def at(self, x: int, y: int) -> tuple[Hints, bool]:
        """Return the hints that color the pixel in column x and row y, and whether they are a region's."""
        pixel = Hints(np.array([y]), np.array([x]), np.zeros((1, 2), np.float32))
        inside = [i for i, mask in enumerate(self.masks, 1) if mask.at(pixel)[0] >= INSIDE]
        return self.hints[inside[-1] if inside else 0], bool(inside)


def share_out(hints: Hints, masks: Sequence[Mask], own: Sequence[Hints]) -> Shared:
    """Tell which hints color what: `hints` are of no region, `own` those of each.

    A hint of no region colors the uppermost one that it lies in; so one painted before the region was made goes on to
    count. Beside those a region has its own, as far as they are inside.
    """
    owner = np.full(len(hints), -1)
    for i, mask in enumerate(masks):
        owner[mask.at(hints) >= INSIDE] = i
    inside = [each.where(mask.at(each) >= INSIDE) for mask, each in zip(masks, own, strict=True)]
    theirs = [hints.where(owner == i).plus(each) for i, each in enumerate(inside)]
    return Shared([hints.where(owner < 0), *theirs], list(masks))


def seen_exactly(shared: Sequence[Hints], masks: Sequence[Mask]) -> Hints:
    """Return those of all hints, as `share_out` gave them, that no other region covers, not even partly."""
    seen = []
    for i, hints in enumerate(shared):
        whole = masks[i - 1].at(hints) == 255 if i else np.ones(len(hints), bool)
        for above in masks[i:]:
            whole &= above.at(hints) == 0
        seen.append(hints.where(whole))
    return Hints.union(seen)


def fill(alone: Tensor, grid: Tensor, reached: Tensor) -> tuple[Tensor, Tensor]:
    """Let hints reach all of their region.

    alone, grid: ab, (1, 2, D, h, w), without what the hints spread and with it; reached: (1, 1, D, h, w), their share
    in 0..1. Returns grid and share as they are then.
    """
    share = reached + (1 - reached) * FILL
    return alone + (grid - alone) / reached.clamp_min(BARELY) * share, share


def slice_layers(
    layers: Sequence[Layer], lightness: Tensor, pixels: int, area: Rectangle, levels: Levels
) -> Iterator[tuple[int, Tensor]]:
    """Slice the lowest layer's grid band by band as `slice_bands` does, and lay the others over it, bottom-up."""
    for first, ab in slice_bands(layers[0].grid, lightness, pixels, area, levels):
        for grid, mask in layers[1:]:
            if mask is not None:
                _lay_over(ab, (area[0], first, ab.shape[2], ab.shape[1]), grid, mask, lightness, levels)
        yield first, ab


def _lay_over(ab: Tensor, area: Rectangle, grid: Tensor, mask: Mask, lightness: Tensor, levels: Levels) -> None:
    """Blend a grid, where a mask says so, into the ab (2, h, w) of an area."""
    part, share = mask.within(area)
    if not share.numel():
        return
    x, y, width, height = part
    ((_, above),) = slice_bands(grid, lightness, share.numel(), part, levels)
    rows, columns = slice(y - area[1], y - area[1] + height), slice(x - area[0], x - area[0] + width)
    ab[:, rows, columns] = torch.lerp(ab[:, rows, columns], above, share.to(ab.device))
