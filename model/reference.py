"""A reference picture, which lends its colors as a global hint (paper §3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from huedot.protocol.errors import ArgumentError
from huedot.protocol.painted import OPAQUE

from . import arguments, bins, color
from .painting import Picture


@dataclass(frozen=True)
class Reference:
    """What a reference picture lends as global hint: its histogram, float32 (313,), summing to 1."""

    histogram: NDArray[np.float32]
    # Its mean HSV saturation, for the one who wants to show or use it.
    saturation: float

    @staticmethod
    def of(rgb: Picture, alpha: Picture | None = None) -> Reference:
        """Measure a picture, uint8 (H, W, 3) sRGB, at the paper's 256 x 256, ab at quarter resolution (§3.2).

        alpha: uint8 (H, W); only what is at least half opaque counts. Raises ArgumentError.
        """
        small = _resized(arguments.picture("histogram", rgb), 256) / 255
        opaque = (
            torch.ones(1, 1, 256, 256)
            if alpha is None
            else _resized(np.uint8(255) * (alpha >= OPAQUE)[..., None], 256) / 255
        )
        share = F.avg_pool2d(opaque, 4)
        if not bool(share.any()):
            raise ArgumentError("histogram", "the reference picture is transparent all over.")
        share = share / share.sum()
        ab = F.avg_pool2d(color.rgb_to_lab(small)[:, 1:], 4)
        histogram = (bins.soft_encode(ab, bins.centers()) * share).sum((0, 2, 3))
        saturation = (F.avg_pool2d(bins.saturation(small)[:, None], 4) * share).sum()
        return Reference(histogram.numpy(), float(saturation))


def global_hints(histogram: Picture | Reference | None, saturation: float | None) -> NDArray[np.float32]:
    """Return the 316 numbers of the global hints: histogram, its indicator, saturation, its indicator."""
    hints = np.zeros(bins.GLOBAL_HINTS, np.float32)
    if histogram is not None:
        reference = histogram if isinstance(histogram, Reference) else Reference.of(histogram)
        hints[: bins.COUNT], hints[bins.COUNT] = reference.histogram, 1
    if saturation is not None:
        hints[-2:] = arguments.number("saturation", saturation, 0, 1), 1
    return hints


def _resized(pixels: Picture, side: int) -> Tensor:
    """Return a picture (H, W, C) as float (1, C, side, side) in 0..255."""
    tensor = torch.tensor(pixels).permute(2, 0, 1)[None].float()
    return F.interpolate(tensor, (side, side), mode="bilinear", antialias=True)
