"""What age costs: the error of color on faded, pale, dark, flat and unevenly lit versions of photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from huedot.model.color import to_rgb8
from huedot.model.painting import Picture

from . import photographs
from .figure6 import gray, random_hints
from .methods import Network
from .photographs import Truth

REVEALED = (0, 20)  # points
# The share of the photographs that age costs most.
WORST = 0.1

Tones = Callable[[NDArray[np.float32]], NDArray[np.float32]]
Errors = dict[str, dict[str, list[float]]]


def _shaded(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    return levels * np.linspace(0.45, 1, levels.shape[1], dtype=np.float32)[:, None]


# What becomes of gray levels in 0..255, (H, W, 3).
AGES: Mapping[str, Tones] = {
    "fresh": lambda levels: levels,
    "faded": lambda levels: levels * 0.4 + 80,
    "pale": lambda levels: levels * 0.35 + 160,
    "dark": lambda levels: levels * 0.3,
    "flat": lambda levels: levels * 0.5 + 64,
    "uneven": _shaded,
}


def evaluate(
    networks: Sequence[Network],
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Errors]:
    """Return, for each network, each of AGES and each count of points, the error of each photograph.

    The error is the mean distance, in ab units, to the true colors as far as the aged lightness can show them in sRGB.
    Points are of true color, protocol A, the same for all ages. Raises FileError.
    """
    errors: dict[str, Errors] = {network.name: {} for network in networks}
    for done, path in enumerate(paths):
        progress(done, len(paths))
        truth = photographs.read(path)
        for age, tones in AGES.items():
            aged = tones(gray(truth).astype(np.float32)).clip(0, 255).astype(np.uint8)
            for network in networks:
                for count, error in _errors(network, aged, truth):
                    errors[network.name].setdefault(age, {}).setdefault(str(count), []).append(error)
    progress(len(paths), len(paths))
    return errors


def _errors(network: Network, aged: Picture, truth: Truth) -> list[tuple[int, float]]:
    photo = network.colorizer.open(aged)
    true = torch.from_numpy(truth.ab).permute(2, 0, 1)
    shown = photographs.lab(to_rgb8(photographs.lab(aged)[0], true).numpy())[1:]
    found = []
    for count in REVEALED:
        ab = photographs.lab(photo.colorize(random_hints(truth, count)))[1:]
        found.append((count, float((ab - shown).norm(dim=0).mean())))
    return found


def ratios(errors: Errors) -> dict[str, dict[str, dict[str, float]]]:
    """Return, for each age and count of points, what it multiplies the fresh photographs' error by.

    "mean": of the mean errors; "worst": the mean of the largest tenth of the photographs' own ratios.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for age, counts in errors.items():
        for count, values in counts.items():
            fresh = np.array(errors["fresh"][count])
            own = np.sort(np.array(values) / fresh)
            worst = own[-max(1, round(len(own) * WORST)) :]
            ratio = {"error": float(np.mean(values)), "mean": float(np.mean(values) / fresh.mean())}
            found.setdefault(age, {})[count] = {**ratio, "worst": float(worst.mean())}
    return found
