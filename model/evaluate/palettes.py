"""How often a palette holds the truth: a color within 10 ab units of the true one, at random places."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from huedot.model import bins
from huedot.model.color import rgb_to_lab
from huedot.model.palette import cluster
from huedot.model.reference import Reference

from . import photographs
from .figure6 import random_hints
from .methods import Network
from .photographs import Truth

CLOSE = 10.0  # ab units
PLACES = 20  # of each photograph
COLORS = 9  # of a palette
# Points, before the palette is asked.
REVEALED = (0, 5)

Shares = dict[str, list[float]]


def evaluate(
    networks: Sequence[Network],
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Shares]:
    """Return, for each network, after each count of points, the share of places of each photograph that is right.

    Beside the networks stand the same colors everywhere, of these very photographs: "most common", the 9 bins that
    most pixels have, and "clusters", the 9 clusters of all pixels, each as {"everywhere": shares}. Raises FileError.
    """
    hits: dict[str, Shares] = {network.name: {} for network in networks}
    truths, histogram = [], np.zeros(bins.COUNT, np.float32)
    for done, path in enumerate(paths):
        progress(done, len(paths))
        truth = photographs.read(path)
        histogram += Reference.of(truth.rgb).histogram
        truths.append(_true_colors(truth))
        for network in networks:
            for count, share in _shares(network, truth).items():
                hits[network.name].setdefault(count, []).append(share)
    for name, colors in _everywhere(histogram / np.float32(len(paths))).items():
        hits[name] = {"everywhere": [float(_near(colors[None], true).mean()) for true in truths]}
    progress(len(paths), len(paths))
    return hits


def _shares(network: Network, truth: Truth) -> dict[str, float]:
    photo, true = network.open(truth), _true_colors(truth)
    shares = {}
    for count in REVEALED:
        hints = random_hints(truth, count)
        palettes = [photo.palette(x, y, hints, COLORS) for x, y in _places(truth)]
        rgb = np.array([[color for color, _ in palette] for palette in palettes], np.float32) / 255
        colors = rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1))[1:].permute(1, 2, 0).numpy()
        shares[str(count)] = float(_near(colors, true).mean())
    return shares


def _everywhere(histogram: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    centers = bins.centers().numpy()
    most = np.argsort(-histogram, kind="stable")[:COLORS]
    return {"most common": centers[most], "clusters": cluster(histogram, centers, COLORS).ab}


def _near(colors: NDArray[np.float32], true: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether one of the colors, (N or 1, 9, 2), is close to the true one, (N, 2)."""
    return np.linalg.norm(colors - true[:, None], axis=2).min(1) <= CLOSE


def _places(truth: Truth) -> list[tuple[int, int]]:
    rng = np.random.default_rng(zlib.crc32(truth.name.encode()))
    return [(int(x), int(y)) for x, y in rng.integers(0, photographs.SIDE, (PLACES, 2))]


def _true_colors(truth: Truth) -> NDArray[np.float32]:
    return np.stack([truth.ab[y, x] for x, y in _places(truth)])
