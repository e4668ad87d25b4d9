"""The suggested palette (paper §3.3): the likely colors at a place, as clusters of the predicted distribution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Ab units: no eye sees less.
SETTLED = 0.05
# Rounds of Lloyd's algorithm; on 313 points it settles sooner.
ROUNDS = 20


class Palette(NamedTuple):
    """Likely colors, most likely first: ab float32 (k, 2) in Lab units, and their probability, float32 (k,)."""

    ab: NDArray[np.float32]
    probability: NDArray[np.float32]


def likely(logits: Tensor, centers: Tensor, softening: float, k: int) -> Palette:
    """Return k clusters of the distribution that logits (Q,) stand for, over bins centered at (Q, 2) in ab units."""
    return likely_of(torch.softmax(logits * softening, 0), centers, k)


def likely_of(probability: Tensor, centers: Tensor, k: int) -> Palette:
    """Return k clusters of a distribution (Q,) over bins centered at (Q, 2) in ab units."""
    return cluster(probability.cpu().numpy(), centers.cpu().numpy(), k)


def cluster(probability: NDArray[np.float32], centers: NDArray[np.float32], k: int) -> Palette:
    """Find k clusters of color bins, or of whatever lies in a space, by weighted k-means, deterministically.

    (scikit-learn's takes 1.7 times as long on 313 points, and a second to import.)

    probability: (Q,), or any weights; centers: (Q, 2) in ab units, or in any others. The start is greedy: the likeliest
    bin, then whichever adds most probability times squared distance to the ones chosen.
    """
    chosen = [int(probability.argmax())]
    nearest = ((centers - centers[chosen[0]]) ** 2).sum(1)
    while len(chosen) < k:
        chosen.append(int((probability * nearest).argmax()))
        nearest = np.minimum(nearest, ((centers - centers[chosen[-1]]) ** 2).sum(1))
    means = centers[chosen].copy()
    weighted = np.concatenate([centers * probability[:, None], probability[:, None]], axis=1)
    for _ in range(ROUNDS):
        owner = _nearest(centers, means)
        sums = (owner == np.arange(k)[:, None]).astype(np.float32) @ weighted
        mass = sums[:, -1]
        moved = np.where(mass[:, None] > 0, sums[:, :-1] / np.maximum(mass, 1e-12)[:, None], means).astype(np.float32)
        settled = np.abs(moved - means).max() < SETTLED
        means = moved
        if settled:
            break
    order = np.argsort(-mass, kind="stable")
    return Palette(means[order], mass[order].astype(np.float32))


def divide(points: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Divide points (N, C) into k clusters: returns the cluster of each, int64 (N,), the largest first."""
    even = np.full(len(points), 1 / len(points), np.float32)
    return _nearest(points, cluster(even, points, k).ab)


def _nearest(points: NDArray[np.float32], means: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return which mean, of (k, C), is nearest to each point (N, C)."""
    return ((means**2).sum(1) - 2 * points @ means.T).argmin(1)
