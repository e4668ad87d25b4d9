"""Variations: plausible and visibly different colorizations, by dots on each thing, from its likely colors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .palette import Palette

# Dots that color a thing.
DOTS = 4
# Colors that may be drawn for it.
COLORS = 6
# Combinations looked at for each variation kept.
TRIED = 4
# The exponent on probability when drawing: between the likely and the merely possible.
FLATTER = 0.6


def combinations(palettes: Sequence[Palette], count: int) -> list[NDArray[np.float32]]:
    """Draw `count` sets of colors, one for each palette: ab (palettes, 2). The same palettes give the same sets."""
    rng = np.random.default_rng(0)
    sets = []
    for _ in range(count):
        drawn = []
        for ab, probability in palettes:
            weight = probability.astype(np.float64) ** FLATTER
            drawn.append(ab[rng.choice(len(ab), p=weight / weight.sum())])
        sets.append(np.stack(drawn))
    return sets


def most_different(results: NDArray[np.float32], count: int) -> list[int]:
    """Pick `count` results, each the farthest from those before; the first is result 0.

    results: (N, …) ab of each candidate. Distance is the mean ab distance.
    """
    flat = results.reshape(len(results), 2, -1)
    chosen = [0]
    nearest = np.full(len(flat), np.inf)
    while len(chosen) < min(count, len(flat)):
        distance = np.sqrt(((flat - flat[chosen[-1]]) ** 2).sum(1)).mean(1)
        nearest = np.minimum(nearest, distance)
        chosen.append(int(nearest.argmax()))
    return chosen
