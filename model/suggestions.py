"""What to paint next: places where a dot would help most, and sets of dots that make plausible variations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from . import places, variations
from .encoded import EncodedPhoto
from .grid import slice_grid
from .hints import Dot, Hints
from .palette import Palette, likely_of
from .things import things_of


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
    """Return the dots of n variations, the first without any; within an `attempt`. progress: share done, 0..1.

    There are fewer where hints leave nothing to vary.
    """
    things = _unpainted(photo, hints)
    if not things:
        return [[]]
    candidates: list[list[Dot]] = [[]]
    for colors in variations.combinations([palette for _, palette in things], variations.TRIED * n):
        candidates.append([dot for (at, _), ab in zip(things, colors, strict=True) for dot in _dots(photo, at, ab)])
    small = F.interpolate(photo.small, scale_factor=0.25, mode="bilinear", antialias=True)
    results = []
    for i, dots in enumerate(candidates):
        progress(i / len(candidates))
        tried = Hints.from_dots(dots, (photo.height, photo.width)).plus(hints)
        results.append(slice_grid(photo.predict(tried).grid, small).cpu().numpy())
    return [candidates[i] for i in variations.most_different(np.concatenate(results), n)]


def _uncertain(photo: EncodedPhoto, logits: Tensor, n: int) -> list[tuple[float, float, float]]:
    return places.suggest(logits, photo.backend.centers, photo.backend.softening, photo.small, n)


def _unpainted(photo: EncodedPhoto, hints: Hints) -> list[tuple[list[tuple[float, float]], Palette]]:
    """Return the things that no hint lies on: where dots would color each, and its likely colors."""
    prediction, backend = photo.predict(hints), photo.backend
    probability = torch.softmax(photo.logits(hints)[0] * backend.softening, 0)  # (Q, h, w)
    size = (int(probability.shape[1]), int(probability.shape[2]))
    meaning = prediction.meaning if prediction.meaning is not None else probability.sqrt()[None]
    things = things_of(meaning, photo.small, size)
    painted = hints.at_size((photo.height, photo.width), size, torch.device("cpu"))[1][0, 0].numpy() > 0
    return [
        (things.middles(i, variations.DOTS), _colors(probability, things.cells(i), backend.centers))
        for i in range(things.count)
        if not painted[things.cells(i)].any()
    ]


def _colors(probability: Tensor, cells: NDArray[np.bool_], centers: Tensor) -> Palette:
    """Return the likely colors of some cells (h, w) together."""
    return likely_of(probability[:, torch.from_numpy(cells)].mean(1), centers, variations.COLORS)


def _dots(photo: EncodedPhoto, at: list[tuple[float, float]], ab: NDArray[np.float32]) -> list[Dot]:
    radius = max(1.0, 3 * (photo.height * photo.width) ** 0.5 / photo.network.working_size)
    color = float(ab[0]), float(ab[1])
    return [Dot(int(x * photo.width), int(y * photo.height), radius, color) for x, y in at]
