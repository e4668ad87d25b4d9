"""How far a hint's color goes, and how much of it goes where it does not belong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huedot.model.hints import Hints

from . import photographs, reveal
from .figure6 import generator_for
from .methods import Method, Opened
from .photographs import Truth

# Ab units: a just noticeable difference in Lab (Mahy et al. 1994).
NOTICEABLE = 2.3
# Ab units from a hint's true color within which a place belongs to it.
SAME = 10.0
# Ab units from it beyond which a place belongs to another.
OTHER = 20.0
# Pixels from a hint.
NEAR = 32
# Which hint's range is reported: the first, and the tenth.
COUNTED = (1, 10)
# Ab units that a hint is off the truth: so that it is seen to spread.
PAINTED = np.array((25.0, 25.0), np.float32)

Values = dict[str, list[float]]


def evaluate(
    methods: Sequence[Method],
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Values]:
    """Return, for each method and each photograph, range and leakage of hints of 6 x 6 pixels.

    "range at k": the mean distance from the k-th hint, in pixels at 256 x 256, of what its coming moved by more than
    NOTICEABLE, the hints before it being there (the idea of iColoriT's hint propagation range, Yun et al. 2023).
    "leak near" and "leak far": the mean change of ab that the first hint, painted in another color than the truth's,
    makes at places whose true color is OTHER than that under it, within NEAR pixels of it and beyond. "kept": the same
    at places that are of its color, near: what it ought to change. A hint of which there are no such places counts
    for nothing. The same photographs give the same values. Raises FileError.
    """
    values: dict[str, Values] = {method.name: {} for method in methods}
    for done, path in enumerate(paths):
        progress(done, len(paths))
        truth = photographs.read(path)
        for method in methods:
            for name, value in _values(method.open(truth), truth):
                values[method.name].setdefault(name, []).append(value)
    progress(len(paths), len(paths))
    return values


def _values(opened: Opened, truth: Truth) -> list[tuple[str, float]]:
    rng = generator_for(truth, max(COUNTED))
    side = photographs.SIDE - reveal.PATCH
    places = [(int(y), int(x)) for y, x in rng.integers(0, side + 1, (max(COUNTED), 2))]
    found = []
    for count in COUNTED:
        before, after = (_ab(opened, reveal.patches(truth.ab, places[:n])) for n in (count - 1, count))
        moved = np.linalg.norm(after - before, axis=2) > NOTICEABLE
        if moved.any():
            found.append((f"range at {count}", float(_distance(places[count - 1])[moved].mean())))
    return [*found, *_leaks(opened, truth, places[0])]


def _leaks(opened: Opened, truth: Truth, place: tuple[int, int]) -> list[tuple[str, float]]:
    hint = reveal.patches(truth.ab, [place])
    color = hint.ab.mean(0)
    painted = Hints(hint.rows, hint.columns, hint.ab + PAINTED)
    change = np.linalg.norm(_ab(opened, painted) - _ab(opened, hint), axis=2)
    off, near = np.linalg.norm(truth.ab - color, axis=2), _distance(place) <= NEAR
    where = {"kept": (off <= SAME) & near, "leak near": (off > OTHER) & near, "leak far": (off > OTHER) & ~near}
    return [(name, float(change[mask].mean())) for name, mask in where.items() if mask.any()]


def _ab(opened: Opened, hints: Hints) -> NDArray[np.float32]:
    return photographs.lab(opened.colorize(hints))[1:].permute(1, 2, 0).numpy()


def _distance(place: tuple[int, int]) -> NDArray[np.float64]:
    """Return how far each pixel is from the center of a hint at (top, left)."""
    rows, columns = np.mgrid[: photographs.SIDE, : photographs.SIDE]
    half = (reveal.PATCH - 1) / 2
    return np.hypot(rows - place[0] - half, columns - place[1] - half)
