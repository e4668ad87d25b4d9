"""Which parts of a colored photograph change when its hints do, so that only they need to be painted and sent.

The grid that each tile was last shown from is kept. A new grid is compared with that, not with the one before it: so
what the eye sees is never further than TOLERANCE from what the hints say, however many small changes come in a row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .grid import Rectangle
from .hints import Hints
from .regions import Layer

# Ab units by which a tile may be out of date: about one level of 8 bits.
TOLERANCE = 0.5
# Cells of the grid, a tile's side: smaller ones send less, but cost more each.
MIN_CELLS = 4
# Pixels of the photograph, a tile's side.
MIN_PIXELS = 128
# Tiles along the side of a square photograph.
MOST = 16

# Odd numbers of a well-known hash.
MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xFF51AFD7ED558CCD)


@dataclass(frozen=True)
class Shown:
    """What a client sees of an area: for each tile, the parts of the grids that it was painted from, and its hints."""

    area: Rectangle
    patches: Tensor  # (layers, 2, D, rows, columns, side, side); a region's are 0 where it is not
    exact: NDArray[np.uint64]  # (rows, columns): fingerprints of the masks, and of the hints shown as they are

    @property
    def nbytes(self) -> int:
        """The memory that it holds, in bytes."""
        return self.patches.untyped_storage().nbytes() + self.exact.nbytes


class Tiling:
    """A photograph divided into square blocks of grid cells."""

    def __init__(self, size: tuple[int, int], grid: Tensor) -> None:
        """Divide a photograph of size (height, width) that is painted from a grid (1, 2, D, h, w)."""
        self.size, self.grid_size = size, (int(grid.shape[3]), int(grid.shape[4]))
        # Pixels on a side of a cell.
        pixels = min(size[0] / self.grid_size[0], size[1] / self.grid_size[1])
        self.cells = max(MIN_CELLS, math.ceil(MIN_PIXELS / pixels), math.ceil(math.prod(self.grid_size) ** 0.5 / MOST))
        self.shape = -(-self.grid_size[0] // self.cells), -(-self.grid_size[1] // self.cells)

    def shown(self, area: Rectangle, layers: Sequence[Layer], exact: Hints) -> Shown:
        """Describe an area painted from these layers all over, with these exact hints."""
        fingerprints, patches = self._fingerprints(exact), []
        for i, (grid, mask) in enumerate(layers):
            patches.append(self._patches(grid))
            if mask is not None:
                there = self._touched(mask.area)
                patches[-1] = patches[-1] * torch.from_numpy(there).to(grid)[:, :, None, None]
                number = int.from_bytes(mask.identity[:7], "little") * (2 * i + 1) % (1 << 64)
                fingerprints += there * np.uint64(number)
        return Shown(area, torch.stack(patches), fingerprints)

    def changed(self, old: Shown, new: Shown) -> NDArray[np.bool_]:
        """Return which tiles, (rows, columns), have to be repainted."""
        comparable = old.area == new.area and old.patches.device == new.patches.device
        if not comparable or min(n / cells for n, cells in zip(self.size, self.grid_size, strict=True)) < 1:
            # Pixels larger than cells would see beyond their tile's patch.
            return np.ones(self.shape, bool)
        before = _of_as_many(old.patches, len(new.patches))
        moved = (new.patches - before).abs().amax((0, 1, 2, 5, 6)) > TOLERANCE
        result: NDArray[np.bool_] = moved.cpu().numpy() | (old.exact != new.exact)
        return result

    def rectangles(self, changed: NDArray[np.bool_], area: Rectangle) -> list[Rectangle]:
        """Return disjoint rectangles of pixels that cover the changed tiles inside an area."""
        found = [self._pixels(block, area) for block in _blocks(changed)]
        found = [rectangle for rectangle in found if rectangle[2] > 0 and rectangle[3] > 0]
        return [area] if sum(w * h for _, _, w, h in found) == area[2] * area[3] else found

    def _pixels(self, block: tuple[int, int, int, int], area: Rectangle) -> Rectangle:
        """Return the pixels inside an area of tiles from (top, left) up to (bottom, right)."""
        top, left, bottom, right = block
        x, y = max(self._edge(1, left), area[0]), max(self._edge(0, top), area[1])
        end_x = min(self._edge(1, right), area[0] + area[2])
        end_y = min(self._edge(0, bottom), area[1] + area[3])
        return x, y, end_x - x, end_y - y

    def _edge(self, axis: int, tile: int) -> int:
        """Return the first row (axis 0) or column (axis 1) of a tile."""
        return min(self.size[axis], -(-tile * self.cells * self.size[axis] // self.grid_size[axis]))

    def _touched(self, area: Rectangle) -> NDArray[np.bool_]:
        """Return which tiles, (rows, columns), an area reaches into."""
        there = []
        for axis, (first, length) in enumerate(((area[1], area[3]), (area[0], area[2]))):
            edges = np.array([self._edge(axis, tile) for tile in range(self.shape[axis] + 1)])
            there.append((edges[:-1] < first + length) & (edges[1:] > first))
        return there[0][:, None] & there[1][None]

    def _patches(self, grid: Tensor) -> Tensor:
        """Cut out what each tile interpolates: its cells, and one around them. (2, D, rows, columns, side, side)."""
        n, (height, width) = self.cells, self.grid_size
        right, bottom = (count * n - cells + 1 for count, cells in zip(self.shape[::-1], (width, height), strict=True))
        padded = F.pad(grid[0], (1, right, 1, bottom), mode="replicate")
        return padded.unfold(2, n + 2, n).unfold(3, n + 2, n)

    def _fingerprints(self, hints: Hints) -> NDArray[np.uint64]:
        """Return a number for each tile, (rows, columns), that differs where hints do."""
        sums = np.zeros(self.shape, np.uint64)
        for part in hints.parts():
            rows, columns = (
                at * cells // size // self.cells
                for at, cells, size in zip((part.rows, part.columns), self.grid_size, self.size, strict=True)
            )
            place = (part.rows << 32 | part.columns).astype(np.uint64)
            bits = np.ascontiguousarray(part.ab).view(np.uint64)[:, 0]
            mixed = place * np.uint64(MIX[0]) ^ bits * np.uint64(MIX[1])
            mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(MIX[2])
            np.add.at(sums, (rows, columns), mixed)
        return sums


def merged(old: Shown, new: Shown, changed: NDArray[np.bool_]) -> Shown:
    """Return what is seen once the changed tiles were repainted over the old."""
    if changed.all():
        return new
    mask = torch.from_numpy(changed).to(new.patches.device)[:, :, None, None]
    before = _of_as_many(old.patches, len(new.patches))
    return Shown(new.area, torch.where(mask, new.patches, before), new.exact)


def _of_as_many(patches: Tensor, layers: int) -> Tensor:
    """Return patches of so many layers: those that are not there are nowhere, and of those left out the masks tell."""
    missing = layers - len(patches)
    return F.pad(patches, (0, 0) * 6 + (0, missing)) if missing > 0 else patches[:layers]


def _blocks(changed: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Cover the true places of a mask with disjoint blocks (top, left, bottom, right): runs, joined downward."""
    blocks: list[tuple[int, int, int, int]] = []
    # A run's ends, and the row where it began.
    growing: dict[tuple[int, int], int] = {}
    for row, line in enumerate(np.vstack([changed, np.zeros_like(changed[:1])])):
        steps = np.flatnonzero(np.diff(np.concatenate([[0], line.view(np.int8), [0]])))
        runs = set(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))
        blocks += [(top, left, row, right) for (left, right), top in growing.items() if (left, right) not in runs]
        growing = {run: growing.get(run, row) for run in sorted(runs)}
    return blocks
