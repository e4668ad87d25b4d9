"""Which painted pixels are hints, whatever brush made them: a dot's peak is what counts, not its soft fringe."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from huedot.protocol.painted import FAINTEST, OPAQUE

# Alpha and number of pixels beneath which nobody means or sees a spot.
VISIBLE, SPECK = 3, 9
# That each channel is cut into: fringe and peak of a dot are in the same step, or in neighboring ones.
STEPS = 8
NEIGHBORS = [(r, g, b) for r in (-1, 0, 1) for g in (-1, 0, 1) for b in (-1, 0, 1)]


class Paint(NamedTuple):
    """Painted pixels: rows and columns, int64 (N,), and their colors, uint8 (N, 4) RGBA, not premultiplied."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    rgba: NDArray[np.uint8]

    @staticmethod
    def of(layer: NDArray[np.uint8], left: int = 0, top: int = 0) -> Paint:
        """Return what is not transparent of a layer, uint8 (h, w, 4), or of a part of it at (left, top)."""
        rows, columns = np.nonzero(layer[..., 3])
        return Paint(rows + top, columns + left, layer[rows, columns])

    def counting(self) -> tuple[Paint, int]:
        """Return the pixels that are hints, and how many spots are too faint to be any.

        A pixel counts if it is at least half as opaque as the most opaque one of its color in its spot: what is
        connected, across corners too. So a dot of a soft brush counts as far as its half height, at any opacity.
        """
        alpha = self.rgba[:, 3]
        if not len(alpha) or alpha.min() >= OPAQUE:
            return self, 0
        order = np.lexsort((self.columns, self.rows))
        paint = Paint(self.rows[order], self.columns[order], self.rgba[order])
        spots = _spots(paint.rows, paint.columns)
        peaks = _peaks(spots, paint.rgba)
        counts = (paint.rgba[:, 3] >= (peaks + 1) // 2) & (peaks >= FAINTEST)
        visible, sizes = np.unique(spots[paint.rgba[:, 3] >= VISIBLE], return_counts=True)
        faint = len(np.setdiff1d(visible[sizes >= SPECK], spots[counts]))
        return Paint(paint.rows[counts], paint.columns[counts], paint.rgba[counts]), faint


def join(parts: list[Paint]) -> Paint:
    """Return the paint of parts that do not overlap."""
    if not parts:
        empty = np.zeros(0, np.int64)
        return Paint(empty, empty, np.zeros((0, 4), np.uint8))
    rows, columns, rgba = zip(*parts, strict=True)
    return Paint(np.concatenate(rows), np.concatenate(columns), np.concatenate(rgba))


def _spots(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number what is connected: a number for each pixel, int64 (N,). Pixels come row by row."""
    places = rows << 32 | columns
    begins = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    ends = np.append(begins[1:], len(places)) - 1
    above, below = _touching(places[begins], places[ends])
    labels = np.arange(len(begins))
    while np.any(labels[above] != labels[below]):
        one, other = labels[above], labels[below]
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while np.any(labels != labels[labels]):
            labels = labels[labels]
    return np.repeat(labels, ends - begins + 1)


def _touching(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of runs in neighboring rows that touch, across corners too."""
    next_row = 1 << 32
    first = np.searchsorted(ends, begins + next_row - 1)
    last = np.searchsorted(begins, ends + next_row + 1, side="right")
    count = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(begins)), count)
    within = np.arange(len(above)) - np.repeat(np.cumsum(count) - count, count)
    return above, first[above] + within


def _peaks(spots: NDArray[np.int64], rgba: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the highest alpha of each pixel's color in its spot, int64 (N,)."""
    bins = rgba[:, :3].astype(np.int64) * STEPS // 256
    keys, where = np.unique(_key(spots, bins), return_inverse=True)
    highest = np.zeros(len(keys), np.int64)
    np.maximum.at(highest, where, rgba[:, 3])
    firsts = np.zeros(len(keys), np.int64)
    firsts[where] = np.arange(len(where))
    peaks = highest.copy()
    for shift in NEIGHBORS:
        near = bins[firsts] + shift
        is_bin = np.all((near >= 0) & (near < STEPS), axis=1)
        wanted = np.where(is_bin, _key(spots[firsts], near), -1)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        peaks = np.maximum(peaks, np.where(keys[at] == wanted, highest[at], 0))
    return peaks[where]


def _key(spots: NDArray[np.int64], bins: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((spots * STEPS + bins[:, 0]) * STEPS + bins[:, 1]) * STEPS + bins[:, 2]
