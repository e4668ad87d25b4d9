"""What to paint next: places where a dot would help most, and sets of dots that make plausible variations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from . import places, variations
from .encoded import EncodedPhoto
from .grid import slice_grid
from .hints import Dot, Hints
from .palette import likely


class Place(NamedTuple):
    """A pixel, in column x and row y, and how unsure the network is of its color, 0..1."""

    x: int
    y: int
    uncertainty: float


def suggest_places(photo: EncodedPhoto, hints: Hints, n: int) -> list[Place]:
    """Return n places where a dot would help most, the best first; within an `attempt`."""
    height, width = photo.height, photo.width
    return [
        Place(min(int(x * width), width - 1), min(int(y * height), height - 1), uncertainty)
        for x, y, uncertainty in _uncertain(photo, photo.logits(hints), n)
    ]


def variation_dots(photo: EncodedPhoto, hints: Hints, n: int, progress: Callable[[float], None]) -> list[list[Dot]]:
    """Return the dots of n variations, the first without any; within an `attempt`. progress: share done, 0..1."""
    logits = photo.logits(hints)
    at = [(x, y) for x, y, _ in _uncertain(photo, logits, variations.PLACES)]
    centers, softening = photo.backend.centers, photo.backend.softening
    palettes = [likely(places.sample(logits, x, y), centers, softening, variations.COLORS) for x, y in at]
    candidates: list[list[Dot]] = [[]]
    candidates += [_dots(photo, at, colors) for colors in variations.combinations(palettes, variations.TRIED * n)]
    small = F.interpolate(photo.small, scale_factor=0.25, mode="bilinear", antialias=True)
    results = []
    for i, dots in enumerate(candidates):
        progress(i / len(candidates))
        tried = Hints.from_dots(dots, (photo.height, photo.width)).plus(hints)
        results.append(slice_grid(photo.predict(tried).grid, small).cpu().numpy())
    return [candidates[i] for i in variations.most_different(np.concatenate(results), n)]


def _uncertain(photo: EncodedPhoto, logits: Tensor, n: int) -> list[tuple[float, float, float]]:
    return places.suggest(logits, photo.backend.centers, photo.backend.softening, photo.small, n)


def _dots(photo: EncodedPhoto, at: list[tuple[float, float]], colors: NDArray[np.float32]) -> list[Dot]:
    radius = max(1.0, 3 * (photo.height * photo.width) ** 0.5 / photo.network.working_size)
    return [
        Dot(int(x * photo.width), int(y * photo.height), radius, (float(a), float(b)))
        for (x, y), (a, b) in zip(at, colors, strict=True)
    ]
