"""The card that a photograph is mounted on: it keeps its own gray, however much color lies beside it.

A mount is a frame of one lightness all around. Color would flood it, since every place of it is like every other. Where
the user puts a dot on it, it is colored as anything else is.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .levels import Levels

# Lightness within which card is of one lightness, grain and all.
CLOSE = 6.0
# The share of a line's pixels that are card: the others are dust.
NEARLY_ALL = 0.97
# The share of the pixels of a line through a caption that are card.
MOST = 0.6
# The share of the shorter side by which a brush slips.
OVER = 0.03
# The share of the photograph's side that a mount takes at least and at most, on each side.
NARROW, WIDE = 0.02, 0.4


class Mount(NamedTuple):
    """A frame around rows top to bottom and columns left to right, in pixels of the working size."""

    top: int
    bottom: int
    left: int
    right: int
    lightness: float  # 0..100

    def inside(self, field: Tensor) -> Tensor:
        """Cut out what it frames, of a field (..., H, W)."""
        return field[..., self.top : self.bottom, self.left : self.right]

    def seen(self, levels: Levels) -> Mount:
        """Return it with the lightness that the network sees."""
        return self._replace(lightness=float(levels(torch.tensor(self.lightness))))

    def is_painted(self, hint_mask: Tensor) -> bool:
        """Whether a hint lies on it; one that reaches over the photograph's edge does not. hint_mask: (1, 1, H, W)."""
        height, width = hint_mask.shape[-2:]
        over = round(OVER * min(height, width))
        rows = slice(max(0, self.top - over), min(height, self.bottom + over))
        columns = slice(max(0, self.left - over), min(width, self.right + over))
        return bool(hint_mask.sum() > hint_mask[..., rows, columns].sum())

    def cleared(self, grid: Tensor, size: torch.Size) -> Tensor:
        """Return the grid without color on the mount, at its lightness. grid: (1, 2, D, h, w); size: (H, W)."""
        bins, height, width = grid.shape[2:]
        rows = _beyond(height, size[0] / height, self.top, self.bottom)
        columns = _beyond(width, size[1] / width, self.left, self.right)
        photograph = (rows[:, None] & columns).to(grid.device)
        step = 100 / max(1, bins - 1)
        apart = (torch.arange(bins, device=grid.device) * step - self.lightness).abs()
        # Both bins that its pixels lie between.
        other = ((apart - CLOSE - step) / step).clamp(0, 1)[:, None, None]
        return grid * torch.maximum(photograph.to(grid.dtype), other)


def mount_of(lightness: Tensor) -> Mount | None:
    """Return the mount around a photograph, if it has one. lightness: (H, W) in 0..100, at the working size."""
    height, width = lightness.shape
    rim = torch.cat([lightness[0], lightness[-1], lightness[:, 0], lightness[:, -1]])
    level = float(rim.median())
    card = (lightness - level).abs() <= CLOSE
    rows, columns = card.float().mean(1), card.float().mean(0)
    top, bottom, left, right = (_depth(share) for share in (rows, rows.flip(0), columns, columns.flip(0)))
    is_frame = all(
        NARROW * side <= depth <= WIDE * side
        for depth, side in ((top, height), (bottom, height), (left, width), (right, width))
    )
    return Mount(top, height - bottom, left, width - right, level) if is_frame else None


def _beyond(count: int, pixels: float, first: int, last: int) -> Tensor:
    """Return which of some cells, of so many pixels each, have no pixel of the mount within a cell: bool (count,)."""
    center = (torch.arange(count) + 0.5) * pixels
    return (center >= first + pixels) & (center < last - pixels)


def _depth(share: Tensor) -> int:
    """Return how many lines are card before the photograph begins. share: of card in each line."""
    most = int(WIDE * len(share)) + 1
    reach = int((share[:most] >= MOST).long().cumprod(0).sum())
    card = (share[:reach] >= NEARLY_ALL).nonzero()
    return int(card[-1]) + 1 if len(card) else 0
