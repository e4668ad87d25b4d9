"""Colorization using optimization (Levin, Lischinski and Weiss, 2004): neighbors of like luma have like color."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from huedot.model.hints import Hints

# The least spread of luma, so that flat windows share evenly.
LEAST = 2e-6
NEIGHBORS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]


def colorize(luma: NDArray[np.floating], hints: Hints) -> NDArray[np.float32]:
    """Return the colors, ab float32 (H, W, 2), that the hints spread to; zero where there are no hints.

    luma: (H, W) in 0..1. An unhinted pixel is the mean of its eight neighbors, weighted by how alike their luma is;
    the hints are kept exactly.
    """
    if not len(hints):
        return np.zeros((*luma.shape, 2), np.float32)
    ab = np.zeros((luma.size, 2))
    hinted = hints.rows * luma.shape[1] + hints.columns
    ab[hinted] = hints.ab
    free = np.ones(luma.size, bool)
    free[hinted] = False
    system = (sparse.identity(luma.size) - affinity(luma)).tocsr()[free]
    if free.any():
        ab[free] = splu(system[:, free].tocsc()).solve(-(system[:, ~free] @ ab[~free]))
    return ab.reshape(*luma.shape, 2).astype(np.float32)


def affinity(luma: NDArray[np.floating]) -> sparse.csr_matrix:
    """Return the weights of each pixel's neighbors, (N, N) with rows of sum 1."""
    height, width = luma.shape
    padded = np.pad(luma.astype(np.float64), 1, constant_values=np.nan)
    near = np.stack([padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in NEIGHBORS])
    squares = (near - luma) ** 2
    variance = np.nanvar(np.concatenate([near, luma[None]]), 0)
    spread = np.maximum(np.maximum(0.6 * variance, np.nanmin(squares, 0) / np.log(100)), LEAST)
    weights = np.nan_to_num(np.exp(-squares / spread))
    weights /= weights.sum(0)
    index = np.arange(luma.size).reshape(height, width)
    there = np.pad(index, 1, constant_values=-1)
    columns = np.stack([there[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in NEIGHBORS])
    inside = columns >= 0
    rows = np.broadcast_to(index, columns.shape)
    return sparse.csr_matrix((weights[inside], (rows[inside], columns[inside])), (luma.size, luma.size))
