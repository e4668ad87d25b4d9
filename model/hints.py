"""What the user painted: a sparse set of pixels with a color, whatever the shape of dots, strokes and blobs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .color import rgb_to_lab
from .grid import Rectangle
from .paint import Paint

# Pixels to convert: what lies between takes 60 bytes each.
AT_ONCE = 1 << 18


class Dot(NamedTuple):
    """A round hint: its center in pixels, its radius (0 is one pixel), and its color in Lab units."""

    x: int
    y: int
    radius: float
    ab: tuple[float, float]


@dataclass(frozen=True)
class Hints:
    """The painted pixels: rows and columns, int64 (N,), and their color, ab float32 (N, 2) in Lab units."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    ab: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)

    @staticmethod
    def none() -> Hints:
        """Return no hints at all."""
        empty = np.zeros(0, np.int64)
        return Hints(empty, empty, np.zeros((0, 2), np.float32))

    @staticmethod
    def from_layer(rgba: NDArray[np.uint8], left: int = 0, top: int = 0) -> Hints:
        """Collect the hints of a layer, or of a part of it that begins at (left, top); see Paint.counting.

        rgba: uint8 (h, w, 4), sRGB, not premultiplied.
        """
        return Hints.of_paint(Paint.of(rgba, left, top).counting()[0])

    @staticmethod
    def of_paint(paint: Paint) -> Hints:
        """Let every pixel of some paint be a hint."""
        return Hints(paint.rows, paint.columns, _ab(paint.rgba[:, :3]))

    @staticmethod
    def from_dots(dots: Iterable[Dot], size: tuple[int, int]) -> Hints:
        """Paint dots onto a photograph of size (height, width), later ones over earlier ones."""
        owner = np.full(size, -1, np.int32)
        dots = list(dots)
        for i, dot in enumerate(dots):
            owner[_disc(dot, size)] = i
        rows, columns = np.nonzero(owner >= 0)
        ab = np.array([dot.ab for dot in dots], np.float32).reshape(-1, 2)
        return Hints(rows, columns, ab[owner[rows, columns]])

    @staticmethod
    def union(parts: Sequence[Hints]) -> Hints:
        """Return the hints of parts that do not overlap."""
        if not parts:
            return Hints.none()
        rows, columns, ab = zip(*((part.rows, part.columns, part.ab) for part in parts), strict=True)
        return Hints(np.concatenate(rows), np.concatenate(columns), np.concatenate(ab))

    def plus(self, above: Hints) -> Hints:
        """Return both; where they overlap, only what lies above counts."""
        seen = ~np.isin(self.rows << 32 | self.columns, above.rows << 32 | above.columns)
        return Hints(
            np.concatenate([self.rows[seen], above.rows]),
            np.concatenate([self.columns[seen], above.columns]),
            np.concatenate([self.ab[seen], above.ab]),
        )

    def parts(self) -> Iterator[Hints]:
        """Yield them a few at a time: what is worked out for each may take many times the memory that it takes."""
        for first in range(0, len(self), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            yield Hints(self.rows[some], self.columns[some], self.ab[some])

    def where(self, kept: NDArray[np.bool_]) -> Hints:
        """Return those that are kept, bool (N,)."""
        return self if kept.all() else Hints(self.rows[kept], self.columns[kept], self.ab[kept])

    def muted(self, share: float) -> Hints:
        """Return them with a share, 0..1, of their chroma."""
        return self if share == 1 else Hints(self.rows, self.columns, self.ab * np.float32(share))

    def digest(self) -> bytes:
        """Return what tells them from others, in place of the 24 bytes that each pixel takes."""
        state = hashlib.sha256()
        for values in (self.rows, self.columns, self.ab):
            state.update(np.ascontiguousarray(values).data)
        return state.digest()

    def within(self, area: Rectangle) -> Hints:
        """Return those inside an area of the photograph."""
        x, y, width, height = area
        if not len(self) or (self.rows.max() < y + height and self.columns.max() < x + width and x == y == 0):
            return self
        inside = (self.rows >= y) & (self.rows < y + height) & (self.columns >= x) & (self.columns < x + width)
        return self.where(inside)

    def at_size(self, size: tuple[int, int], target: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
        """Bring the hints from a photograph's size to the network's, (height, width) both.

        Returns hint_ab (1, 2, h, w), 0 where there is none, and hint_mask (1, 1, h, w). A pixel that any hint touches
        is a hint, with the mean of what touches it: a dot never vanishes, however much larger the photograph is.
        """
        height, width = (min(a, b) for a, b in zip(size, target, strict=True))
        a, b, count = np.zeros((3, height * width))
        for part in self.parts():
            index = (part.rows * height // size[0]) * width + part.columns * width // size[1]
            for plane, weights in ((a, part.ab[:, 0]), (b, part.ab[:, 1]), (count, None)):
                plane += np.bincount(index, weights, height * width)
        seen = np.maximum(count, 1)
        planes = np.stack([a / seen, b / seen, count > 0]).reshape(1, 3, height, width)
        tensor = torch.from_numpy(planes.astype(np.float32)).to(device)
        if (height, width) != target:
            tensor = F.interpolate(tensor, target, mode="nearest")
        return tensor[:, :2], tensor[:, 2:]


def _ab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert sRGB uint8 (N, 3) to ab (N, 2)."""
    ab = np.empty((len(rgb), 2), np.float32)
    for first in range(0, len(rgb), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        colors = torch.from_numpy(rgb[part].astype(np.float32) / 255).T[:, None]  # (3, 1, n)
        ab[part] = rgb_to_lab(colors)[1:, 0].T.numpy()
    return ab


def _disc(dot: Dot, size: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and columns that a dot covers in a photograph of size (height, width)."""
    reach = int(dot.radius)
    top, left = max(0, dot.y - reach), max(0, dot.x - reach)
    rows, columns = np.mgrid[top : min(size[0], dot.y + reach + 1), left : min(size[1], dot.x + reach + 1)]
    inside = (rows - dot.y) ** 2 + (columns - dot.x) ** 2 <= dot.radius**2
    return rows[inside], columns[inside]
