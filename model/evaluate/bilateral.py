"""The fast bilateral solver (Barron and Poole, 2016): smooth in a bistochastized bilateral grid of luma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from huedot.model.hints import Hints

SPATIAL = 8  # pixels a cell
LUMA = 8 / 255  # luma a cell
SMOOTHNESS = 128.0
# The confidence of a hinted pixel; others have none.
CONFIDENCE = 255.0
# Rounds of bistochastization.
ROUNDS = 20
STEPS, TOLERANCE = 500, 1e-5


def colorize(luma: NDArray[np.floating], hints: Hints) -> NDArray[np.float32]:
    """Return the colors, ab float32 (H, W, 2), that the hints spread to; zero where there are no hints.

    luma: (H, W) in 0..1. Hints are kept softly, as confident observations.
    """
    if not len(hints):
        return np.zeros((*luma.shape, 2), np.float32)
    splat, blur = grid(luma)
    n, mass = bistochastize(splat, blur)
    ab, confidence = np.zeros((luma.size, 2)), np.zeros(luma.size)
    hinted = hints.rows * luma.shape[1] + hints.columns
    ab[hinted], confidence[hinted] = hints.ab, CONFIDENCE
    data = splat @ confidence
    scale = sparse.diags(n)
    system = (SMOOTHNESS * (sparse.diags(mass) - scale @ blur @ scale) + sparse.diags(data)).tocsr()
    diagonal = np.maximum(system.diagonal(), 1e-5)
    jacobi = LinearOperator(system.shape, matvec=lambda x: x / diagonal)
    known = splat @ (confidence[:, None] * ab)
    start = known / np.maximum(data, 1e-5)[:, None]
    cells = [
        cg(system, b, x0, rtol=TOLERANCE, maxiter=STEPS, M=jacobi)[0] for b, x0 in zip(known.T, start.T, strict=True)
    ]
    return (splat.T @ np.stack(cells, 1)).reshape(*luma.shape, 2).astype(np.float32)


def grid(luma: NDArray[np.floating]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return which pixels lie in which cells, (cells, pixels) of ones, and the [1 2 1] blur along each dimension."""
    rows, columns = np.indices(luma.shape)
    places = np.stack([rows.ravel() // SPATIAL, columns.ravel() // SPATIAL, (luma.ravel() / LUMA).astype(np.int64)])
    # A margin on both sides, so that neighbors never wrap.
    base = places.max(1) + 3
    key = np.ravel_multi_index(tuple(places + 1), tuple(base))
    cells, owner = np.unique(key, return_inverse=True)
    splat = sparse.csr_matrix((np.ones(luma.size), (owner, np.arange(luma.size))), (len(cells), luma.size))
    blur = 2.0 * len(places) * sparse.identity(len(cells), format="csr")
    for stride in (base[1] * base[2], base[2], 1):
        at = np.minimum(np.searchsorted(cells, cells + stride), len(cells) - 1)
        there = np.flatnonzero(cells[at] == cells + stride)
        link = sparse.csr_matrix((np.ones(len(there)), (there, at[there])), blur.shape)
        blur = blur + link + link.T
    return splat, blur.tocsr()


def bistochastize(splat: sparse.csr_matrix, blur: sparse.csr_matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the scales n and the masses m of the cells, with n * (blur @ n) = m, near the count of pixels."""
    mass = np.asarray(splat.sum(1)).ravel()
    n = np.ones(len(mass))
    for _ in range(ROUNDS):
        n = np.sqrt(n * mass / (blur @ n))
    return n, n * (blur @ n)
