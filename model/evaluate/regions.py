"""What regions are worth: PSNR with one dot in each of a few, beside as many and more dots without regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from huedot.model.colorizer import Photo
from huedot.model.hints import Hints
from huedot.model.painting import Picture
from huedot.model.palette import divide
from huedot.model.regions import Region
from huedot.model.things import Things

from . import photographs, reveal
from .figure6 import Scores, gray, random_hints, score_each
from .methods import Network
from .photographs import Truth

COUNT = 5
# Without regions.
POINTS = (5, 10, 20, 50)
# Cells on a side, at which the true colors are divided.
CELLS = 64
# A photograph's width counts like so many ab units.
WIDTH = 15.0
# Cells that a hasty hand takes too much of, on all sides: 1/32 of the photograph.
HASTE = 2


def evaluate(
    networks: Sequence[Network],
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Scores]:
    """Score each network with one patch revealed in each of five regions, and with patches at random. Raises FileError.

    The regions are what five clusters of the true color, and of the place, divide the photograph into; each patch is
    well inside. "Hasty" regions reach HASTE cells beyond that, smaller ones above larger ones.
    """
    return score_each(networks, paths, _results, progress)


def _results(photo: Photo, truth: Truth) -> dict[str, Picture]:
    exact, hasty = drawn(truth), drawn(truth, HASTE)
    dots = Hints.union([region.hints for region in exact if isinstance(region.hints, Hints)])
    return {
        "gray": gray(truth),
        "0": photo.colorize(),
        **{str(count): photo.colorize(random_hints(truth, count, "A")) for count in POINTS},
        f"the {COUNT} dots, no regions": photo.colorize(dots),
        f"{COUNT} regions, a dot each": photo.colorize(regions=exact),
        f"{COUNT} hasty regions": photo.colorize(regions=hasty),
    }


def drawn(truth: Truth, grown: int = 0) -> list[Region]:
    """Return the regions that somebody draws who knows the true colors, with a dot in each; the largest lies lowest.

    grown: cells by which they are too large.
    """
    things = _divided(truth)
    regions = []
    for thing in sorted(range(things.count), key=lambda thing: -int(things.cells(thing).sum())):
        ((x, y),) = things.middles(thing, 1)
        half, last = reveal.PATCH // 2, photographs.SIDE - reveal.PATCH
        at = tuple(int(np.clip(share * photographs.SIDE - half, 0, last)) for share in (y, x))
        mask = _mask(things.cells(thing), grown, truth.rgb.shape[:2])
        regions.append(Region(mask, reveal.patches(truth.ab, [at])))
    return regions


def _divided(truth: Truth) -> Things:
    """Divide a photograph by its true color and place."""
    ab = F.adaptive_avg_pool2d(torch.from_numpy(truth.ab).permute(2, 0, 1), CELLS).numpy()
    place = np.mgrid[:CELLS, :CELLS].astype(np.float32) * (WIDTH / CELLS)
    points = np.concatenate([ab, place]).reshape(4, -1).T.copy()
    _, of = np.unique(divide(points, COUNT), return_inverse=True)
    return Things(of.reshape(CELLS, CELLS), int(of.max()) + 1)


def _mask(cells: NDArray[np.bool_], grown: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return cells as a mask, uint8 of a photograph's size (H, W)."""
    field = torch.from_numpy(cells.astype(np.float32))[None, None]
    if grown:
        field = F.max_pool2d(field, 2 * grown + 1, 1, grown)
    shares = F.interpolate(field, size, mode="bilinear")[0, 0].numpy()
    return np.where(shares >= 0.5, 255, 0).astype(np.uint8)
