"""No more color than was asked for.

Networks are told a mean saturation as a hint. Photographs hardly ever have none, so that none is what they never
learned: asked for 0 they answer with the least that they know, and beside dots they hardly listen. What is too much is
taken from the chroma of all colors alike, those of the dots among them: they would be spots.
"""

from __future__ import annotations

from torch import Tensor

from . import bins, color
from .grid import slice_grid

# Saturation is nearly in proportion to chroma: each step takes away most of what is left over.
STEPS = 5


def share(grid: Tensor, lightness: Tensor, wanted: float) -> float:
    """Return the share of its chroma, 0..1, with which a grid's picture has at most a mean HSV saturation.

    grid: (1, 2, D, h, w) in ab units; lightness: (1, 1, H, W) in 0..100; wanted: 0..1.
    """
    if wanted == 0:
        return 0.0
    ab, result = slice_grid(grid, lightness)[0], 1.0
    for _ in range(STEPS):
        found = _saturation(lightness[0, 0], result * ab)
        if found <= wanted:
            break
        result *= wanted / found
    return result


def _saturation(lightness: Tensor, ab: Tensor) -> float:
    rgb = color.to_rgb8(lightness, ab).permute(2, 0, 1)[None] / 255
    return float(bins.saturation(rgb).mean())
