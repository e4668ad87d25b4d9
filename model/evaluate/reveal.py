"""What a simulated user reveals of the truth when a network is scored (the paper's Figure 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huedot.model.hints import Hints

PATCH = 6  # pixels: protocol A, the published test code's


def random_points(ab: NDArray[np.float32], count: int, rng: np.random.Generator, patch: int = PATCH) -> Hints:
    """Reveal patches at places drawn around the center, N(1/2, 1/4): protocol A.

    ab: float32 (H, W, 2), the truth. Each patch is filled with its own mean; later ones lie above.
    """
    shown = np.full(ab.shape, np.nan, np.float32)
    for _ in range(count):
        top, left = (
            int(np.clip(rng.normal((side - patch + 1) / 2, (side - patch + 1) / 4), 0, side - patch))
            for side in ab.shape[:2]
        )
        place = slice(top, top + patch), slice(left, left + patch)
        shown[place] = ab[place].mean((0, 1))
    return _revealed(shown)


def uniform_points(ab: NDArray[np.float32], count: int, rng: np.random.Generator, patch: int = 7) -> Hints:
    """Reveal patches at places drawn uniformly: protocol B, the paper's text. Otherwise as `random_points`."""
    shown = np.full(ab.shape, np.nan, np.float32)
    for _ in range(count):
        top, left = (int(rng.integers(0, side - patch + 1)) for side in ab.shape[:2])
        place = slice(top, top + patch), slice(left, left + patch)
        shown[place] = ab[place].mean((0, 1))
    return _revealed(shown)


def everything(ab: NDArray[np.float32]) -> Hints:
    """Reveal every pixel's own color."""
    return _revealed(ab)


def _revealed(shown: NDArray[np.float32]) -> Hints:
    rows, columns = np.nonzero(~np.isnan(shown[..., 0]))
    return Hints(rows, columns, shown[rows, columns])
