"""From a grid to pixels: parts of a photograph, at full size, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.profiler import record_function

from . import color
from .grid import Rectangle, slice_grid
from .hints import Hints
from .levels import Levels
from .regions import Layer, slice_layers

# Pixels of the photograph that are colored at a time: it bounds memory, and is quickest (measured).
BAND_PIXELS = 1 << 17

Picture = NDArray[np.uint8]
# Told the share of the work that is done; may raise, to stop it.
FractionDone = Callable[[float], None]


def paint(
    layers: Sequence[Layer],
    lightness: Tensor,
    levels: Levels,
    exact: Hints,
    area: Rectangle,
    parts: Sequence[Rectangle],
    progress: FractionDone,
    kind: np.dtype[Any],
) -> list[Any]:
    """Color parts of an area of a photograph: a picture (h, w, 3) sRGB, uint8 or uint16 as `kind` says, of each.

    layers: bottom-up, on any device; lightness: (H, W) in 0..100, on the CPU; levels: what the grids know lightness by;
    exact: hints that are shown as they are.
    """
    left, top, width, height = area
    # Only what is written takes memory.
    canvas = np.empty((height, width, 3), kind)
    total, done = sum(part[2] * part[3] for part in parts), 0
    for x, y, part_width, part_height in parts:
        columns = slice(x - left, x - left + part_width)
        for first, ab in slice_layers(layers, lightness, BAND_PIXELS, (x, y, part_width, part_height), levels):
            progress(done / total)
            last = first + ab.shape[1]
            light = lightness[first:last, x : x + part_width].to(ab.device)
            with record_function("Lab to RGB"):
                canvas[first - top : last - top, columns] = color.to_rgb(light, ab, kind)
            done += light.numel()
    _show_exactly(canvas, lightness, exact.within(area), (left, top))
    return [np.ascontiguousarray(canvas[y - top : y - top + h, x - left : x - left + w]) for x, y, w, h in parts]


def paint_small(layers: Sequence[Layer], lightness: Tensor, levels: Levels, size: tuple[int, int]) -> Picture:
    """Color a small copy, lightness (h, w) in 0..100, of a photograph of a size (H, W): uint8 (h, w, 3) sRGB."""
    light = lightness.to(layers[0].grid.device)
    seen = levels(light[None, None])
    ab = slice_grid(layers[0].grid, seen)[0]
    for grid, mask in layers[1:]:
        if mask is not None:
            ab = torch.lerp(ab, slice_grid(grid, seen)[0], mask.reduced(size, light.shape).to(ab.device))
    return color.to_rgb8(light, ab).cpu().numpy()


def _show_exactly(canvas: NDArray[Any], lightness: Tensor, hints: Hints, origin: tuple[int, int]) -> None:
    """Write the hints' own colors onto a canvas whose upper left corner is at origin, (x, y)."""
    for part in hints.parts():
        light, ab = lightness[part.rows, part.columns][None], torch.from_numpy(part.ab).T[:, None]
        canvas[part.rows - origin[1], part.columns - origin[0]] = color.to_rgb(light, ab, canvas.dtype)[0]
