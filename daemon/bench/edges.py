"""How far off the color is near the edges of a photograph whose truth is known, against bilinear enlargement.

Both begin with the same result at the network's own size. One enlarges its ab bilinearly, as the published system does;
the other is ours: the grid, sliced with the lightness at full size. Colors are revealed where the network sees them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from huedot.model import Colorizer, Hints, Photo, color
from huedot.model.grid import slice_bands, slice_grid
from huedot.model.painting import BAND_PIXELS, Picture
from huedot.protocol.client import Progress

# Pixels at random whose color is given; None is all of them.
REVEALED = (10, 100, 1000, None)
# The share of all pixels that lie on strong edges of color.
STRONGEST = 0.03
# Ab units a pixel that a strong edge has at least.
LEAST = 4.0
# Pixels from an edge that are near it.
REACH = 8


class Errors(NamedTuple):
    """Mean distance from the truth, in ab units, near edges and elsewhere."""

    near: float
    elsewhere: float


@dataclass
class Edges:
    """Both enlargements at one amount of help, over all photographs."""

    revealed: int | None
    ours: Errors
    bilinear: Errors

    def fields(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)

    def cells(self) -> tuple[str, ...]:
        """Return it as a line of a table."""
        pairs = ((self.ours.near, self.bilinear.near), (self.ours.elsewhere, self.bilinear.elsewhere))
        cells = [text for ours, rival in pairs for text in (f"{ours:.2f}", f"{rival:.2f}", f"{ours / rival:.3f}")]
        return "all" if self.revealed is None else str(self.revealed), *cells


def measure(photographs: list[Picture], progress: Progress) -> list[Edges]:
    """Compare the enlargements on photographs in color, uint8 (H, W, 3)."""
    colorizer = Colorizer.load()
    errors: dict[int | None, list[tuple[Errors, Errors]]] = {revealed: [] for revealed in REVEALED}
    for i, rgb in enumerate(photographs):
        progress("comparing edges", i / len(photographs))
        truth = color.rgb_to_lab(torch.tensor(rgb).permute(2, 0, 1).float() / 255)[1:]
        near = near_edges(truth)
        photo = colorizer.open(rgb)
        for revealed in REVEALED:
            ours, bilinear = enlargements(photo, _revealed(truth, revealed))
            errors[revealed].append((_errors(ours, truth, near), _errors(bilinear, truth, near)))
    return [
        Edges(revealed, *(Errors(*np.mean(side, axis=0).tolist()) for side in zip(*found, strict=True)))
        for revealed, found in errors.items()
    ]


def enlargements(photo: Photo, hints: Hints) -> tuple[Tensor, Tensor]:
    """Return the colors, ab (2, H, W), of one result enlarged twice: edge-aware, as shown, and bilinearly.

    Exact hints are left out of both.
    """
    encoded, size = photo.encoded, (photo.height, photo.width)

    def work() -> tuple[Tensor, Tensor]:
        grid = encoded.predict(hints).grid
        ours = torch.cat(
            [ab.cpu() for _, ab in slice_bands(grid, photo.lightness, BAND_PIXELS, levels=photo.encoded.levels)], 1
        )
        return ours, F.interpolate(slice_grid(grid, encoded.small), size, mode="bilinear")[0].cpu()

    return encoded.attempt(work)


def near_edges(ab: Tensor) -> Tensor:
    """Return which pixels, bool (H, W), lie near a strong edge of color in ab (2, H, W)."""
    sobel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]) / 8
    kernels = torch.stack([sobel, sobel.T])[:, None]
    steep = F.conv2d(F.pad(ab[:, None], (1, 1, 1, 1), mode="replicate"), kernels).square().sum((0, 1)).sqrt()
    strong = steep >= max(float(np.quantile(steep.numpy(), 1 - STRONGEST)), LEAST)
    return F.max_pool2d(strong[None, None].float(), 2 * REACH + 1, 1, REACH)[0, 0] > 0


def _revealed(truth: Tensor, count: int | None) -> Hints:
    """Return the true color of some pixels, chosen at random, or of all."""
    height, width = truth.shape[1:]
    at = np.arange(height * width)
    if count is not None:
        at = np.random.default_rng(0).choice(at, count, replace=False)
    return Hints(at // width, at % width, truth.flatten(1).T[at].contiguous().numpy())


def _errors(ab: Tensor, truth: Tensor, near: Tensor) -> Errors:
    distance = (ab - truth).norm(dim=0)
    elsewhere = distance[~near] if bool((~near).any()) else distance
    return Errors(float(distance[near].mean()) if bool(near.any()) else 0.0, float(elsewhere.mean()))
