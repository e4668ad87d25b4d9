"""What a simulated user reveals of the truth when a network is scored (the paper's Figure 6)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from huedot.model.hints import Hints

# Pixels: protocol A, the published test code's.
PATCH = 6
# Pixels: the square whose mean error is looked at.
AROUND = 25


def random_points(ab: NDArray[np.float32], count: int, rng: np.random.Generator, patch: int = PATCH) -> Hints:
    """Reveal patches at places drawn around the center, N(1/2, 1/4): protocol A. ab: float32 (H, W, 2), the truth."""
    places = [
        tuple(
            int(np.clip(rng.normal((side - patch + 1) / 2, (side - patch + 1) / 4), 0, side - patch))
            for side in ab.shape[:2]
        )
        for _ in range(count)
    ]
    return patches(ab, places, patch)


def uniform_points(ab: NDArray[np.float32], count: int, rng: np.random.Generator, patch: int = 7) -> Hints:
    """Reveal patches at places drawn uniformly: protocol B, the paper's text. Otherwise as `random_points`."""
    places = [tuple(int(rng.integers(0, side - patch + 1)) for side in ab.shape[:2]) for _ in range(count)]
    return patches(ab, places, patch)


def aligned_points(ab: NDArray[np.float32], count: int, rng: np.random.Generator, patch: int = 2) -> Hints:
    """Reveal patches on a grid of their own size, drawn uniformly with replacement. Otherwise as `random_points`."""
    places = [tuple(int(rng.integers(0, side // patch)) * patch for side in ab.shape[:2]) for _ in range(count)]
    return patches(ab, places, patch)


def patches(ab: NDArray[np.float32], places: Iterable[tuple[int, ...]], patch: int = PATCH) -> Hints:
    """Reveal patches, by their (top, left). Each is filled with its own mean; later ones lie above."""
    shown = np.full(ab.shape, np.nan, np.float32)
    for top, left in places:
        place = slice(top, top + patch), slice(left, left + patch)
        shown[place] = ab[place].mean((0, 1))
    return _revealed(shown)


def worst_place(error: Tensor, taken: Iterable[tuple[int, int]], patch: int = PATCH) -> tuple[int, int]:
    """Return the (top, left) of the patch where the error, (H, W), is largest in the mean of 25 x 25 around it.

    It overlaps none of the patches that are taken, as long as there is room (paper §4.1, max-error sampling).
    """
    mean = F.avg_pool2d(error[None, None], AROUND, 1, AROUND // 2, count_include_pad=False)[0, 0]
    half = patch // 2
    height, width = error.shape
    centered = mean[half : half + height - patch + 1, half : half + width - patch + 1].clone()
    for top, left in taken:
        centered[max(0, top - patch + 1) : top + patch, max(0, left - patch + 1) : left + patch] = -1
    top, left = divmod(int(centered.argmax()), centered.shape[1])
    return top, left


def everything(ab: NDArray[np.float32]) -> Hints:
    """Reveal every pixel's own color."""
    return _revealed(ab)


def _revealed(shown: NDArray[np.float32]) -> Hints:
    rows, columns = np.nonzero(~np.isnan(shown[..., 0]))
    return Hints(rows, columns, shown[rows, columns])
